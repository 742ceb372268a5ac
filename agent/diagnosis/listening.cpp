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
    ports_not_bound_.try_emplace(number_of(event.value), BindFailure{event.time_ns, event.flags});
  if (said_of(event.value) != Said::kTableFull) return;
  if (table_.turned_away++ == 0) table_.first_ns = event.time_ns;
  table_.size = std::max(table_.size, number_of(event.value));
  table_.last_ns = event.time_ns;
}

void Doctor::add_what_lws_said() {
  for (const auto &[port, failure] : ports_not_bound_) {
    const std::string error = failure.error != 0
                                  ? fmt::format("{} ({})", port, std::generic_category().message(failure.error))
                                  : std::to_string(port);
    Diagnosis out = diagnosis_of(Cause::kBindFailed, 1, error);
    out.first_ns = failure.at_ns;
    out.why.push_back("lws logged that bind() failed.");
    diagnoses_.push_back(std::move(out));
  }
  if (table_.turned_away == 0) return;
  Diagnosis out = diagnosis_of(Cause::kTableFull, table_.turned_away,
                               table_.size > 0 ? count_text(table_.size, "descriptor") : "descriptors");
  out.first_ns = table_.first_ns;
  out.last_ns = table_.last_ns;
  out.why.push_back(fmt::format("lws logged that {} over {}.", times_text(table_.turned_away),
                                span_text(table_.first_ns, table_.last_ns)));
  diagnoses_.push_back(std::move(out));
}

}  // namespace wsitrace
