// SPDX-License-Identifier: MIT
#ifndef WSITRACE_DIAGNOSIS_FAULTS_GROUPS_H
#define WSITRACE_DIAGNOSIS_FAULTS_GROUPS_H

#include <map>
#include <string_view>
#include <tuple>

#include "agent/diagnosis/finding.h"

namespace wsitrace {

inline constexpr size_t kKeptConnections = 1000;  // of one finding

// Findings by kind, vhost and protocol. Their messages are written at the end, when it is known how many there are.
class Groups {
 public:
  Finding &of(Cause kind, std::string_view vhost, std::string_view protocol);
  // Adds CONNECTION to its group; `first` and `last` event and the last callback come from it.
  Finding &add(Cause kind, const Connection &connection, std::string_view protocol);
  [[nodiscard]] bool has(Cause kind) const;
  // Worst kind first, then by first event.
  [[nodiscard]] std::vector<Finding> findings(Ns log_ended_ns) const;

 private:
  std::map<std::tuple<Cause, std::string, std::string>, Finding> all_;
};

}  // namespace wsitrace

#endif
