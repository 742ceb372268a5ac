// SPDX-License-Identifier: MIT
//
// A diagnosis: what went wrong, on which connections, how that is known and what to do about it. Plain values; renderers add no rule.
#ifndef WSITRACE_DIAGNOSIS_DIAGNOSIS_H
#define WSITRACE_DIAGNOSIS_DIAGNOSIS_H

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/diagnosis/causes.h"
#include "agent/timeline/connection.h"
#include "agent/timeline/frame.h"

namespace wsitrace {

// What a rule has seen on one connection. Those with the same cause on the same kind of connection become one diagnosis.
struct Symptom {
  Cause cause = Cause::kUnknownEnd;
  std::string detail;            // for {detail}, {request} or {span} of the headline (cause_table.h)
  std::vector<std::string> why;  // sentences, from the first connection of the diagnosis
  Certainty certainty = Certainty::kProven;
  std::string advice;     // instead of the cause's
  bool is_young = false;  // it counts only beside one that is not
  bool is_note = false;   // less than the cause is as a rule
};

struct Diagnosis {
  Cause cause = Cause::kUnknownEnd;
  Weight severity = Weight::kTrouble;
  Certainty certainty = Certainty::kProven;
  std::vector<uint64_t> connections;  // ids, oldest first; at most kKeptIds
  uint64_t count = 0;                 // how many there are
  std::string vhost;                  // empty: unknown, or several
  std::string protocol;               // same
  OptionalNs first_ns;                // CLOCK_MONOTONIC: the first was opened
  OptionalNs last_ns;                 // the last event of the last
  std::string headline;               // one sentence without a full stop
  std::vector<std::string> why;       // whole sentences: the evidence, in order
  std::string advice;                 // one sentence without a full stop, or empty
  // What is known of each of `connections`, by id: only where a Doctor was asked for it.
  std::vector<std::pair<uint64_t, std::vector<std::string>>> evidence_of_each;
  uint64_t callback_address = 0;  // of the protocol's callback; 0: unknown
  std::optional<Frame> callback;  // the place: its function, once somebody has named it
};
inline constexpr size_t kKeptIds = 1000;

// What of the diagnoses is shown.
struct DiagnosisChoice {
  std::optional<Cause> cause;  // only those that have it; empty: all
  bool is_whole = false;       // all of them, all ids, the evidence of each connection

  [[nodiscard]] bool chooses(const Diagnosis &diagnosis) const { return !cause || diagnosis.cause == *cause; }
};

// How many diagnoses there are of each severity. Every surface shows these, in these words.
struct SeverityCounts {
  uint64_t faults = 0, troubles = 0, notes = 0;

  void add(Weight severity);
  void add(const SeverityCounts &others);
  // Worst first: "1 fault, 2 kinds of trouble, 3 notes"; empty: none.
  [[nodiscard]] std::string text() const;
};
SeverityCounts severities_of(const std::vector<Diagnosis> &diagnoses);

const char *name_of(Weight);
const char *name_of(Certainty);

// TEMPLATE of a cause for COUNT connections. "{a|b}" becomes a for one, b for more.
std::string filled(std::string_view headline, uint64_t count, const std::string &who, const std::string &detail);
// One that is about COUNT of what WHO names, or about no single connection.
Diagnosis diagnosis_of(Cause cause, uint64_t count, const std::string &detail, const std::string &who = {});

}  // namespace wsitrace

#endif
