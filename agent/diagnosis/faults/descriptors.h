// SPDX-License-Identifier: MIT
#ifndef WSITRACE_DIAGNOSIS_FAULTS_DESCRIPTORS_H
#define WSITRACE_DIAGNOSIS_FAULTS_DESCRIPTORS_H

#include <map>
#include <string>

#include "agent/diagnosis/faults/groups.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

// Descriptors that destroyed contexts left open. What the contexts of a program leave behind at its end goes with the process; it is a
// leak where a program makes contexts again and again: one that was made after another had left something leaves the same.
class Descriptors {
 public:
  void left(const ContextLife &context, int descriptor, std::string_view kind, Ns when);
  void judge(Groups &groups) const;

 private:
  struct Left {
    uint64_t descriptors = 0, contexts = 0;
    uint64_t first_context = 0, last_context = 0, last_pointer = 0;
    bool again = false;
    int first_descriptor = -1;
    Ns first_ns = 0, last_ns = 0;
  };
  std::map<std::string, Left> by_kind_;
};

}  // namespace wsitrace

#endif
