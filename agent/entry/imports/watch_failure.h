// SPDX-License-Identifier: MIT
//
// A connect or adopt call that returns NULL frees what it had made, in some versions without a callback.
#ifndef WSITRACE_ENTRY_IMPORTS_WATCH_FAILURE_H
#define WSITRACE_ENTRY_IMPORTS_WATCH_FAILURE_H

#include "agent/base/clock.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/record.h"

namespace wsitrace {

// What CALL returns; records call_failed when that is nullptr. NAME is a literal.
template <typename Call>
lws *watch_for_failure(const char *name, Call call) {
  const uint64_t since_ns = monotonic_ns();
  lws *wsi = call();
  if (wsi != nullptr) return wsi;
  const ErrnoGuard guard;
  record_failed_call(name, since_ns);
  return nullptr;
}

}  // namespace wsitrace

#endif
