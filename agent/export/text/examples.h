// SPDX-License-Identifier: MIT
//
// The timelines of some connections as text, from a pass over the log that they are in: what a verdict shows beside its findings.
//
// Memory: follows the open connections, as every fold does, and the examples, of which each has kExampleLines lines at most.
#ifndef WSITRACE_EXPORT_TEXT_EXAMPLES_H
#define WSITRACE_EXPORT_TEXT_EXAMPLES_H

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "agent/timeline/timeline.h"
#include "agent/verdict/verdict.h"

namespace wsitrace {

inline constexpr size_t kExampleLines = 24;  // a screen; the middle of a longer timeline is left out

// Text by id.
using ExampleTexts = std::map<uint64_t, std::string>;

// One connection for each kind of finding: the oldest that the first finding of the kind is about.
std::set<uint64_t> examples_for(const Verdict &verdict);

// Those of WANTED that TIMELINE has open.
ExampleTexts open_examples(const std::set<uint64_t> &wanted, const Timeline &timeline);

// A LogSink for another pass, for those that are closed as well.
class Examples final : public LogSink, private TimelineObserver {
 public:
  explicit Examples(std::set<uint64_t> wanted) : wanted_(std::move(wanted)), timeline_(*this) {}

  void on_process(const ProcessFacts &facts) override { timeline_.on_process(facts); }
  void on_string(uint16_t id, std::string_view text) override { timeline_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override { timeline_.on_event(event, items); }
  void on_loss(const Loss &loss) override { timeline_.on_loss(loss); }
  void on_end(const End &end) override { timeline_.on_end(end); }

  // Call when the log has ended, or as much of it as there is.
  [[nodiscard]] ExampleTexts texts() const;

 private:
  void on_connection_closed(const Connection &connection) override;

  std::set<uint64_t> wanted_;
  Timeline timeline_;
  ExampleTexts closed_;
};

}  // namespace wsitrace

#endif
