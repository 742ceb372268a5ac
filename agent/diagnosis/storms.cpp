// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/diagnosis/doctor.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {

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
}

}  // namespace wsitrace
