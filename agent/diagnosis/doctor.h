// SPDX-License-Identifier: MIT
//
// Reads a log and says what went wrong: the findings of a check (faults), and the symptoms of each connection, alike ones together.
// Also keeps the census that a summary shows.
//
// Memory: follows the open connections, and the diagnoses: at most kMaxGroups, with kKeptIds ids each, and the evidence if that is asked for.
#ifndef WSITRACE_DIAGNOSIS_DOCTOR_H
#define WSITRACE_DIAGNOSIS_DOCTOR_H

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "agent/diagnosis/census.h"
#include "agent/diagnosis/clues.h"
#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/judged_log.h"
#include "agent/diagnosis/loops.h"
#include "agent/diagnosis/premises.h"
#include "agent/diagnosis/reconnects.h"
#include "agent/diagnosis/rules.h"
#include "agent/diagnosis/running.h"
#include "agent/diagnosis/surroundings.h"

namespace wsitrace {

// Hears the timeline of LOG, which outlives it, after LOG's judge.
class Doctor final : public TimelineObserver {
 public:
  // kOfEach keeps the evidence of each connection, of kKeptIds for each diagnosis, not that of the first one only.
  enum class Evidence { kOfTheFirst, kOfEach };
  explicit Doctor(const JudgedLog &log, Evidence kept = Evidence::kOfTheFirst) : judged_(log), kept_(kept) {}

  // Looks at what is still open; call once, when the log has ended or as much of it as there is.
  void finish();
  // After that: finds the functions of callbacks.
  void name_places(const NameFrames &name);
  // Worst first.
  [[nodiscard]] const std::vector<Diagnosis> &diagnoses() const { return diagnoses_; }
  [[nodiscard]] const Census &census() const { return census_; }
  [[nodiscard]] const Timeline &timeline() const { return judged_.timeline; }
  // With the troubles, too.
  [[nodiscard]] const Verdict &verdict() const { return verdict_; }
  // New connections that a callback of the application refused.
  [[nodiscard]] uint64_t turned_away() const { return surroundings_.turned_away(); }
  // Lines that lws logged and of which only the number was recorded.
  [[nodiscard]] uint64_t lines_left_out() const { return lines_left_out_; }
  // Connections with something wrong that found no place among the first kMaxGroups diagnoses.
  [[nodiscard]] uint64_t left_out() const { return left_out_; }
  static constexpr size_t kMaxGroups = 1000;

 private:
  struct Group {
    Diagnosis diagnosis;
    Symptom symptom;
    bool is_young = true;  // all of them are
    bool details_differ = false;
    bool carriers_differ = false;  // of streams
    uint64_t closed_by_peer = 0, reset_by_peer = 0;
    Connection example;  // values only: its views live as long as the timeline
  };
  using Key = std::tuple<Cause, std::string, std::string, std::string>;  // cause, who, detail, protocol

  void on_event_counted(uint16_t kind) override {
    clues_.counted(kind);
    if (kind != k_context_destroyed) return;
    reconnects_.context_ends(timeline().last_event_ns());
    ends_context_ = !ends_context_;
  }
  void on_lws_said(const Event &) override;
  void on_surroundings(const Event &event, std::span<const std::byte> items) override {
    if (event.kind == k_timer_set) return premises_.timer_set(event, surroundings_.last_callback());
    premises_.surroundings(event, items, timeline());
  }
  void on_accept_failed(const Event &, std::span<const std::byte> items) override;
  void on_loop_heard(const Event &event, std::span<const std::byte> items, const Connection *connection) override {
    loops_.heard(event, items, connection, timeline());
    running_.heard(event, items, connection, timeline());
  }
  void on_connection_event(const Connection &, const Event &, std::span<const std::byte> items) override;
  void on_connection_opened(const Connection &) override;
  void on_connection_closed(const Connection &) override;
  void on_transaction_ended(const Connection &, const Transaction &ended) override { census_.transaction(ended); }

  void examine(const Connection &connection);
  void add(const Connection &connection, const Symptom &symptom);
  void add_symptoms();
  bool give_up_early(Group &group) const;
  [[nodiscard]] std::vector<std::string> evidence_of(const Group &group) const;
  void remember_fate(const Connection &connection);
  void note_storm(Group &group) const;
  void add_storms();
  void add_accepts();
  void note_lines_left_out(const Event &event);
  void note_not_bound(const Event &event);
  void add_what_lws_said();
  void add_crash();
  void explain_crash(Diagnosis &crash) const;
  void tell_what_ran(Diagnosis &crash) const;
  [[nodiscard]] bool blame_missing_host(Diagnosis &crash) const;
  void place_crash(Diagnosis &crash) const;
  void look_at_session_bytes(Diagnosis &crash) const;
  void add_loops();
  void add_inherited();
  std::optional<Symptom> local_failure(const Case &of);
  void add_findings();
  void tell_of_rest(Diagnosis &fault) const;

  const JudgedLog &judged_;
  Evidence kept_;
  Census census_;
  ClueBook clues_;
  Surroundings surroundings_;
  Premises premises_;
  Loops loops_;
  Running running_;
  std::map<Key, Group> groups_;
  std::vector<uint64_t> closed_by_code_;                   // sessions that a code of lws_close_reason() did close
  std::map<std::string, std::vector<std::string>> fates_;  // of the last outbound connections, by target
  struct Carrier {
    std::string ended;  // "closed by the peer"
    bool by_peer = false;
  };
  std::map<uint64_t, Carrier> carriers_;  // of streams
  Reconnects reconnects_;
  std::vector<Diagnosis> diagnoses_;
  uint64_t left_out_ = 0;
  Verdict verdict_;
  LogFacts log_;
  struct Accepts {
    std::string error;  // "EMFILE"
    uint64_t failures = 0;
    uint32_t waiting = 0, limit = 0;
    Ns first_ns = 0, last_ns = 0;
    uint64_t open = 0;  // of lws's connections at the first failure, listeners apart
    bool works_again = false;
  };
  Accepts accepts_;
  struct BindFailure {
    Ns at_ns;
    int error;  // errno; 0: unknown
    bool is_of_connect = false;
    uint64_t times = 1;
    Ns first_ns = at_ns;
  };
  std::map<unsigned, BindFailure> ports_not_bound_;  // at most kMaxPorts
  static constexpr size_t kMaxPorts = 64;
  uint64_t lines_left_out_ = 0, binds_left_out_ = 0;
  bool ends_context_ = false;  // lws_context_destroy() has been called, and has not returned
  struct Killed {
    uint64_t id;
    Ns at_ns;
    std::string protocol;
  };
  std::optional<Killed> killed_;  // the last connection that the program ended with LWS_TO_KILL_SYNC
  struct Table {
    uint64_t turned_away = 0, of_connects = 0;
    unsigned size = 0;  // 0: unknown
    Ns first_ns = 0, last_ns = 0;
  };
  Table table_;
};

}  // namespace wsitrace

#endif
