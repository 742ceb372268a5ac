// SPDX-License-Identifier: MIT
//
// The timelines of some connections as text, from a pass over the log that they are in: what a verdict shows beside its findings.
//
// Memory: follows the open connections, as every fold does, and the examples, of which each has kExampleLines lines at most.
#ifndef WSITRACE_EXPORT_TEXT_EXAMPLES_H
#define WSITRACE_EXPORT_TEXT_EXAMPLES_H

#include <cstdint>
#include <set>
#include <string>

#include "agent/diagnosis/verdict.h"
#include "agent/export/finding_text.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

inline constexpr size_t kExampleLines = 24;  // a screen; the middle of a longer timeline is left out

// One connection for each kind of finding: the oldest that the first finding of the kind is about.
std::set<uint64_t> examples_for(const Verdict &verdict);

// Those of WANTED that TIMELINE has open.
ExampleTexts open_examples(const std::set<uint64_t> &wanted, const Timeline &timeline);

// Hears TIMELINE, which outlives it, in another pass, for those that are closed as well.
class Examples final : public TimelineObserver {
 public:
  Examples(const Timeline &timeline, std::set<uint64_t> wanted) : timeline_(timeline), wanted_(std::move(wanted)) {}

  // Call when the log has ended, or as much of it as there is.
  [[nodiscard]] ExampleTexts texts() const;

 private:
  void on_connection_closed(const Connection &connection) override;

  const Timeline &timeline_;
  std::set<uint64_t> wanted_;
  ExampleTexts closed_;
};

}  // namespace wsitrace

#endif
