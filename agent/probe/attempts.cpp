// SPDX-License-Identifier: MIT
#include "agent/probe/attempts.h"

#include <cerrno>
#include <cstring>

namespace wsitrace {
namespace {

thread_local ConnectFacts t_failed __attribute__((tls_model("initial-exec")));

// Where it goes: as much of it as a socket's address has.
struct Whereto {
  int fd = -1;
  size_t bytes = 0;
  unsigned char address[112];
};
thread_local Whereto t_whereto __attribute__((tls_model("initial-exec")));

bool goes_on(ConnectStep step, int error) noexcept {
  if (error == 0) return true;
  return step == kStepConnect &&
         (error == EINPROGRESS || error == EALREADY || error == EWOULDBLOCK || error == EISCONN);
}

}  // namespace

void attempt_begins(int fd, const void *address, size_t length) noexcept {
  t_whereto.fd = fd;
  t_whereto.bytes = address != nullptr && length <= sizeof t_whereto.address ? length : 0;
  if (t_whereto.bytes > 0) std::memcpy(t_whereto.address, address, t_whereto.bytes);
}

void attempt_ends(int fd) noexcept {
  if (t_whereto.fd != fd) t_whereto.bytes = 0;
}

void attempt_made(ConnectStep step, int error) noexcept {
  t_failed = goes_on(step, error) ? ConnectFacts{} : ConnectFacts{static_cast<uint32_t>(step), error};
}

void add_attempt(Items &items) noexcept {
  if (t_failed.error == 0) return;
  items.add(kItemConnect, &t_failed, sizeof t_failed);
  if (t_failed.step == kStepConnect && t_whereto.bytes > 0)
    items.add(kItemAttempted, t_whereto.address, t_whereto.bytes);
  t_failed = {};
}

}  // namespace wsitrace
