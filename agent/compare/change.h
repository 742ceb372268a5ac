// SPDX-License-Identifier: MIT
//
// What differs between two summaries.
//
// A count has changed when it is another one. Where the loads differ, one that is a share of them (an outcome, a status, a reason of a
// close) is worse or better only when its share is more than 1.25 times or less than 0.8 times what it was. A duration has only when that is more than noise: on both sides there are at
// least kMinSamples, its p50 or p90 is more than 1.25 times or less than 0.8 times what it was, and the difference exceeds 1 ms
// (what one delayed wakeup of a busy machine makes).
#ifndef WSITRACE_COMPARE_CHANGE_H
#define WSITRACE_COMPARE_CHANGE_H

#include <optional>

#include "agent/compare/summary.h"

namespace wsitrace {

inline constexpr uint64_t kMinSamples = 20;      // fewer than that, and p90 is one or two of them
inline constexpr uint64_t kMinSamplesP99 = 100;  // likewise
inline constexpr uint64_t kNoiseNs = 1'000'000;

enum class Unit { kCount, kNs };
enum class Tendency { kWorse, kNeutral, kBetter };
const char *name_of(Tendency);

struct Change {
  std::string what;  // "close:timeout", "latency:transaction.p90"
  Unit unit = Unit::kCount;
  uint64_t before = 0;
  uint64_t after = 0;
  Tendency tendency = Tendency::kNeutral;
  // Of all connections or transactions, 0 to 1; of counts that are a part of these.
  std::optional<double> share_before, share_after;

  [[nodiscard]] int64_t absolute() const { return static_cast<int64_t>(after - before); }
  // 0.25: a quarter more. Nothing to relate it to when there was none before.
  [[nodiscard]] std::optional<double> relative() const;
};

Change change_of(Family family, std::string_view name, const Summary &before, const Summary &after);
Change change_of(Measure measure, Quantile quantile, const Summary &before, const Summary &after);

// The traces have so unlike numbers of connections or transactions that their counts cannot be compared as they are.
bool loads_differ(const Summary &before, const Summary &after);

bool is_noise(const Change &latency);
bool has_samples(Measure measure, Quantile quantile, const Summary &summary);

// Names of FAMILY that one of the two has.
std::vector<std::string> names_in(Family family, const Summary &before, const Summary &after);

// All changes: what got worse, what is other, what got better; within each in the order of the families, then durations.
std::vector<Change> changes_between(const Summary &before, const Summary &after);

}  // namespace wsitrace

#endif
