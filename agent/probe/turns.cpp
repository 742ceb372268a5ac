// SPDX-License-Identifier: MIT
#include "agent/probe/turns.h"

#include <atomic>
#include <ctime>

#include "agent/base/clock.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/facts.h"
#include "agent/probe/record.h"

namespace wsitrace {
namespace {

constexpr int kOnAnotherThread = 1, kInCallback = 2;  // `value` of service_misused
constexpr int kMaxTold = 64;                          // of one turn

struct Loop {
  std::atomic<uintptr_t> context;  // 0: free
  std::atomic<uintptr_t> inside;   // the thread that is in lws_service(); 0: none
  std::atomic<uint32_t> left_ms;   // when the last call returned, or the context was made; 0: unknown
  std::atomic<unsigned> told;      // bits: service_misused of these values
};
Loop g_loops[kLoops];

thread_local uint32_t t_pause_ms __attribute__((tls_model("initial-exec"))) = 0;  // before this turn; 0: no long one
thread_local int t_told __attribute__((tls_model("initial-exec"))) = 0;

uintptr_t this_thread_mark() noexcept { return reinterpret_cast<uintptr_t>(&t_pause_ms); }

Loop *loop_of(const void *context) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(context);
  for (Loop &loop : g_loops) {
    uintptr_t here = loop.context.load(std::memory_order_relaxed);
    if (here == address) [[likely]]
      return &loop;
    if (here == 0 && loop.context.compare_exchange_strong(here, address, std::memory_order_relaxed)) return &loop;
  }
  return nullptr;
}

[[gnu::noinline]] void tell_misuse(Loop &loop, const void *context, int how) noexcept {
  const unsigned bit = 1U << how;
  if ((loop.told.fetch_or(bit, std::memory_order_relaxed) & bit) != 0) return;
  const ErrnoGuard guard;
  record_own(k_service_misused, context, how, "lws_service");
}

}  // namespace

void loop_may_begin(const void *context) noexcept {
  Loop *loop = loop_of(context);
  if (loop == nullptr) return;
  loop->left_ms.store(static_cast<uint32_t>(coarse_ms()), std::memory_order_relaxed);
  loop->told.store(0, std::memory_order_relaxed);
}

void service_begins(const void *context, uint32_t now_ms) noexcept {
  Loop *loop = loop_of(context);
  if (loop == nullptr) return;
  const uintptr_t self = this_thread_mark();
  const uintptr_t other = loop->inside.exchange(self, std::memory_order_relaxed);
  if (other != 0) [[unlikely]]
    return tell_misuse(*loop, context, other == self ? kInCallback : kOnAnotherThread);
  const uint32_t left_ms = loop->left_ms.load(std::memory_order_relaxed);
  if (left_ms == 0) return;
  const uint32_t pause_ms = now_ms - left_ms;
  if (pause_ms < kPauseMs || pause_ms > INT32_MAX) [[likely]]
    return;
  t_pause_ms = pause_ms;
  t_told = 0;
}

void service_ends(const void *context, uint32_t now_ms) noexcept {
  t_pause_ms = 0;
  Loop *loop = loop_of(context);
  if (loop == nullptr) return;
  loop->left_ms.store(now_ms, std::memory_order_relaxed);
  loop->inside.store(0, std::memory_order_relaxed);
}

void note_served(int fd) noexcept {
  if (t_pause_ms == 0) [[likely]]
    return;
  const ErrnoGuard guard;
  const uint32_t waited_ms = heard_ms_ago(fd);
  if (waited_ms < kWaitedMs || t_told++ >= kMaxTold) return;
  record_late(waited_ms < t_pause_ms ? waited_ms : t_pause_ms, t_pause_ms);
}

}  // namespace wsitrace
