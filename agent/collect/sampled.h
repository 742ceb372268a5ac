// SPDX-License-Identifier: MIT
#ifndef WSITRACE_COLLECT_SAMPLED_H
#define WSITRACE_COLLECT_SAMPLED_H

#include <cstdint>
#include <functional>
#include <string_view>

#include "wsitrace/log.h"

namespace wsitrace {

// What a thread was in when a pass of the collector looked at it, by the header of its ring, for all the time since the pass before.
// Sums of these are an estimate of the time in callbacks, as a sampling profiler makes it; of a single one they say nothing.
struct SampledCallback {
  int reason;                 // -1: it was in no callback
  std::string_view protocol;  // valid during the call; empty: not known
  uint64_t for_ns;
};

using CallbackSampler = std::function<void(const ProcessFacts &process, const SampledCallback &sampled)>;

}  // namespace wsitrace

#endif
