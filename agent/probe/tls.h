// SPDX-License-Identifier: MIT
//
// What OpenSSL knows about a wsi's TLS, recorded once per connection and process at the first sign of the wsi that its handshake is over, and at
// the end of the handshake itself where an entry watches it: not every connection gives another sign.
//
// Only getters are called that leave the SSL object, its session's reference count and the error queue alone.
// Source:  https://docs.openssl.org/3.0/man3/ (all functions exist since OpenSSL 1.1.0).
// Threads: on the wsi's own service thread, where the object may be looked at.
#ifndef WSITRACE_PROBE_TLS_H
#define WSITRACE_PROBE_TLS_H

#include <cstdint>

#include <libwebsockets.h>

#include "agent/ring/writer.h"

namespace wsitrace {

// OpenSSL's functions, as the host has them loaded; found by name, since not every lws was built with OpenSSL.
struct TlsApi {
  const char *(*SSL_get_version)(const void *ssl) = nullptr;
  const void *(*SSL_get_current_cipher)(const void *ssl) = nullptr;
  const char *(*SSL_CIPHER_get_name)(const void *cipher) = nullptr;
  void (*SSL_get0_alpn_selected)(const void *ssl, const unsigned char **name, unsigned int *length) = nullptr;
  const char *(*SSL_get_servername)(const void *ssl, int type) = nullptr;
  int (*SSL_session_reused)(const void *ssl) = nullptr;
  long (*SSL_get_verify_result)(const void *ssl) = nullptr;
  void *(*SSL_get_peer_cert_chain)(const void *ssl) = nullptr;
  int (*SSL_is_init_finished)(const void *ssl) = nullptr;
  int (*SSL_pending)(const void *ssl) = nullptr;

  [[nodiscard]] bool complete() const noexcept;
};

// X(name): the members of TlsApi.
#define WSITRACE_TLS_FUNCTIONS(X) \
  X(SSL_get_version)              \
  X(SSL_get_current_cipher)       \
  X(SSL_CIPHER_get_name)          \
  X(SSL_get0_alpn_selected)       \
  X(SSL_get_servername)           \
  X(SSL_session_reused)           \
  X(SSL_get_verify_result)        \
  X(SSL_get_peer_cert_chain)      \
  X(SSL_is_init_finished)         \
  X(SSL_pending)

// Calls visit(name, pointer to the member) for each.
template <typename Visit>
void for_each_tls_function(TlsApi &api, Visit visit) {
#define WSITRACE_VISIT(name) visit(#name, &api.name);
  WSITRACE_TLS_FUNCTIONS(WSITRACE_VISIT)
#undef WSITRACE_VISIT
}

// From here on TLS facts are told. API is complete and belongs to the libssl that the host's lws uses.
void watch_tls(const TlsApi &api) noexcept;

// Adds what SSL, whose handshake is over, knows.
void add_verify_result(Items &items, const void *ssl) noexcept;
void add_established(Event &event, Items &items, const void *ssl) noexcept;
// Of a handshake that has not ended, or that failed: the name that the client asks for.
void add_name_asked(Items &items, const void *ssl) noexcept;
void add_name_asked(Items &items, lws *wsi) noexcept;
// Records tls_established for WSI (a stream's network connection in its place) unless that was done before.
void tell_tls(lws *wsi) noexcept;
// WSI begins or ends: what was told about its address is void.
void forget_tls(const lws *wsi) noexcept;
// Bytes that OpenSSL has decrypted and lws has not taken yet; 0 without TLS.
int pending_tls_bytes(lws *wsi) noexcept;

}  // namespace wsitrace

#endif
