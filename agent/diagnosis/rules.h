// SPDX-License-Identifier: MIT
//
// The rules: pure functions from what is known of one connection to what went wrong with it, or nothing. The first that answers counts.
#ifndef WSITRACE_DIAGNOSIS_RULES_H
#define WSITRACE_DIAGNOSIS_RULES_H

#include <optional>

#include "agent/diagnosis/clues.h"
#include "agent/diagnosis/diagnosis.h"
#include "agent/export/explain/subject.h"

namespace wsitrace {

// One connection: closed, or open at the end of the log.
struct Case {
  const Connection &connection;
  const Clues &clues;
  const LogFacts &log;

  [[nodiscard]] bool is_open() const { return connection.state != State::kClosed; }
  [[nodiscard]] bool ended_as(CloseReason reason) const {
    return connection.close && connection.close->reason == reason;
  }
  [[nodiscard]] const Transaction *last() const {
    return connection.transactions.empty() ? nullptr : &connection.transactions.back();
  }
  // To the end of the connection, or of the log.
  [[nodiscard]] Ns until_ns() const { return connection.closed_ns.value_or(log.last_ns); }
};

using CaseRule = std::optional<Symptom> (*)(const Case &);

std::optional<Symptom> outbound_symptom(const Case &);  // outbound.cpp: of connections that this program made
std::optional<Symptom> inbound_symptom(const Case &);   // inbound.cpp: of what it accepted or adopted, and of streams
std::optional<Symptom> session_symptom(const Case &);   // sessions.cpp: of websocket sessions, either way

// "GET /first", or "its request".
std::string request_text(const Transaction *transaction);
// The last callback that was recorded: "LWS_CALLBACK_HTTP of protocol 'http'", or "none".
std::string in_charge_text(const Connection &connection);

}  // namespace wsitrace

#endif
