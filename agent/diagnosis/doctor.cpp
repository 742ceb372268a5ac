// SPDX-License-Identifier: MIT
#include "agent/diagnosis/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/diagnosis/outbound_rules.h"
#include "agent/lws/callbacks.h"
#include "agent/lws/versions.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

// What makes connections alike: "to 127.0.0.1:80", "stream", "adopted raw_file", ...
std::string who_key(const Connection &connection) {
  switch (Census::sort_of(connection)) {
    case Census::Sort::kOutbound: return "to " + (connection.target.empty() ? connection.peer : connection.target);
    case Census::Sort::kStream: return "stream";
    case Census::Sort::kUser: return "user";
    case Census::Sort::kListener: return "listener";
    case Census::Sort::kInternal: return "internal";
    case Census::Sort::kAdopted: return std::string("adopted ") + name_of(connection.role);
    case Census::Sort::kAccepted: break;
  }
  return "accepted";
}

// "+/run/desk.sock:80" is how a program names a socket file.
std::string target_text(const Connection &connection) {
  const std::string &target = connection.target;
  if (target.empty()) return connection.peer;
  return target.starts_with('+') ? "unix:" + target.substr(1, target.rfind(':') - 1) : target;
}

std::string what_they_are(const Connection &connection, uint64_t count) {
  if (connection.session) return count == 1 ? "websocket session" : "websocket sessions";
  if (Census::sort_of(connection) == Census::Sort::kAdopted && connection.role == Role::kRawFile)
    return count == 1 ? "adopted raw descriptor" : "adopted raw descriptors";
  return Census::name_of(Census::sort_of(connection), count);
}

// "12 outbound connections to 127.0.0.1:80", "accepted connection 7", "4 HTTP/2 streams of connection 2".
std::string who(const Connection &example, const Diagnosis &diagnosis, bool one_carrier) {
  const uint64_t count = diagnosis.count;
  const std::string what = what_they_are(example, count);
  std::string out = count == 1 ? fmt::format("{} {}", what, example.id) : fmt::format("{} {}", count, what);
  const std::string target = target_text(example);
  if (example.origin == Origin::kOutbound && !example.session && !target.empty()) out += " to " + printable(target);
  if (example.origin == Origin::kStream && example.parent && one_carrier)
    out += fmt::format(" of connection {}", *example.parent);
  if (example.origin == Origin::kAdopted && !diagnosis.protocol.empty())
    out += fmt::format(" (protocol {})", printable(diagnosis.protocol));
  return out;
}

// What the headline shows of connections that may differ in it.
std::string shown_detail(const CauseRow &row, const std::string &first, bool others_differ) {
  if (!others_differ) return first;
  return first + (row.headline.find("{span}") != std::string_view::npos ? " or so" : " and others");
}

// Unlike details make unlike diagnoses, unless the headline says that they are only examples.
bool tells_apart_by_detail(const CauseRow &row) { return row.headline.find("{detail}") != std::string_view::npos; }

bool is_inferred(const Connection &connection) {
  if (!connection.close || connection.close->said != Said::kNothing) return false;
  const CloseEvidence evidence = connection.close->evidence;
  return evidence == CloseEvidence::kElimination || evidence == CloseEvidence::kPendingTimeout ||
         evidence == CloseEvidence::kNone;
}

bool is_unknown_end(const Connection &connection) {
  if (connection.cls != ConnectionClass::kClient || connection.state != State::kClosed) return false;
  return !connection.close || connection.close->reason == CloseReason::kUnknown;
}

// A finding says all that these symptoms say of the same connections, and more.
bool says_more(Cause kind, Cause cause) {
  const auto is = [&](Cause of) { return of == cause; };
  switch (kind) {
    case Cause::kTransactionNotCompleted:
      return is(Cause::kResponseOwed) || is(Cause::kResponseUnfinished) || is(Cause::kPeerLeftEarly) ||
             is(Cause::kTimeout) || is(Cause::kClosedMidway) || is(Cause::kLostWithCarrier) ||
             is(Cause::kPeerLeftInResponse) || is(Cause::kNotRead) || is(Cause::kNotFound);
    case Cause::kConnectsPilingUp:
      return is(Cause::kNeverAnswered) || is(Cause::kNotServiced) || is(Cause::kUnreachable) ||
             is(Cause::kConnectTimeout) || is(Cause::kNotItsLoop);
    case Cause::kPeerGone: return is(Cause::kResponseOwed) || is(Cause::kResponseUnfinished) || is(Cause::kNotRead);
    default: return false;
  }
}

// When, and what it rests on.
std::vector<std::string> evidence_of(const Finding &finding, Ns started_ns) {
  std::vector<std::string> why;
  if (finding.first_ns && finding.last_ns)
    why.push_back(fmt::format("The events that show it lie between {} and {}.",
                              time_text(*finding.first_ns, started_ns), time_text(*finding.last_ns, started_ns)));
  else if (finding.first_ns) why.push_back(fmt::format("It began at {}.", time_text(*finding.first_ns, started_ns)));
  if (row_of(finding.kind).rests_on_absence()) why.emplace_back("No event of its end is in the trace.");
  const bool outlives_session =
      finding.kind == Cause::kAdoptedOutlivesSession || finding.kind == Cause::kOutboundOutlivesSession;
  if (outlives_session && finding.age_ns)
    why.push_back("At the end of the log the oldest had been open for " + span_text(*finding.age_ns) + ".");
  if (!finding.last_callback.empty()) why.push_back("Last in charge: " + finding.last_callback + ".");
  return why;
}

Diagnosis diagnosis_of(const Finding &finding, Ns started_ns) {
  Diagnosis out;
  out.cause = finding.kind;
  out.severity = Weight::kFault;
  out.certainty = finding.certain ? Certainty::kProven : Certainty::kLikely;
  out.connections = finding.connections;
  out.count = finding.count;
  out.vhost = finding.vhost;
  out.protocol = finding.protocol;
  out.first_ns = finding.first_ns;
  out.last_ns = finding.last_ns;
  out.headline = finding.message;
  out.advice = advice_of(finding);
  out.why = evidence_of(finding, started_ns);
  return out;
}

// What is known of the end of one whose rule says no more.
std::vector<std::string> end_evidence(const Connection &connection) {
  const auto &close = connection.close;
  if (!close) return {};
  if (!close->detail.empty()) return {fmt::format("lws says of its end: '{}'.", printable(close->detail))};
  return {fmt::format("It was closed as {}, known by {}.", name_of(close->reason), name_of(close->evidence))};
}

// All connections of SYMPTOMS are the finding's: it only adds how that is known.
bool covers(const Finding &finding, const Diagnosis &symptoms) {
  if (!says_more(finding.kind, symptoms.cause)) return false;
  const auto is_in = [&](uint64_t id) {
    return std::find(finding.connections.begin(), finding.connections.end(), id) != finding.connections.end();
  };
  return std::all_of(symptoms.connections.begin(), symptoms.connections.end(), is_in);
}

}  // namespace

void Doctor::on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) {
  clues_.event(connection, event, items, timeline().text(event.text), timeline().text(event.protocol));
  surroundings_.event(connection, event, items, timeline());
  if (has_role<role::kLoopTurns>(event.kind)) running_.loop_turned(event.thread, event.time_ns);
  premises_.called(connection, event);
  if (event.kind == k_CLIENT_CONNECTION_ERROR || event.kind == k_CLIENT_CLOSED || event.kind == k_CLOSED_CLIENT_HTTP ||
      event.kind == k_RAW_CLOSE)
    reconnects_.failing(connection, event.time_ns);
}

void Doctor::on_connection_opened(const Connection &connection) {
  clues_.opened(connection);
  premises_.opened(connection);
  reconnects_.opened(connection);
}

void Doctor::on_connection_closed(const Connection &connection) {
  census_.closed(connection);
  premises_.closed(connection);
  clues_.closed(connection);
  log_ = facts_of(timeline(), clues_.loop_turns());
  log_.last_turn_ns = clues_.last_turn_ns();
  examine(connection);
  remember_fate(connection);
  if (connection.role == Role::kH2 && connection.origin != Origin::kStream && carriers_.size() < kKeptIds)
    carriers_[connection.id] = {Census::end_of(connection),
                                connection.close && connection.close->reason == CloseReason::kPeerClosed};
  reconnects_.closed(connection);
  if (connection.close && connection.close->killed_at_once && connection.close->reason == CloseReason::kHandlerClosed)
    killed_ = Killed{connection.id, connection.closed_ns.value_or(0), std::string(protocol_of(connection))};
  const bool by_code =
      clues_.of(connection.id).close_code && connection.close && connection.close->reason == CloseReason::kLocalWsClose;
  if (by_code && closed_by_code_.size() < kKeptIds) closed_by_code_.push_back(connection.id);
  clues_.forget(connection.id);
}

void Doctor::examine(const Connection &connection) {
  if (connection.cls != ConnectionClass::kClient) return;
  if (connection.state != State::kClosed && loops_.is_stranded(connection)) return;
  const Case of{connection, clues_.of(connection.id), log_, premises_};
  if (const auto local = local_failure(of)) return add(connection, *local);
  if (const auto foreign = foreign_wake_symptom(of)) add(connection, *foreign);
  if (const auto unknown = protocol_unknown(of, timeline().protocols())) add(connection, *unknown);
  auto symptom = descriptor_gone(of);
  if (!symptom) symptom = refusal_symptom(of);
  if (!symptom) symptom = goaway_symptom(of);
  if (!symptom) symptom = session_symptom_heard(of, timeline());
  if (!symptom) symptom = outbound_symptom(of);
  if (!symptom) symptom = inbound_symptom(of);
  if (!symptom && is_unknown_end(connection)) symptom = Symptom{Cause::kUnknownEnd, {}, {}, Certainty::kProven, {}};
  if (symptom) tell_of_no_protocols(*symptom, of, timeline());
  if (symptom) add(connection, *symptom);
}

void Doctor::add(const Connection &connection, const Symptom &symptom) {
  const CauseRow &row = row_of(symptom.cause);
  const std::string_view served_by = protocol_of(connection);
  const std::string protocol(served_by.empty() ? connection.last_callback_protocol : served_by);
  const Key key{symptom.cause, who_key(connection), tells_apart_by_detail(row) ? symptom.detail : "", protocol};
  auto at = groups_.find(key);
  if (at == groups_.end() && groups_.size() >= kMaxGroups) {
    ++left_out_;
    return;
  }
  if (at == groups_.end()) {
    at = groups_.try_emplace(key).first;
    Group &made = at->second;
    made.diagnosis.cause = symptom.cause;
    made.diagnosis.severity = symptom.is_note ? Weight::kNote : row.severity;
    made.diagnosis.vhost = connection.vhost;
    made.diagnosis.protocol = protocol;
    made.diagnosis.first_ns = connection.opened_ns;
    made.symptom = symptom;
    if (symptom.cause == Cause::kNeverSent)
      for (const std::string &fate : fates_[connection.target]) made.symptom.why.push_back("Before it, " + fate + ".");
    made.example = connection;
  }
  Group &group = at->second;
  group.is_young = group.is_young && symptom.is_young;
  group.details_differ = group.details_differ || symptom.detail != group.symptom.detail;
  group.carriers_differ = group.carriers_differ || connection.parent != group.example.parent;
  if (const auto &tcp = connection.tcp; tcp && connection.close) {
    const bool by_peer = connection.close->reason == CloseReason::kPeerClosed;
    // Nothing was sent, and so no FIN of this side: the kernel gives up such a socket for a RST only.
    const bool was_given_up = symptom.cause == Cause::kResponseOwed && tcp->was_over && !tcp->peer_closed_ns &&
                              connection.close->reason == CloseReason::kContextDestroyed;
    if (tcp->was_reset || was_given_up) ++group.reset_by_peer;
    else if (by_peer || tcp->peer_closed_ns) ++group.closed_by_peer;
  }
  Diagnosis &diagnosis = group.diagnosis;
  if (diagnosis.vhost != connection.vhost) diagnosis.vhost.clear();
  ++diagnosis.count;
  if (diagnosis.connections.size() < kKeptIds) {
    diagnosis.connections.push_back(connection.id);
    if (kept_ == Evidence::kOfEach)
      diagnosis.evidence_of_each.emplace_back(connection.id,
                                              symptom.why.empty() ? end_evidence(connection) : symptom.why);
  }
  diagnosis.first_ns = std::min(*diagnosis.first_ns, connection.opened_ns);
  diagnosis.last_ns = std::max(diagnosis.last_ns.value_or(0), connection.closed_ns.value_or(log_.last_ns));
}

// What became of the others to the same target: whoever waited behind them needs to know.
void Doctor::remember_fate(const Connection &connection) {
  constexpr size_t kTargets = 1000, kFates = 3;
  if (connection.origin != Origin::kOutbound || (fates_.size() >= kTargets && !fates_.contains(connection.target)))
    return;
  std::vector<std::string> &fates = fates_[connection.target];
  const Transaction *last = connection.transactions.empty() ? nullptr : &connection.transactions.back();
  std::string fate = "was never sent";
  if (last != nullptr && last->outcome == Outcome::kCompleted)
    fate = "was completed" + (last->status ? fmt::format(" with {}", *last->status) : "");
  else if (last != nullptr) fate = last->responded_ns ? "was answered in part" : "was not answered";
  if (fates.size() == kFates) fates.erase(fates.begin());
  fates.push_back(fmt::format("{} of connection {} {}", request_text(last), connection.id, fate));
}

void Doctor::finish() {
  log_ = facts_of(timeline(), clues_.loop_turns());
  log_.last_turn_ns = clues_.last_turn_ns();
  timeline().for_each_open([this](const Connection &connection) {
    census_.still_open(connection);
    if (!running_.holds(connection.id, timeline().end() == nullptr)) examine(connection);
  });
  verdict_ = judged_.verdict();
  add_symptoms();
  add_storms();
  add_crash();
  add_accepts();
  for (Diagnosis &one : surroundings_.diagnoses(timeline(), log_)) diagnoses_.push_back(std::move(one));
  for (Diagnosis &one : premises_.diagnoses(log_, accepts_.failures > 0)) diagnoses_.push_back(std::move(one));
  premises_.house().add_kept(diagnoses_, timeline(), log_);
  add_what_lws_said();
  add_loops();
  add_findings();
  const auto order = [](const Diagnosis &of) {
    return std::make_tuple(of.severity, of.cause == Cause::kLostWithCarrier, ~of.count, of.first_ns.value_or(0));
  };
  std::stable_sort(diagnoses_.begin(), diagnoses_.end(),
                   [&](const Diagnosis &a, const Diagnosis &b) { return order(a) < order(b); });
  for (Diagnosis &one : diagnoses_) one.callback_address = timeline().callback_of(one.protocol);
  std::copy_if(diagnoses_.begin(), diagnoses_.end(), std::back_inserter(verdict_.troubles),
               [](const Diagnosis &of) { return of.severity == Weight::kTrouble; });
  verdict_.notes = severities_of(diagnoses_).notes;
}

void Doctor::name_places(const NameFrames &name) {
  for (Diagnosis &one : diagnoses_) one.callback = function_at(name, one.callback_address);
}

// The program ended so soon that nobody can say who was late.
bool Doctor::give_up_early(Group &group) const {
  if (group.symptom.cause != Cause::kNeverAnswered) return false;
  group.symptom.cause = Cause::kGivenUpEarly;
  group.symptom.detail = span_text(group.example.opened_ns, log_.last_ns);
  group.diagnosis.cause = Cause::kGivenUpEarly;
  group.diagnosis.severity = row_of(Cause::kGivenUpEarly).severity;
  return true;
}

void Doctor::add_symptoms() {
  for (auto &[key, group] : groups_) {
    if (group.is_young && !give_up_early(group)) continue;
    note_storm(group);
    Diagnosis &diagnosis = group.diagnosis;
    const CauseRow &row = row_of(group.symptom.cause);
    std::sort(diagnosis.connections.begin(), diagnosis.connections.end());
    std::sort(diagnosis.evidence_of_each.begin(), diagnosis.evidence_of_each.end());
    diagnosis.headline = filled(row.headline, diagnosis.count, who(group.example, diagnosis, !group.carriers_differ),
                                shown_detail(row, group.symptom.detail, group.details_differ));
    diagnosis.why = evidence_of(group);
    diagnosis.certainty = group.symptom.certainty;
    // What was lost may have been what is missed here.
    if (diagnosis.why.empty() || log_.lossy() || is_inferred(group.example)) diagnosis.certainty = Certainty::kLikely;
    diagnosis.advice = group.symptom.advice.empty() ? std::string(row.advice) : group.symptom.advice;
    diagnoses_.push_back(std::move(diagnosis));
  }
}

// The rule's own, or what is known of the end.
std::vector<std::string> Doctor::evidence_of(const Group &group) const {
  std::vector<std::string> why = group.symptom.why;
  if (group.symptom.cause == Cause::kCloseCodeUnused && !closed_by_code_.empty())
    why.push_back(closed_by_code_.size() == 1
                      ? fmt::format("Only connection {} was closed by this program: its callback returned non-zero.",
                                    closed_by_code_.front())
                      : fmt::format("{} other sessions were closed by this program: their callbacks returned non-zero.",
                                    closed_by_code_.size()));
  if (group.symptom.cause == Cause::kLostWithCarrier)
    if (const auto carrier = carriers_.find(group.example.parent.value_or(0)); carrier != carriers_.end())
      why.push_back(
          fmt::format("Connection {} was {}{}.", carrier->first, carrier->second.ended,
                      carrier->second.by_peer && lws_version_of(timeline().process().lws_version.c_str()).major == 4
                          ? "; whether it had reset the streams before, lws 4 does not tell"
                          : ""));
  if (why.empty()) why = end_evidence(group.example);
  if (group.reset_by_peer > 0 && group.closed_by_peer > 0)
    why.push_back(fmt::format("Of the peers, {} had closed the connection (FIN) and {} had reset it (RST).",
                              group.closed_by_peer, group.reset_by_peer));
  return why;
}

void Doctor::add_findings() {
  for (const Finding &finding : verdict_.findings) {
    Diagnosis fault = diagnosis_of(finding, log_.started_ns);
    std::erase_if(diagnoses_, [&](const Diagnosis &symptoms) {
      if (!covers(finding, symptoms)) return false;
      fault.why.insert(fault.why.end(), symptoms.why.begin(), symptoms.why.end());
      fault.evidence_of_each.insert(fault.evidence_of_each.end(), symptoms.evidence_of_each.begin(),
                                    symptoms.evidence_of_each.end());
      if (symptoms.cause == Cause::kResponseOwed) fault.advice = symptoms.advice;  // there is nothing to complete
      return true;
    });
    tell_of_rest(fault);
    const std::string_view library = event_library_in(premises_.options());
    if (finding.kind == Cause::kVhostNotDestroyed && !library.empty())
      fault.advice = fmt::format(
          "call lws_context_destroy() once more, after the event loop has ended: with LWS_SERVER_OPTION_{}, the first "
          "call only begins, the loop then closes what lws has in it, and libwebsockets 4.1 frees the rest with the "
          "second",
          library);
    diagnoses_.push_back(std::move(fault));
  }
}

}  // namespace wsitrace
