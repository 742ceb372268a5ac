// SPDX-License-Identifier: MIT
#include "agent/entry/imports/imports.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <iterator>

#include "agent/entry/imports/redirect.h"
#include "agent/probe/attempts.h"
#include "agent/probe/contexts.h"
#include "agent/probe/errno_guard.h"

namespace wsitrace {
namespace {

int opened(int fd, const char *call) noexcept {
  descriptor_opened(fd, call);
  return fd;
}

int watched_socket(int domain, int type, int protocol) {
  const int fd = socket(domain, type, protocol);
  attempt_made(kStepSocket, fd < 0 ? errno : 0);
  return opened(fd, "socket");
}
int watched_eventfd(unsigned count, int flags) { return opened(eventfd(count, flags), "eventfd"); }

int watched_pipe(int ends[2]) {
  const int result = pipe(ends);
  if (result == 0) opened(ends[0], "pipe"), opened(ends[1], "pipe");
  return result;
}

int watched_pipe2(int ends[2], int flags) {
  const int result = pipe2(ends, flags);
  if (result == 0) opened(ends[0], "pipe2"), opened(ends[1], "pipe2");
  return result;
}

int watched_open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const bool has_mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;  // O_TMPFILE holds O_DIRECTORY
  const mode_t mode = has_mode ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opened(open(path, flags, mode), "open");
}

int watched_close(int fd) {
  descriptor_closed(fd);
  return close(fd);
}

}  // namespace

void watch_descriptors(const void *lws_function) noexcept {
  const ErrnoGuard guard;
  void *library = open_object_of(lws_function);
  if (library == nullptr) return;
  dlclose(library);  // only our own reference: the host keeps its library
  const Redirection redirections[] = {
      {"socket", reinterpret_cast<void *>(watched_socket)}, {"eventfd", reinterpret_cast<void *>(watched_eventfd)},
      {"pipe", reinterpret_cast<void *>(watched_pipe)},     {"pipe2", reinterpret_cast<void *>(watched_pipe2)},
      {"open", reinterpret_cast<void *>(watched_open)},     {"close", reinterpret_cast<void *>(watched_close)},
  };
  redirect_imports(redirections, std::size(redirections), {lws_function, true});
}

}  // namespace wsitrace
