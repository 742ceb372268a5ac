// SPDX-License-Identifier: MIT
#include "agent/cli/top/watched_log.h"

namespace wsitrace {

void WatchedLog::on_connection_closed(const Connection &connection) {
  if (ended_.size() == kKeptEnded) ended_.pop_front();
  ended_.push_back(connection);
}

size_t WatchedLog::findings() const {
  if (timeline().end() != nullptr) return log_.verdict().findings.size();
  return log_.judge.found_so_far(timeline()).size();
}

}  // namespace wsitrace
