// SPDX-License-Identifier: MIT
#ifndef WSITRACE_DIAGNOSIS_FAULTS_GROWTH_H
#define WSITRACE_DIAGNOSIS_FAULTS_GROWTH_H

#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "agent/diagnosis/faults/groups.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

// Open connections of one role on a vhost over repeated loads. Between two loads it is quiet; when the last loads each end
// connections and yet leave some more open, they leak: at least kRounds that leave about the same, or six that do not. Clients that come and stay, or
// that come and go at random, do not look like this. Descriptors that the program adopted, load after load, and of which none has ever ended,
// need no end to be judged: unlike clients, it was the program who brought them.
class Growth {
 public:
  static constexpr size_t kRounds = 4;
  static constexpr size_t kKeptSteps = 262'144;  // a vhost with more is not judged

  void opened(const Connection &connection);
  void closed(const Connection &connection);
  void judge(const Timeline &timeline, Groups &groups) const;

 private:
  enum class What { kBegun, kEnded, kTaken };  // taken: by the end of its context or vhost
  struct Step {
    Ns time_ns;
    uint64_t id;
    What what;
    Role role;  // at its end
  };
  using Steps = std::vector<Step>;
  static void add(Steps &steps, Step step);
  static size_t ended_in(const Steps &steps);
  static void judge_role(const Steps &steps, std::string_view vhost, Groups &groups);

  void judge_kept(const Timeline &timeline, Groups &groups) const;

  std::map<std::string, Steps> vhosts_;
  std::set<std::string> vhosts_with_ends_;  // of adopted descriptors
  std::unordered_set<uint64_t> open_adopted_;
};

}  // namespace wsitrace

#endif
