// SPDX-License-Identifier: MIT
#include "agent/probe/attempts.h"

#include <cerrno>

namespace wsitrace {
namespace {

thread_local ConnectFacts t_failed __attribute__((tls_model("initial-exec")));

bool goes_on(ConnectStep step, int error) noexcept {
  if (error == 0) return true;
  return step == kStepConnect &&
         (error == EINPROGRESS || error == EALREADY || error == EWOULDBLOCK || error == EISCONN);
}

}  // namespace

void attempt_made(ConnectStep step, int error) noexcept {
  t_failed = goes_on(step, error) ? ConnectFacts{} : ConnectFacts{static_cast<uint32_t>(step), error};
}

void add_attempt(Items &items) noexcept {
  if (t_failed.error == 0) return;
  items.add(kItemConnect, &t_failed, sizeof t_failed);
  t_failed = {};
}

}  // namespace wsitrace
