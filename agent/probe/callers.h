// SPDX-License-Identifier: MIT
//
// Who calls a function of lws that a body stands in front of: the application, or lws itself, whose own calls come the same way.
//
// Limits:  kCallers places in the code, the latest of those that share a slot; what was pushed out is asked again.
// Threads: any.
// Cost:    two loads for code of lws itself, which most callers are, else a hash and a load; a dladdr() the first time.
#ifndef WSITRACE_PROBE_CALLERS_H
#define WSITRACE_PROBE_CALLERS_H

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace wsitrace {

inline constexpr size_t kCallers = 1024;  // a power of two

// CALLER is a return address. True, too, where nobody knows whose it is.
struct CodeRange {
  std::atomic<uintptr_t> begin;
  std::atomic<uintptr_t> bytes;  // 0: not known
};
extern constinit CodeRange g_lws_code;  // NOLINT(bugprone-dynamic-static-initializers): constinit where it is defined
[[gnu::noinline]] bool may_be_code_of_lws(const void *caller) noexcept;
inline bool is_code_of_lws(const void *caller) noexcept {
  const uintptr_t bytes = g_lws_code.bytes.load(std::memory_order_acquire);
  const uintptr_t offset = reinterpret_cast<uintptr_t>(caller) - g_lws_code.begin.load(std::memory_order_relaxed);
  return offset < bytes || may_be_code_of_lws(caller);
}
// Code was unloaded: other code may be there next.
void forget_callers() noexcept;

}  // namespace wsitrace

#endif
