// SPDX-License-Identifier: MIT
//
// What the connections rest on: contexts and vhosts, also those that could not be made; listeners whose clients nobody accepts; and the
// program's own calls of lws_service(). Feed it with what a Timeline tells.
#ifndef WSITRACE_DIAGNOSIS_PREMISES_H
#define WSITRACE_DIAGNOSIS_PREMISES_H

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agent/diagnosis/connect_calls.h"
#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/empty_connects.h"
#include "agent/diagnosis/halves.h"
#include "agent/diagnosis/house.h"
#include "agent/diagnosis/sharing.h"
#include "agent/diagnosis/subject.h"
#include "agent/diagnosis/surroundings.h"
#include "agent/diagnosis/timers.h"
#include "agent/lws/said.h"

namespace wsitrace {

// "LIBUV" where it was made for the loop of that library; empty: for lws's own, or unknown.
std::string_view event_library_in(const std::optional<ContextOptions> &of);

class Premises {
 public:
  void surroundings(const Event &event, std::span<const std::byte> items, const Timeline &timeline);
  void said(const Event &event, const Timeline &timeline);
  // timer_set, AFTER the last callback.
  void timer_set(const Event &event, const Surroundings::LastCallback &after) { timers_.set(event, after); }
  void opened(const Connection &connection) {
    last_opened_ns_ = std::max(last_opened_ns_, connection.opened_ns);
    house_.opened(connection);
    if (connection.origin == Origin::kOutbound) note_outbound(connection.id);
    halves_.opened(connection);
    sharing_.opened(connection);
  }
  void closed(const Connection &connection);
  void called(const Connection &connection, const Event &event) {
    halves_.event(connection, event);
    sharing_.event(connection, event);
  }

  [[nodiscard]] const House &house() const { return house_; }
  // The mount's file of passwords that lws could not open: its name, as far as it is known; nullptr: none.
  [[nodiscard]] const std::string *passwords_missing() const;
  // max_http_header_pool of the last context; 0: not set, or unknown.
  [[nodiscard]] unsigned header_pool() const { return header_pool_; }
  // As it was made, there were as many outbound connections as the context has header tables.
  [[nodiscard]] bool found_no_header_table(uint64_t id) const { return found_no_table_.contains(id); }
  // The file of CAs for outbound connections that lws could not load; nullptr: none.
  [[nodiscard]] const std::string *client_ca_missing() const;
  // What the last context was made with; nullopt: unknown.
  [[nodiscard]] const std::optional<ContextOptions> &options() const { return options_; }
  [[nodiscard]] const PendingTimers &timers() const { return timers_; }
  [[nodiscard]] const Halves &halves() const { return halves_; }
  [[nodiscard]] const Sharing &sharing() const { return sharing_; }
  // lws could not bind a UDP socket.
  [[nodiscard]] bool udp_not_bound() const { return line(Said::kUdpBindFailed) != nullptr; }
  // When lws_vhost_destroy() was called.
  [[nodiscard]] OptionalNs vhost_gone_ns(std::string_view vhost) const;
  // What the program has done that may crash lws, for a sentence, and what to do; empty: nothing is known.
  using Blame = ConnectCalls::Blame;
  [[nodiscard]] Blame blame_for_crash(Ns started_ns) const;
  // The first that lws was to adopt a socket for and that the vhost does not have, or empty.
  [[nodiscard]] std::string protocol_not_enabled() const;
  // The others that listen on its port, as they were made.
  [[nodiscard]] std::vector<std::string> vhosts_beside(std::string_view vhost) const;
  // Once the log has ended, or as much of it as there is. ACCEPT_FAILED: that is why clients wait.
  [[nodiscard]] std::vector<Diagnosis> diagnoses(const LogFacts &log, bool accept_failed) const;

 private:
  struct Queue {
    uint32_t waiting = 0;
    Ns at_ns = 0;
    uint64_t in_table = 0;  // wsis with a socket, then
    uint32_t limit = 0;     // of descriptors
    uint64_t contexts = 0;  // then
  };
  struct Late {
    uint64_t times = 0;
    Ns longest_ns = 0, pause_ns = 0, first_ns = 0, last_ns = 0;
  };

  struct Use {  // of a wsi that is gone
    std::vector<uint64_t> ids;
    std::string call, protocol;
    uint64_t times = 0;
    Ns first_ns = 0, closed_ns = 0;
  };
  struct Dead {
    uint64_t id = 0;
    std::string protocol;
    Ns closed_ns = 0;
  };
  struct StandIn {  // of a callback, in one call
    uint64_t times = 0;
    Ns first_ns = 0, last_ns = 0;
  };
  static constexpr size_t kKeptDead = 4096, kKeptVhosts = 64;

  [[nodiscard]] bool began_within(const Event &call) const;
  void note_outbound(uint64_t id);
  [[nodiscard]] EmptyFor why_empty(const Event &call) const;
  void note_failed_call(const Event &event, const Timeline &timeline);
  void note_use(const Event &event, const Timeline &timeline);
  void note_stand_in(const Event &event, const Timeline &timeline);
  void add_stand_ins(std::vector<Diagnosis> &to, const LogFacts &log) const;
  void add_uses(std::vector<Diagnosis> &to, const LogFacts &log) const;
  [[nodiscard]] const SaidLine *line(Said said) const;
  void add_not_made(std::vector<Diagnosis> &to) const;
  void add_no_listener(std::vector<Diagnosis> &to) const;
  void add_no_vhost(std::vector<Diagnosis> &to, const LogFacts &log) const;
  void add_no_socket(std::vector<Diagnosis> &to, const LogFacts &log) const;
  void add_waiting(std::vector<Diagnosis> &to, const LogFacts &log) const;
  void add_turned_away(std::vector<Diagnosis> &to) const;
  void add_late(std::vector<Diagnosis> &to) const;
  void add_misused(std::vector<Diagnosis> &to, const LogFacts &log) const;
  void add_missing_threads(std::vector<Diagnosis> &to, const LogFacts &log) const;
  void add_objections(std::vector<Diagnosis> &to, const LogFacts &log) const;

  std::map<Said, SaidLine> lines_;  // the first of each kind
  std::map<int, Queue> queues_;     // by descriptor of the listener
  std::map<std::string, Ns, std::less<>> vhosts_gone_;
  std::vector<std::pair<std::string, int>> vhosts_;  // with their ports
  uint64_t vhosts_made_ = 0;
  Ns context_made_ns_ = 0;                                    // the last
  std::map<uint64_t, Dead> dead_;                             // by pointer; emptied when it is full
  std::vector<Use> uses_;                                     // of one call each
  std::optional<std::pair<std::string, Ns>> null_use_;        // the first call that got NULL for a wsi
  std::map<std::pair<int, std::string>, StandIn> stand_ins_;  // by callback and call
  PendingTimers timers_;
  Halves halves_;
  Sharing sharing_;
  Late turned_away_;                                      // by lws itself: the longest and the pause are unused
  std::map<int, Ns> misused_;                             // by `value` of service_misused
  std::map<int, Ns> missing_threads_;                     // same, of threads that the context does not have
  std::map<std::pair<int, std::string>, Ns> objections_;  // by callback and protocol
  std::map<uint32_t, Ns> creating_;                       // since when a thread is in lws_create_context()
  bool has_context_ = false;                              // lws_create_context() has returned one, the last time
  bool was_to_listen_ = false;                            // a vhost that was made
  Late late_;
  EmptyConnects empty_connects_;
  ConnectCalls connect_calls_;
  House house_;
  uint64_t contexts_at_once_ = 0;  // when somebody had waited
  Ns last_opened_ns_ = 0;
  Ns no_header_room_ns_ = 0,
     in_brackets_ns_ = 0;  // lws logged so; a connect to such an address was begun; the last time
  uint64_t outbound_open_ = 0;
  std::unordered_set<uint64_t> found_no_table_;
  unsigned header_pool_ = 0, table_size_ = 0;
  std::optional<ContextOptions> options_;
};

}  // namespace wsitrace

#endif
