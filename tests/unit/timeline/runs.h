// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TESTS_UNIT_TIMELINE_RUNS_H
#define WSITRACE_TESTS_UNIT_TIMELINE_RUNS_H

#include <array>
#include <cstring>

#include "agent/lws/callbacks.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {

// What who drains the rings says at AT_NS of thread 0: it is in the callback REASON of protocol "dyn" about the connection WSI of a script,
// since LASTED_MS. REASON -1: in none.
inline void tell_runs(LogSink &log, char wsi, int reason, uint64_t at_ns, uint32_t lasted_ms) {
  constexpr uint16_t kDyn = 997;  // beyond what a script has
  log.on_string(kDyn, "dyn");
  Event event{};
  event.kind = k_callback_runs;
  event.value = reason;
  event.time_ns = at_ns;
  event.wsi = Script::pointer(wsi);
  event.protocol = kDyn;
  event.extra = 1;
  std::array<std::byte, kSlotBytes> items{std::byte{kItemLasted}, std::byte{sizeof lasted_ms}};
  std::memcpy(items.data() + 2, &lasted_ms, sizeof lasted_ms);
  log.on_event(event, items);
}

}  // namespace wsitrace::test

#endif
