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

// Hears TIMELINE, which outlives it, in the first pass.
class Survey final : public TimelineObserver {
 public:
  explicit Survey(const Timeline &timeline) : timeline_(timeline) {}

  // Looks at what is still open; call once, when the log has ended or as much of it as there is.
  void finish();

  // Worst first, at most kExplained.
  [[nodiscard]] const std::set<OddConnection> &odd() const { return odd_; }
  // All that are odd.
  [[nodiscard]] uint64_t count() const;
  // "and 17 more: 12 ended by a timeout, 5 ended for an unknown reason", or nothing; a line.
  [[nodiscard]] std::string rest() const;

 private:
  void on_event_counted(uint16_t kind) override;
  void on_connection_closed(const Connection &connection) override;
  void add(const Connection &connection, std::optional<Oddity> oddity);

  const Timeline &timeline_;
  Ns last_turn_ns_ = 0;
  std::set<OddConnection> odd_;
  std::map<Oddity, uint64_t> left_out_;
};

// Hears TIMELINE, which outlives it, in the second pass: the narratives of WANTED, in that order.
class Explainer final : public TimelineObserver {
 public:
  using Write = std::function<void(std::string_view)>;
  struct Wanted {
    uint64_t id;
    std::optional<Oddity> oddity;  // nullopt: it was asked for
  };

  // WIDTH: columns to wrap at; 0: one sentence a line.
  Explainer(const Timeline &timeline, std::vector<Wanted> wanted, size_t width, Write write);

  // Writes the narratives; call once. True when all that were wanted are in the log.
  bool finish();

 private:
  void on_event_counted(uint16_t kind) override;
  void on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) override;
  void on_connection_closed(const Connection &connection) override;
  const Timeline &timeline_;
  std::vector<Wanted> wanted_;
  size_t width_;
  Write write_;
  std::map<uint64_t, Subject> subjects_;  // by id
  uint64_t loop_turns_ = 0;               // before the event that is being folded
  bool turns_now_ = false;                // that event is one more
};

}  // namespace wsitrace

#endif
