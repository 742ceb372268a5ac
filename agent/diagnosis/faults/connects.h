// SPDX-License-Identifier: MIT
#ifndef WSITRACE_DIAGNOSIS_FAULTS_CONNECTS_H
#define WSITRACE_DIAGNOSIS_FAULTS_CONNECTS_H

#include <deque>
#include <map>
#include <string>

#include "agent/diagnosis/faults/groups.h"

namespace wsitrace {

// Outbound attempts to one target that are begun, one after the other, while those before are still pending and none succeeds.
// Memory follows the pending attempts and the targets at which they have piled up.
// A burst at one time is no such thing, nor are parallel requests of which most are answered, however slowly.
class Connects {
 public:
  void opened(const Connection &connection);
  void answered(const Connection &connection, Ns now_ns);
  void closed(const Connection &connection);
  void judge(Groups &groups) const;

 private:
  struct Target {
    std::map<uint64_t, Ns> pending;  // begun, by id
    std::deque<Ns> steps;            // when a begin came a while after the one before
    Ns last_begun_ns = 0;
    Ns last_success_ns = 0;
    std::string vhost;
    std::vector<uint64_t> piled;  // once they pile up
    uint64_t answered = 0;        // of those, later
    uint64_t most = 0;
    Ns first_ns = 0;
    Ns last_ns = 0;
  };
  // The attempt of that id, at TARGET, is over.
  void forget(const std::string &target, uint64_t id, bool succeeded, Ns now_ns);

  std::map<std::string, Target> targets_;
};

}  // namespace wsitrace

#endif
