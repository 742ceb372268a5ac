// SPDX-License-Identifier: MIT
#include "agent/cli/top/watched_log.h"

namespace wsitrace {

void WatchedLog::on_connection_closed(const Connection &connection) {
  if (ended_.size() == kKeptEnded) ended_.pop_front();
  ended_.push_back(connection);
}

size_t WatchedLog::findings() const {
  if (timeline_.end() != nullptr) return judge_.verdict(timeline_).findings.size();
  return judge_.found_so_far(timeline_).size();
}

}  // namespace wsitrace
