// SPDX-License-Identifier: MIT
//
// How long one operation takes, as a distribution: the median and the 99.9th percentile that design budgets are given in.
//
// Who uses it: every benchmark here, behind google-benchmark's own loop, as counters beside its mean.
// p50:    batches of kBatch operations between two reads of the time-stamp counter, minus what the two reads cost, divided by
//         kBatch; the median over all batches. Operations overlap in the processor as they do in a real program.
// p99.9:  each operation alone between two fenced reads, minus the median cost of two reads with nothing between them. The
//         fences forbid overlap, so the middle of this distribution is above p50; only its tail is used.
// Units:  nanoseconds; ticks of the counter are calibrated once against CLOCK_MONOTONIC.
// Source: x86-64 only; lfence before and after orders rdtsc (Intel SDM volume 2, RDTSC).
#ifndef WSITRACE_BENCH_MEASURE_H
#define WSITRACE_BENCH_MEASURE_H

#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "agent/base/clock.h"

namespace wsitrace::bench {

inline constexpr size_t kBatch = 16;
inline constexpr size_t kBatches = 20011;
inline constexpr size_t kSingles = 100003;  // 100 of them lie above p99.9

inline uint64_t ticks() noexcept {
  _mm_lfence();
  const uint64_t now = __rdtsc();
  _mm_lfence();
  return now;
}

inline double ns_per_tick() {
  static const double ratio = [] {
    const uint64_t from_ticks = ticks(), from_ns = monotonic_ns();
    while (monotonic_ns() - from_ns < 50'000'000) continue;
    const uint64_t to_ns = monotonic_ns(), to_ticks = ticks();
    return static_cast<double>(to_ns - from_ns) / static_cast<double>(to_ticks - from_ticks);
  }();
  return ratio;
}

inline uint64_t quantile(std::vector<uint64_t> &samples, double q) {
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), samples.begin() + at, samples.end());
  return samples[static_cast<size_t>(at)];
}

// SAMPLES runs of PER_SAMPLE operations each, in ticks.
template <typename Operation>
std::vector<uint64_t> sample(size_t samples, size_t per_sample, Operation &operation) {
  std::vector<uint64_t> taken(samples);
  for (uint64_t &each : taken) {
    const uint64_t from = ticks();
    for (size_t i = 0; i < per_sample; ++i) operation();
    each = ticks() - from;
  }
  return taken;
}

struct Distribution {
  double p50_ns, p999_ns;
};

template <typename Operation>
Distribution distribution_of(Operation &operation) {
  auto nothing = [] {};
  std::vector<uint64_t> empty = sample(kBatches, 0, nothing);
  std::vector<uint64_t> batches = sample(kBatches, kBatch, operation);
  std::vector<uint64_t> singles = sample(kSingles, 1, operation);
  const auto reading = static_cast<double>(quantile(empty, 0.5));
  const auto batch = static_cast<double>(quantile(batches, 0.5)), tail = static_cast<double>(quantile(singles, 0.999));
  return {std::max(0.0, batch - reading) / kBatch * ns_per_tick(), std::max(0.0, tail - reading) * ns_per_tick()};
}

// The body of a benchmark: google-benchmark's mean over its own loop, then the distribution as counters.
template <typename Operation>
void run(benchmark::State &state, Operation operation) {
  for (auto _ : state) operation();
  const Distribution found = distribution_of(operation);
  state.counters["p50_ns"] = found.p50_ns;
  state.counters["p999_ns"] = found.p999_ns;
}

}  // namespace wsitrace::bench

#endif
