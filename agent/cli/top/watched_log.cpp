// SPDX-License-Identifier: MIT
#include "agent/cli/top/watched_log.h"

namespace wsitrace {

void WatchedLog::on_connection_closed(const Connection &connection) {
  numbers_.closed(connection);
  if (ended_.size() == kKeptEnded) ended_.pop_front();
  ended_.push_back(connection);
}

void WatchedLog::diagnose() {
  const Loss &loss = timeline().loss();
  const Position here{timeline().last_event_ns(), loss.recorded, loss.lost, timeline().end() != nullptr};
  if (diagnosed_at_ == here) return;
  diagnosed_at_ = here;
  Doctor doctor(doctor_);  // a copy: the log keeps growing, and finish() ends what it is called on
  doctor.finish();
  diagnosed_.counts = severities_of(doctor.diagnoses());
  diagnosed_.worst.reset();
  if (!doctor.diagnoses().empty() && doctor.diagnoses().front().severity != Weight::kNote)
    diagnosed_.worst = doctor.diagnoses().front();
}

}  // namespace wsitrace
