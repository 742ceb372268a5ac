// SPDX-License-Identifier: MIT
#include "agent/probe/uses.h"

#include "agent/probe/callers.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/graves.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"

namespace wsitrace {
namespace {

[[gnu::noinline]] void tell_use(const void *wsi, const char *call, const void *caller) noexcept {
  const ErrnoGuard guard;
  if (!is_on() || is_code_of_lws(caller)) return;
  if (host_state().dead_uses.fetch_add(1, std::memory_order_relaxed) >= kMaxUses) return;
  record_own(k_dead_wsi_used, wsi, 0, call);
}

}  // namespace

void note_use(const void *wsi, const char *call, const void *caller) noexcept {
  if (is_buried(wsi)) [[unlikely]]
    tell_use(wsi, call, caller);
}

}  // namespace wsitrace
