// SPDX-License-Identifier: MIT
#include "agent/export/json/history.h"

#include "agent/export/json/connection_json.h"
#include "agent/verdict/judge.h"

namespace wsitrace {

void History::on_connection_closed(const Connection &connection) {
  if (capacity_ == 0) return;
  if (ended_.size() == capacity_) ended_.pop_front();
  ended_.push_back(connection);
}

std::string History::report(const Timeline &timeline, const Filter &filter) const {
  std::string out;
  begin_document(out);
  bool any = false;
  const auto add = [&](const Connection &connection) {
    if (!filter.matches(connection)) return;
    out += any ? ",\n" : "\n";
    any = true;
    append_connection(out, connection, timeline.process().started_mono_ns);
  };
  for (const Connection &connection : ended_) add(connection);
  timeline.for_each_open(add);
  out += any ? "\n]" : "]";
  end_document(out, timeline, judge_what_is_left(timeline).findings.size());
  return out;
}

}  // namespace wsitrace
