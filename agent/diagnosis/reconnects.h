// SPDX-License-Identifier: MIT
//
// Outbound attempts to one target that fail one after the other, and how long the program waits between them. A session that the server
// ends soon counts as failed; an answer that was read to its end does not.
//
// Memory: at most kTargets targets.
#ifndef WSITRACE_DIAGNOSIS_RECONNECTS_H
#define WSITRACE_DIAGNOSIS_RECONNECTS_H

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/diagnosis/churn.h"
#include "agent/timeline/connection.h"

namespace wsitrace {

class Reconnects {
 public:
  static constexpr size_t kTargets = 1000;

  void opened(const Connection &connection);
  // The program learns that it has failed: it may connect again within the callback.
  void failing(const Connection &connection, Ns now_ns);
  void closed(const Connection &connection);
  // A context is being destroyed.
  void context_ends(Ns now_ns);

  // Failures in a row, none of them answered.
  struct Row {
    uint64_t count = 0;
    uint64_t after = 0;     // of them, begun after the one before had ended: others were begun beside it
    uint64_t prompt = 0;    // of them, begun at once after that
    uint64_t sessions = 0;  // of them, sessions or raw connections that had been established
    Ns first_ns = 0, last_ns = 0;
    Ns longest_pause_ns = 0;
    std::vector<uint64_t> ids;  // at most kKeptIds

    [[nodiscard]] bool is_storm() const;
    // "43 attempts failed in 27 ms, 1,600 per second; each began at most 0.1 ms after the failure before, without a pause."
    [[nodiscard]] std::string text() const;
  };
  // The last session to a target, which the server ended, and nobody connected anywhere since.
  struct Left {
    uint64_t id = 0;
    Ns ended_ns = 0;
    std::string target, vhost, protocol;
    std::optional<int> code;  // of the server's close frame
    OptionalNs until_ns;      // when the first context was destroyed after that
  };
  [[nodiscard]] const std::optional<Left> &left() const { return left_; }
  // The longest row to TARGET, if it is a storm.
  [[nodiscard]] const Row *storm(const std::string &target) const;
  [[nodiscard]] std::vector<std::string> targets() const;
  // The same the other way round: who comes to this program again and again.
  [[nodiscard]] const Churn &inbound() const { return inbound_; }

 private:
  struct Target {
    Row now, longest;
    OptionalNs failed_ns;  // the last attempt that ended
    std::optional<uint64_t> failing_id;
    uint64_t open = 0;
  };
  Target *target_of(const Connection &connection);

  void note_left(const Connection &connection);

  std::map<std::string, Target> targets_;
  std::optional<Left> left_;
  Churn inbound_;
};

}  // namespace wsitrace

#endif
