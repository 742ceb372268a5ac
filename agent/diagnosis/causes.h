// SPDX-License-Identifier: MIT
//
// The causes of trouble, and what the table says of each (cause_table.h).
#ifndef WSITRACE_DIAGNOSIS_CAUSES_H
#define WSITRACE_DIAGNOSIS_CAUSES_H

#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "agent/diagnosis/cause_table.h"

namespace wsitrace {

enum class Weight {
  kFault,    // a leak or a bug of the program: a check fails
  kTrouble,  // somebody suffered: refused, stalled, timed out
  kNote,     // unusual, and harmless
};
enum class Certainty {
  kProven,  // an event says so
  kLikely,  // inferred; `why` names the steps
};

enum class Cause {
#define WSITRACE_CAUSE(enumerator, ...) enumerator,
  WSITRACE_CAUSES(WSITRACE_CAUSE)
#undef WSITRACE_CAUSE
};

namespace cause {
enum Flag : unsigned {
  kLeak = 1,            // something that is there to be freed was not
  kRestsOnAbsence = 2,  // known by not seeing an end: where events were lost, the end may be among them
};
struct Row {
  const char *name;
  Weight severity;
  std::string_view headline;
  const char *advice;
  unsigned flags = 0;
  const char *meaning = "";

  [[nodiscard]] constexpr bool is_leak() const { return (flags & kLeak) != 0; }
  [[nodiscard]] constexpr bool rests_on_absence() const { return (flags & kRestsOnAbsence) != 0; }
};
inline constexpr Row kTable[] = {
#define WSITRACE_CAUSE(enumerator, name, severity, ...) {name, Weight::severity, __VA_ARGS__},
    WSITRACE_CAUSES(WSITRACE_CAUSE)
#undef WSITRACE_CAUSE
};
constexpr size_t count_faults() {
  size_t count = 0;
  while (kTable[count].severity == Weight::kFault) ++count;
  return count;
}
}  // namespace cause

using CauseRow = cause::Row;
inline constexpr std::span kCauseRows{cause::kTable};
inline constexpr size_t kFaults = cause::count_faults();
inline constexpr auto kFaultRows = kCauseRows.first<kFaults>();

// All faults, worst first.
constexpr std::array<Cause, kFaults> fault_causes() {
  std::array<Cause, kFaults> causes{};
  for (size_t i = 0; i < kFaults; ++i) causes[i] = static_cast<Cause>(i);
  return causes;
}
constexpr const CauseRow &row_of(Cause cause) { return kCauseRows[static_cast<size_t>(cause)]; }
constexpr const char *name_of(Cause cause) { return row_of(cause).name; }
// The cause of this name.
constexpr std::optional<Cause> cause_named(std::string_view name) {
  for (size_t i = 0; i < kCauseRows.size(); ++i)
    if (name == kCauseRows[i].name) return static_cast<Cause>(i);
  return std::nullopt;
}

}  // namespace wsitrace

#endif
