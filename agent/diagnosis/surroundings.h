// SPDX-License-Identifier: MIT
//
// What happens around the connections: who was turned away at a listener, which callback kept everybody waiting, and what the program was
// about when it ended. Feed it with what a Timeline tells.
//
// Memory: kKeptBlocks callbacks that lasted, with kKeptIds connections each at most.
#ifndef WSITRACE_DIAGNOSIS_SURROUNDINGS_H
#define WSITRACE_DIAGNOSIS_SURROUNDINGS_H

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/subject.h"

namespace wsitrace {

class Surroundings {
 public:
  void event(const Connection &connection, const Event &event, std::span<const std::byte> items,
             const Timeline &timeline);

  [[nodiscard]] uint64_t turned_away() const;
  // "LWS_CALLBACK_HTTP of protocol 'http' on connection 2"; empty: there was none.
  [[nodiscard]] std::string last_callback_text() const;
  struct LastCallback {
    uint64_t id = 0;  // of its connection; 0: there was none
    uint16_t kind = 0;
    std::string protocol;
    Ns at_ns = 0;
  };
  [[nodiscard]] LastCallback last_callback() const {
    return {last_.id, last_.kind, std::string(last_.protocol), last_.at_ns};
  }
  // Once the log has ended, or as much of it as there is.
  [[nodiscard]] std::vector<Diagnosis> diagnoses(const Timeline &timeline, const LogFacts &log) const;

  static constexpr size_t kKeptBlocks = 1000;

 private:
  struct TurnedAway {
    uint64_t count = 0;
    std::string protocol, vhost, local;
    Ns first_ns = 0, last_ns = 0;
  };
  // A callback of the application, as it was called.
  struct Turn {
    uint64_t id = 0;  // of its connection
    uint16_t kind = 0;
    std::string_view protocol;
    Ns at_ns = 0;
  };
  // One that kept the event loop of its thread.
  struct Block {
    Turn turn;
    Ns until_ns = 0;
    bool is_exact = false;      // its beginning was seen
    uint64_t others_open = 0;   // connections then
    std::set<uint64_t> waited;  // connections that the loop came to next
    bool is_refusal = false;    // it returned non-zero, so that lws closes the connection
    bool lost_peer = false;     // of the connection that it was called for, by the time that it returned
    bool in_session = false;    // a websocket's
  };
  void note_block(const Connection &connection, const Event &event, std::span<const std::byte> items,
                  const Timeline &timeline);
  void note_lost_peer(const Connection &connection, const Event &event, std::span<const std::byte> items);
  void note_next(const Connection &connection, const Event &event);
  static void add_context_left(std::vector<Diagnosis> &to, const Timeline &timeline);
  static void add_contexts_piled_up(std::vector<Diagnosis> &to, const Timeline &timeline, const LogFacts &log);
  void add_turned_away(std::vector<Diagnosis> &to, const LogFacts &log) const;
  void add_blocks(std::vector<Diagnosis> &to, const LogFacts &log) const;

  std::map<uint64_t, TurnedAway> turned_away_;  // by listener
  static constexpr size_t kKeptTurns = 16;      // a callback may call for others
  std::map<uint32_t, std::deque<Turn>> turns_;  // the last ones, by thread
  Turn last_;
  struct Open {
    size_t block;
    Ns last_ns;  // of the events that follow at once
  };
  std::map<uint32_t, Open> just_returned_;  // by thread
  std::vector<Block> blocks_;
  std::pair<uint64_t, Ns> refused_{};  // the last connection whose callback returned non-zero, and when
};

}  // namespace wsitrace

#endif
