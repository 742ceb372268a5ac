// SPDX-License-Identifier: MIT
//
// What lws logs of its ports and of its table of descriptors: it is about no single connection.
#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "agent/diagnosis/doctor.h"
#include "agent/text/spans.h"

namespace wsitrace {

void Doctor::on_lws_said(const Event &event) {
  premises_.said(event, timeline());
  if (said_of(event.value) == Said::kBindFailed)
    ports_not_bound_.insert_or_assign(number_of(event.value), BindFailure{event.time_ns, event.flags});
  if (said_of(event.value) != Said::kTableFull) return;
  if (table_.turned_away++ == 0) table_.first_ns = event.time_ns;
  table_.size = std::max(table_.size, number_of(event.value));
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
    out.first_ns = failure.at_ns;
    out.why.push_back("lws logged that bind() failed.");
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

}  // namespace wsitrace
