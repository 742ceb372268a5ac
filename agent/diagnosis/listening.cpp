// SPDX-License-Identifier: MIT
//
// What lws logs of its ports and of its table of descriptors: it is about no single connection.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <system_error>

#include "agent/diagnosis/doctor.h"
#include "agent/text/spans.h"

namespace wsitrace {

void Doctor::on_lws_said(const Event &event) {
  const Said said = said_of(event.value);
  if (said == Said::kLeftOut) return note_lines_left_out(event);
  premises_.said(event, timeline());
  if (said == Said::kBindFailed) note_not_bound(event);
  if (said != Said::kTableFull) return;
  if (table_.turned_away++ == 0) table_.first_ns = event.time_ns;
  table_.size = std::max(table_.size, number_of(event.value));
  table_.last_ns = event.time_ns;
}

void Doctor::note_not_bound(const Event &event) {
  const auto at = ports_not_bound_.find(number_of(event.value));
  if (at != ports_not_bound_.end()) {
    at->second = {event.time_ns, event.flags, false, at->second.times + 1, at->second.first_ns};
  } else if (ports_not_bound_.size() < kMaxPorts) {
    ports_not_bound_.try_emplace(number_of(event.value), BindFailure{event.time_ns, event.flags});
  } else {
    ++left_out_;
  }
}

void Doctor::note_lines_left_out(const Event &event) {
  const unsigned lines = number_of(event.value);
  lines_left_out_ += lines;
  if (said_numbered(event.flags) == Said::kBindFailed) binds_left_out_ += lines;
  if (said_numbered(event.flags) != Said::kTableFull) return;
  table_.turned_away += lines;
  table_.last_ns = event.time_ns;
}

// An attempt to connect that failed before connect(): what lws logged right before is why.
std::optional<Symptom> Doctor::local_failure(const Case &of) {
  constexpr Ns kRightBeforeNs = 5'000'000;
  const Connection &connection = of.connection;
  const bool unmade = connection.origin == Origin::kOutbound && of.ended_as(CloseReason::kConnectFailed) &&
                      !connection.connected_ns && !connection.connect_failure;
  if (!unmade) return std::nullopt;
  const auto is_near = [&](Ns at_ns) { return at_ns <= of.until_ns() && of.until_ns() <= at_ns + kRightBeforeNs; };
  for (auto &[port, failure] : ports_not_bound_) {
    if (!is_near(failure.at_ns) || (failure.is_of_connect && port != 0)) continue;
    failure.is_of_connect = true;
    return Symptom{Cause::kUnreachable,
                   "bind() to the local address failed" +
                       (failure.error != 0 ? " (" + std::generic_category().message(failure.error) + ")" : ""),
                   {"lws logged that bind() failed, and gave up before it called connect()."},
                   Certainty::kLikely,
                   "check `iface` (and `local_port`) of the connect info: it must be an address or interface of this "
                   "machine"};
  }
  if (table_.turned_away == 0 || !is_near(table_.last_ns)) return std::nullopt;
  ++table_.of_connects;
  return Symptom{Cause::kUnreachable,
                 table_.size > 0 ? "lws's own table of " + count_text(table_.size, "descriptor") + " was full"
                                 : std::string("lws's own table of descriptors was full"),
                 {"lws logged that right before; lws_client_connect_via_info() returned NULL."},
                 Certainty::kProven,
                 "find what holds the connections, or raise fd_limit_per_thread of the "
                 "context"};
}

void Doctor::add_what_lws_said() {
  for (const auto &[port, failure] : ports_not_bound_) {
    if (failure.is_of_connect) continue;
    const std::string error = failure.error != 0
                                  ? fmt::format("{} ({})", port, std::generic_category().message(failure.error))
                                  : std::to_string(port);
    Diagnosis out = diagnosis_of(Cause::kBindFailed, 1, error);
    out.first_ns = failure.first_ns;
    const uint64_t times = failure.times + (ports_not_bound_.size() == 1 ? binds_left_out_ : 0);
    out.why.push_back("lws logged that bind() failed" + (times > 1 ? " " + times_text(times) : "") + ".");
    diagnoses_.push_back(std::move(out));
  }
  if (table_.turned_away <= table_.of_connects) return;
  Diagnosis out = diagnosis_of(Cause::kTableFull, table_.turned_away,
                               table_.size > 0 ? count_text(table_.size, "descriptor") : "descriptors");
  out.first_ns = table_.first_ns;
  out.last_ns = table_.last_ns;
  out.why.push_back(fmt::format("lws logged that {} over {}.", times_text(table_.turned_away),
                                span_text(table_.first_ns, table_.last_ns)));
  diagnoses_.push_back(std::move(out));
}

// One that was to listen: lws takes its port for that of the vhost that it makes by itself, and it was told to make none.
void Premises::add_no_vhost(std::vector<Diagnosis> &to, const LogFacts &log) const {
  constexpr uint64_t kExplicitVhosts = 1ULL << 13;  // LWS_SERVER_OPTION_EXPLICIT_VHOSTS
  constexpr Ns kMadeByNs = 500'000'000;
  const bool was_to_listen = options_ && (options_->options & kExplicitVhosts) != 0 && options_->port > 0;
  if (!log.by_preload || log.lossy() || !was_to_listen || vhosts_made_ > 0 || line(Said::kVhostNotMade) != nullptr ||
      log.last_ns < context_made_ns_ + kMadeByNs)
    return;
  Diagnosis out = diagnosis_of(Cause::kBindFailed, 1, std::to_string(options_->port));
  out.first_ns = context_made_ns_;
  out.why.emplace_back(
      "Its context has no vhost: with LWS_SERVER_OPTION_EXPLICIT_VHOSTS, lws_create_context() makes none and leaves "
      "port, protocols and mounts of its info unused; lws_create_vhost() was not called.");
  out.advice =
      "call lws_create_vhost(context, &info) after lws_create_context(), or leave LWS_SERVER_OPTION_EXPLICIT_VHOSTS "
      "out";
  to.push_back(std::move(out));
}

// A socket in the file system has no port, and lws makes a listener only where there is one.
void Premises::add_no_socket(std::vector<Diagnosis> &to, const LogFacts &log) const {
  constexpr uint64_t kExplicitVhosts = 1ULL << 13, kUnixSocket = 1ULL << 14;  // LWS_SERVER_OPTION_...
  constexpr Ns kServedForNs = 500'000'000;
  const bool is_asked = options_ && (options_->options & (kExplicitVhosts | kUnixSocket)) == kUnixSocket;
  if (!log.by_preload || log.lossy() || !is_asked || options_->port >= 0 || was_to_listen_ || vhosts_made_ == 0 ||
      log.last_ns < context_made_ns_ + kServedForNs)
    return;
  Diagnosis out = diagnosis_of(Cause::kBindFailed, 1, {});
  out.headline = "this program does not listen on a UNIX socket: its vhost has no listener";
  out.first_ns = context_made_ns_;
  out.why.push_back(fmt::format(
      "The context was made with LWS_SERVER_OPTION_UNIX_SOCK, whose socket is at `iface`, and with port {} ({}): lws "
      "then makes no listener, of a UNIX socket neither, and logs nothing.",
      options_->port, options_->port == -1 ? "CONTEXT_PORT_NO_LISTEN" : "CONTEXT_PORT_NO_LISTEN_SERVER"));
  out.advice = "set `port` of the lws_context_creation_info to 0";
  to.push_back(std::move(out));
}

void Doctor::on_accept_failed(const Event &event, std::span<const std::byte> items) {
  for_each_item(items, [this](ItemTag tag, std::span<const std::byte> bytes) {
    AcceptFacts facts;
    if (tag != kItemAccept || bytes.size() != sizeof facts) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    accepts_.failures = std::max(accepts_.failures, facts.failures);
    accepts_.waiting = std::max(accepts_.waiting, facts.waiting);
    accepts_.limit = facts.limit;
  });
  accepts_.last_ns = event.time_ns;
  accepts_.works_again = event.value == 0;
  if (accepts_.first_ns != 0) return;
  accepts_.first_ns = event.time_ns;
  accepts_.error = timeline().text(event.text);
  timeline().for_each_open(
      [this](const Connection &open) { accepts_.open += open.cls == ConnectionClass::kClient ? 1 : 0; });
}

void Doctor::add_accepts() {
  if (accepts_.failures == 0) return;
  const std::string span = span_text(accepts_.first_ns, accepts_.works_again ? accepts_.last_ns : log_.last_ns);
  Diagnosis out = diagnosis_of(
      Cause::kAcceptFailed, accepts_.failures,
      fmt::format("{} (no free descriptor) at least {} over {}", accepts_.error, times_text(accepts_.failures), span));
  out.first_ns = accepts_.first_ns;
  out.last_ns = accepts_.last_ns;
  out.why.push_back(fmt::format("The limit of descriptors was {}; {} waited in the listener's backlog meanwhile.",
                                accepts_.limit, count_text(accepts_.waiting, "connection")));
  out.why.push_back(
      accepts_.open == 0
          ? "Of lws's own, only the listener was open then: other parts of the program hold the descriptors."
          : fmt::format("lws itself held {} then.", count_text(accepts_.open, "connection")));
  if (accepts_.works_again) out.why.push_back("It worked again after " + span + ".");
  diagnoses_.push_back(std::move(out));
}

}  // namespace wsitrace
