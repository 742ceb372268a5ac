// SPDX-License-Identifier: MIT
//
// The connections that ended last, kept for the report of a process that goes on. An observer of the Timeline that it is asked
// to report on.
//
// Memory: at most CAPACITY connections, each bounded by kKeptFirst and kKeptLast of its transactions.
// Threads: the one that folds.
#ifndef WSITRACE_EXPORT_JSON_HISTORY_H
#define WSITRACE_EXPORT_JSON_HISTORY_H

#include <deque>
#include <string>

#include "agent/timeline/filter.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

class History final : public TimelineObserver {
 public:
  explicit History(size_t capacity) : capacity_(capacity) {}

  void on_connection_closed(const Connection &connection) override;

  // The document of wsitrace.report/1: what is kept of the ended connections, then the open ones. TIMELINE is the one observed.
  [[nodiscard]] std::string report(const Timeline &timeline, const Filter &filter) const;

 private:
  size_t capacity_;
  std::deque<Connection> ended_;
};

}  // namespace wsitrace

#endif
