// SPDX-License-Identifier: MIT
//
// What a narrative is about: one connection, its raw events, and the log that both are from. Sentences are made from nothing else, those
// of `explain --conn` and of the rules alike.
#ifndef WSITRACE_DIAGNOSIS_SUBJECT_H
#define WSITRACE_DIAGNOSIS_SUBJECT_H

#include <string>
#include <vector>

#include "agent/diagnosis/kept_events.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

struct LogFacts {
  Ns started_ns = 0;
  Ns last_ns = 0;           // the end of the log
  bool by_preload = false;  // all calls are seen
  bool by_link = false;
  Loss loss;
  std::optional<Ending> end;   // nullopt while the log goes on
  bool contexts_gone = false;  // every lws context is: what is still open was leaked
  uint64_t loop_turns = 0;     // as KeptEvent::loop_turns, at the end of the log
  Ns last_turn_ns = 0;         // of any loop; 0: none was seen

  [[nodiscard]] bool lossy() const { return loss.lost > 0; }
};

LogFacts facts_of(const Timeline &timeline, uint64_t loop_turns);

// An h2 connection's streams, which are connections of their own.
struct Carried {
  uint64_t count = 0;
  uint64_t first_id = 0;
  uint64_t last_id = 0;
};

struct Subject {
  Connection connection;
  KeptEvents events;
  Carried streams;
};

using Sentences = std::vector<std::string>;

// In single quotes, printable; "unknown" when there is none.
std::string quoted(std::string_view text_untrusted);

// The end of the connection's life, or of the log.
inline Ns last_sight_ns(const Connection &connection, const LogFacts &log) {
  return connection.closed_ns.value_or(log.last_ns);
}
inline bool is_open(const Connection &connection) { return connection.state != State::kClosed; }
inline bool is_inbound(const Connection &connection) {
  return connection.origin == Origin::kAccepted || connection.origin == Origin::kAdopted;
}

// subject.cpp: a wait for an event loop. An outbound connect, or the adoption of a socket, only prepares; everything else is done
// by the loop.
struct Wait {
  Ns since_ns = 0;
  OptionalNs until_ns;      // nullopt: to the end of the log
  uint64_t loop_turns = 0;  // signs of any loop of the process in between
};
std::optional<Wait> wait_for_loop(const Subject &subject, const LogFacts &log);

// A wait that is worth a word: a connect over a network takes milliseconds, an unanswered first SYN a second.
inline constexpr Ns kLongWaitNs = 500'000'000;

// An outbound connection that was still not connected when its vhost or context was destroyed.
bool torn_down_unconnected(const Connection &connection);

// lws ended it for being idle between two requests: servers do that all day.
bool is_idle_timeout(const Connection &connection);

}  // namespace wsitrace

#endif
