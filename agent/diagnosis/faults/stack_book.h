// SPDX-License-Identifier: MIT
#ifndef WSITRACE_DIAGNOSIS_FAULTS_STACK_BOOK_H
#define WSITRACE_DIAGNOSIS_FAULTS_STACK_BOOK_H

#include <set>
#include <unordered_map>

#include "agent/diagnosis/finding.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

// The stacks of connections that are gone, for findings that speak of one. Each different stack is kept once.
// Memory: 40 bytes for each connection that had a stack, where stacks were asked for; none elsewhere.
class StackBook {
 public:
  void closed(const Connection &connection);
  // Gives each of FINDINGS the stacks of the first of its connections that had any.
  void fill(std::vector<Finding> &findings, const Timeline &timeline) const;

 private:
  struct Entry {
    const Stack *created;
    const Stack *bound;
  };
  const Stack *kept(const Stack &stack) { return &*stacks_.insert(stack).first; }

  std::set<Stack> stacks_;
  std::unordered_map<uint64_t, Entry> by_connection_;
};

}  // namespace wsitrace

#endif
