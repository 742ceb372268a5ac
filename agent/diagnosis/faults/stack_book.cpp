// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/stack_book.h"

namespace wsitrace {

void StackBook::closed(const Connection &connection) {
  if (connection.created_stack.empty()) return;
  by_connection_[connection.id] = {kept(connection.created_stack), kept(connection.bound_stack)};
}

void StackBook::fill(std::vector<Finding> &findings, const Timeline &timeline) const {
  std::unordered_map<uint64_t, const Connection *> open;
  if (!findings.empty())
    timeline.for_each_open([&](const Connection &connection) {
      if (!connection.created_stack.empty()) open[connection.id] = &connection;
    });
  const auto fill_one = [&](Finding &finding, uint64_t id) {
    if (const auto here = open.find(id); here != open.end()) {
      finding.created_stack = here->second->created_stack;
      finding.bound_stack = here->second->bound_stack;
    } else if (const auto gone = by_connection_.find(id); gone != by_connection_.end()) {
      finding.created_stack = *gone->second.created;
      finding.bound_stack = *gone->second.bound;
    }
    return !finding.created_stack.empty();
  };
  for (Finding &finding : findings)
    for (const uint64_t id : finding.connections)
      if (fill_one(finding, id)) break;
}

}  // namespace wsitrace
