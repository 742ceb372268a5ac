// SPDX-License-Identifier: MIT
#include "agent/entry/imports/imports.h"

#include <dlfcn.h>
#include <netdb.h>
#include <sys/socket.h>
#include <cerrno>
#include <iterator>

#include "agent/entry/imports/redirect.h"
#include "agent/probe/accepts.h"
#include "agent/probe/attempts.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/frames.h"
#include "agent/probe/reads.h"
#include "agent/probe/record.h"
#include "agent/probe/service.h"
#include "agent/probe/spins.h"
#include "agent/probe/tls.h"

namespace wsitrace {
namespace {

// Results of SSL_get_error(), https://docs.openssl.org/3.0/man3/SSL_get_error/
constexpr int kErrorSsl = 1, kErrorSyscall = 5, kErrorZeroReturn = 6;

struct Originals {
  ssize_t (*recv)(int, void *, size_t, int);
  int (*getaddrinfo)(const char *, const char *, const addrinfo *, addrinfo **);
  int (*connect)(int, const sockaddr *, socklen_t);
  int (*getsockopt)(int, int, int, void *, socklen_t *);
  int (*accept)(int, sockaddr *, socklen_t *);
  int (*accept4)(int, sockaddr *, socklen_t *, int);
  int (*SSL_read)(void *ssl, void *to, int room);
  int (*SSL_accept)(void *ssl);
  int (*SSL_connect)(void *ssl);
  int (*SSL_get_fd)(const void *ssl);
  int (*SSL_get_error)(const void *ssl, int result);
  unsigned long (*ERR_peek_error)();
  const char *(*ERR_reason_error_string)(unsigned long error);
};
constinit Originals g_real{};

template <typename Function>
void find(void *library, const char *name, Function &function) noexcept {
  void *found = dlsym(RTLD_DEFAULT, name);  // what the program itself would call
  if (found == nullptr) found = dlsym(library, name);
  function = reinterpret_cast<Function>(found);
}

ssize_t watched_recv(int fd, void *to, size_t room, int flags) {
  const ssize_t got = g_real.recv(fd, to, room, flags);
  if (got > 0) {
    const auto bytes = static_cast<size_t>(got);
    if (count_read(fd, to, bytes)) [[unlikely]]
      note_frames(fd, to, bytes);
    note_served(fd);
    note_work();
  }
  return got;
}

int watched_getaddrinfo(const char *node, const char *service, const addrinfo *hints, addrinfo **found) {
  const int error = g_real.getaddrinfo(node, service, hints, found);
  attempt_made(kStepName, error);
  return error;
}

int watched_connect(int fd, const sockaddr *address, socklen_t length) {
  attempt_begins(fd, address, length);
  const int result = g_real.connect(fd, address, length);
  attempt_made(kStepConnect, result != 0 ? errno : 0);
  return result;
}

// How a connect that was begun has ended.
int watched_getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
  const int result = g_real.getsockopt(fd, level, name, value, length);
  if (level == SOL_SOCKET && name == SO_ERROR && result == 0 && *length == sizeof(int)) {
    attempt_ends(fd);
    attempt_made(kStepConnect, *static_cast<const int *>(value));
  }
  return result;
}

int accept_done(int listener, int result) noexcept {
  if (result >= 0) accept_succeeded(listener, result);
  else accept_failed(listener, errno);
  return result;
}

int watched_accept(int listener, sockaddr *address, socklen_t *length) {
  return accept_done(listener, g_real.accept(listener, address, length));
}
int watched_accept4(int listener, sockaddr *address, socklen_t *length, int flags) {
  return accept_done(listener, g_real.accept4(listener, address, length, flags));
}

int watched_ssl_read(void *ssl, void *to, int room) {
  const int got = g_real.SSL_read(ssl, to, room);
  if (got > 0) {
    const int fd = g_real.SSL_get_fd(ssl);
    const auto bytes = static_cast<size_t>(got);
    if (count_read(fd, to, bytes)) [[unlikely]]
      note_frames(fd, to, bytes);
    note_work();
  }
  return got;
}

// Looks at the error queue without taking anything from it.
const char *reason_of_failure() noexcept {
  const unsigned long error = g_real.ERR_peek_error();
  const char *reason = error != 0 ? g_real.ERR_reason_error_string(error) : nullptr;
  return reason != nullptr ? reason : "protocol error";
}

int handshake_done(void *ssl, int result) noexcept {
  const ErrnoGuard guard;
  if (result == 1) {
    record_handshake(g_real.SSL_get_fd(ssl), ssl);
    return result;
  }
  const int error = g_real.SSL_get_error(ssl, result);
  if (error == kErrorSsl) record_failed_handshake(g_real.SSL_get_fd(ssl), ssl, reason_of_failure());
  if (error == kErrorSyscall || error == kErrorZeroReturn)
    record_failed_handshake(g_real.SSL_get_fd(ssl), ssl, "the peer ended the connection");
  return result;
}

int watched_ssl_accept(void *ssl) { return handshake_done(ssl, g_real.SSL_accept(ssl)); }
int watched_ssl_connect(void *ssl) { return handshake_done(ssl, g_real.SSL_connect(ssl)); }

bool find_openssl(void *library) noexcept {
  TlsApi api;
  bool all = true;
  for_each_tls_function(api, [&](const char *name, auto *function) {
    void *found = dlsym(library, name);
    all = all && is_in_object(found, "libssl.so");
    *function = reinterpret_cast<std::remove_pointer_t<decltype(function)>>(found);
  });
  if (all) watch_tls(api);
  return all;
}

bool find_handshake(void *library) noexcept {
  find(library, "SSL_read", g_real.SSL_read);
  find(library, "SSL_accept", g_real.SSL_accept);
  find(library, "SSL_connect", g_real.SSL_connect);
  find(library, "SSL_get_fd", g_real.SSL_get_fd);
  find(library, "SSL_get_error", g_real.SSL_get_error);
  find(library, "ERR_peek_error", g_real.ERR_peek_error);
  find(library, "ERR_reason_error_string", g_real.ERR_reason_error_string);
  return g_real.SSL_read != nullptr && g_real.SSL_accept != nullptr && g_real.SSL_connect != nullptr &&
         g_real.SSL_get_fd != nullptr && g_real.SSL_get_error != nullptr && g_real.ERR_peek_error != nullptr &&
         g_real.ERR_reason_error_string != nullptr;
}

}  // namespace

void watch_transport(const void *lws_function) noexcept {
  const ErrnoGuard guard;
  void *library = open_object_of(lws_function);
  void *searched = library != nullptr ? library : dlopen(nullptr, RTLD_LAZY);
  if (searched == nullptr) return;
  const bool openssl = find_openssl(searched) && find_handshake(searched);
  find(searched, "recv", g_real.recv);
  find(searched, "getaddrinfo", g_real.getaddrinfo);
  find(searched, "connect", g_real.connect);
  find(searched, "getsockopt", g_real.getsockopt);
  find(searched, "accept", g_real.accept);
  find(searched, "accept4", g_real.accept4);
  dlclose(searched);
  if (library == nullptr) return;
  const auto if_openssl = [&](auto *replacement) { return openssl ? reinterpret_cast<void *>(replacement) : nullptr; };
  const auto if_found = [](auto *original, auto *replacement) {
    return original != nullptr ? reinterpret_cast<void *>(replacement) : nullptr;
  };
  const Redirection redirections[] = {
      {"recv", if_found(g_real.recv, watched_recv)},
      {"accept", if_found(g_real.accept, watched_accept)},
      {"accept4", if_found(g_real.accept4, watched_accept4)},
      {"getaddrinfo", if_found(g_real.getaddrinfo, watched_getaddrinfo)},
      {"connect", if_found(g_real.connect, watched_connect)},
      {"getsockopt", if_found(g_real.getsockopt, watched_getsockopt)},
      {"SSL_read", if_openssl(watched_ssl_read)},
      {"SSL_accept", if_openssl(watched_ssl_accept)},
      {"SSL_connect", if_openssl(watched_ssl_connect)},
  };
  redirect_imports(redirections, std::size(redirections), {lws_function, true});
}

}  // namespace wsitrace
