// SPDX-License-Identifier: MIT
//
// What lws logged (agent/lws/said.h): it is about the wsi that it names, or about what ends next in its thread.
#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

constexpr Ns kSaidNs = 50'000'000;  // the application's own callbacks may come in between

void believe(const Fold &fold, Life &life, const Event &said) {
  CloseClues &clues = life.clues;
  if (clues.said != Said::kNothing) return;
  clues.said = said_of(said.value);
  clues.said_number = number_of(said.value);
  if (clues.said == Said::kGoaway) {
    clues.said = said_of_goaway(fold.strings.text(said.text));
    clues.said_text = said.text;
  }
  if (clues.said == Said::kTooManyStreams) clues.said_number = life.children;
}

}  // namespace

void note_said(Fold &fold, const Event &event) {
  if (row_of(said_of(event.value)).wrong == nullptr) return;
  Life *life = event.wsi != 0 ? fold.lives.find(event.wsi) : nullptr;
  if (life != nullptr) return believe(fold, *life, event);
  if (event.wsi == 0) fold.threads[event.thread].said = event;
}

// What is said is about what ends next.
void take_said(Fold &fold, Life &life, const Event &event) {
  ThreadFacts &thread = fold.threads[event.thread];
  if (!thread.said) return;
  if (event.time_ns <= thread.said->time_ns + kSaidNs) believe(fold, life, *thread.said);
  thread.said.reset();
}

// What lws logged tells of a rule that the peer broke.
bool peer_broke_rule(const Life &life) {
  switch (life.clues.said) {
    case Said::kGoawayFromPeer:
    case Said::kTimedOut:
    case Said::kSilent:
    case Said::kRequestTooLong:
    case Said::kMountProtocolUnknown:
    case Said::kMountProxyFailed:
    case Said::kPasswordsMissing:
    case Said::kNoForm:
    case Said::kSocksRefused: return false;
    default: return row_of(life.clues.said).wrong != nullptr;
  }
}

// lws keeps the reason in a char: those of the application, from 1000 on, are negative there.
int named_timeout(const Life &life) { return static_cast<int>(life.clues.said_number & 0x3ff); }

// Of a hidden close, lws's own log has the last word.
std::optional<Close> by_log_line(Life &life) {
  constexpr CloseEvidence evidence = CloseEvidence::kLogLine;
  if (life.clues.said == Said::kSilent) return Close{CloseReason::kPingTimeout, CloseBy::kLws, evidence, {}, {}};
  if (life.clues.said != Said::kTimedOut) return std::nullopt;
  const int reason = named_timeout(life);
  if (pending_timeout_reason(life.clues.pending_timeout) != reason) {
    life.clues.pending_timeout = pending_timeout_value(reason, 0);
    life.clues.timeout_flags = 0;
  }
  if (pending_timeout_seconds(life.clues.pending_timeout) < 0) return std::nullopt;  // the application killed it
  return Close{CloseReason::kTimeout, CloseBy::kLws, evidence, {}, {}};
}

}  // namespace wsitrace
