// SPDX-License-Identifier: MIT
//
// Connections in plain words, in two passes over one log: the survey finds those that are odd, the explainer tells of them. Whoever
// knows which one to explain needs the second pass only.
//
// Memory: follows the open connections; of those explained, at most kExplained, also their events (see kept_events.h).
#ifndef WSITRACE_EXPORT_EXPLAIN_EXPLAINER_H
#define WSITRACE_EXPORT_EXPLAIN_EXPLAINER_H

#include <array>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "agent/export/explain/oddity.h"
#include "agent/export/explain/subject.h"

namespace wsitrace {

inline constexpr size_t kExplained = 20;

struct OddConnection {
  Oddity oddity;
  uint64_t id;
  bool operator<(const OddConnection &other) const { return std::tie(oddity, id) < std::tie(other.oddity, other.id); }
};

// A LogSink for the first pass.
class Survey final : public LogSink, private TimelineObserver {
 public:
  Survey() : timeline_(*this) {}

  void on_process(const ProcessFacts &facts) override { timeline_.on_process(facts); }
  void on_string(uint16_t id, std::string_view text) override { timeline_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &loss) override { timeline_.on_loss(loss); }
  void on_end(const End &end) override { timeline_.on_end(end); }

  // Looks at what is still open; call once, when the log has ended or as much of it as there is.
  void finish();

  // Worst first, at most kExplained.
  [[nodiscard]] const std::set<OddConnection> &odd() const { return odd_; }
  // All that are odd.
  [[nodiscard]] uint64_t count() const;
  // "and 17 more: 12 ended by a timeout, 5 ended for an unknown reason", or nothing; a line.
  [[nodiscard]] std::string rest() const;
  [[nodiscard]] const Timeline &timeline() const { return timeline_; }

 private:
  void on_connection_closed(const Connection &connection) override;
  void add(const Connection &connection, std::optional<Oddity> oddity);

  Timeline timeline_;
  Ns last_turn_ns_ = 0;
  std::set<OddConnection> odd_;
  std::map<Oddity, uint64_t> left_out_;
};

// A LogSink for the second pass: the narratives of WANTED, in that order.
class Explainer final : public LogSink, private TimelineObserver {
 public:
  using Write = std::function<void(std::string_view)>;
  struct Wanted {
    uint64_t id;
    std::optional<Oddity> oddity;  // nullopt: it was asked for
  };

  // WIDTH: columns to wrap at; 0: one sentence a line.
  Explainer(std::vector<Wanted> wanted, size_t width, Write write);

  void on_process(const ProcessFacts &facts) override { timeline_.on_process(facts); }
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &loss) override { timeline_.on_loss(loss); }
  void on_end(const End &end) override { timeline_.on_end(end); }

  // Writes the narratives; call once. True when all that were wanted are in the log.
  bool finish();

  [[nodiscard]] const Timeline &timeline() const { return timeline_; }

 private:
  void on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) override;
  void on_connection_closed(const Connection &connection) override;
  [[nodiscard]] std::string text_of(uint16_t id) const;

  std::vector<Wanted> wanted_;
  size_t width_;
  Write write_;
  Timeline timeline_;
  std::map<uint64_t, Subject> subjects_;  // by id
  std::vector<std::string> strings_;      // by id
  uint64_t loop_turns_ = 0;
};

}  // namespace wsitrace

#endif
