// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/diagnosis/doctor.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr const char *kComeBack =
    "to come back, connect again in LWS_CALLBACK_CLIENT_CLOSED, too: LWS_CALLBACK_CLIENT_CONNECTION_ERROR comes only "
    "if no session was established; lws_retry_sul_schedule() waits longer before each attempt";

// A client that the server sent away, and that stays away. Nothing is wrong with 1000, which says that both are done.
void tell_of_left(std::vector<Diagnosis> &diagnoses, const Reconnects::Left &left, const LogFacts &log) {
  constexpr Ns kStaysAwayNs = 2'000'000'000;
  const Ns until_ns = left.until_ns.value_or(log.last_ns);
  if (until_ns < left.ended_ns + kStaysAwayNs || left.code == 1000 || log.lossy()) return;
  const std::string why = fmt::format(
      "The server, {}, ended it at {}; the lws context was there for {} more, and this program connected nowhere in "
      "that time.",
      printable(left.target), time_text(left.ended_ns, log.started_ns), span_text(left.ended_ns, until_ns));
  for (Diagnosis &one : diagnoses)
    if (std::find(one.connections.begin(), one.connections.end(), left.id) != one.connections.end()) {
      one.why.push_back(why);
      if (one.cause == Cause::kNoCloseFrame || one.cause == Cause::kCloseCode)
        one.advice = fmt::format("{}; {}", kComeBack, one.advice);
      return;
    }
  if (!left.code) return;
  Diagnosis out = diagnosis_of(Cause::kCloseCode, 1, fmt::format("{} from the peer", *left.code),
                               fmt::format("websocket session {}", left.id));
  out.headline += ", and this program did not connect again";
  out.connections = {left.id};
  out.vhost = left.vhost;
  out.protocol = left.protocol;
  out.first_ns = out.last_ns = left.ended_ns;
  out.why.push_back(why);
  out.advice = kComeBack;
  diagnoses.push_back(std::move(out));
}

}  // namespace

// Attempts that fail again and again have a cause, and a second one: that the program does not wait.
void Doctor::note_storm(Group &group) const {
  const Reconnects::Row *storm =
      group.example.origin == Origin::kOutbound ? reconnects_.storm(group.example.target) : nullptr;
  if (storm == nullptr || 2 * group.diagnosis.count < storm->count || group.diagnosis.severity == Weight::kNote) return;
  group.symptom.why.push_back("Reconnect storm: " + storm->text());
  const std::string_view wait = row_of(Cause::kReconnectStorm).advice;
  const std::string own =
      group.symptom.advice.empty() ? std::string(row_of(group.symptom.cause).advice) : group.symptom.advice;
  group.symptom.advice = own.empty() ? std::string(wait) : fmt::format("{}; {}", own, wait);
}

// Sessions that the server ends soon may all end in order, and be too many.
void Doctor::add_storms() {
  for (const std::string &target : reconnects_.targets()) {
    const Reconnects::Row *storm = reconnects_.storm(target);
    if (storm == nullptr) continue;
    const auto tells = [&](const Diagnosis &one) {
      return one.severity != Weight::kNote && 2 * one.count >= storm->count && !one.connections.empty() &&
             std::find(storm->ids.begin(), storm->ids.end(), one.connections.front()) != storm->ids.end();
    };
    if (std::any_of(diagnoses_.begin(), diagnoses_.end(), tells)) continue;
    Diagnosis out =
        diagnosis_of(Cause::kReconnectStorm, storm->count, {},
                     fmt::format("{} to {}", count_text(storm->count, "outbound connection"), printable(target)));
    out.connections = storm->ids;
    out.first_ns = storm->first_ns;
    out.last_ns = storm->last_ns;
    out.why.push_back(storm->text());
    diagnoses_.push_back(std::move(out));
  }
  for (Diagnosis &one : reconnects_.inbound().diagnoses()) diagnoses_.push_back(std::move(one));
  if (reconnects_.left()) tell_of_left(diagnoses_, *reconnects_.left(), log_);
}

}  // namespace wsitrace
