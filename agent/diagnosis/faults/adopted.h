// SPDX-License-Identifier: MIT
#ifndef WSITRACE_DIAGNOSIS_FAULTS_ADOPTED_H
#define WSITRACE_DIAGNOSIS_FAULTS_ADOPTED_H

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/diagnosis/faults/groups.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

// Descriptors that were adopted in a callback of a websocket session, each in one of its own, and are open though these
// sessions have ended. One alone may be meant to serve all that follow. The same of outbound connections: a proxy's other
// half. And descriptors that were adopted while requests were handled whose connections have ended, if none of their
// protocol ever ended by itself: work that a request begins may go on after it.
// Memory: 16 bytes for each open session, and for each open connection that began in one or in a request.
class Adopted {
 public:
  void event(const Connection &connection, const Event &event);
  void opened(const Connection &connection);
  void closed(const Connection &connection);
  // What is open at the end, as long as its context is there; beyond that everything is a leak anyway.
  void judge(const Timeline &timeline, Groups &groups) const;

 private:
  static void judge_outbound(const std::vector<const Connection *> &left, Groups &groups);
  void judge_of_requests(const Timeline &timeline, Groups &groups) const;
  struct Last {
    uint64_t session = 0;  // 0: another connection's turn
    Ns time_ns = 0;
    uint64_t request = 0;  // the connection whose request was handed to the application then; 0: none
  };
  std::map<uint32_t, Last> last_on_thread_;
  uint32_t recent_thread_ = 0;                     // that of the event before: mostly it is again
  Last *recent_ = nullptr;                         // its entry
  std::set<uint64_t> sessions_;                    // that are open, by connection
  std::map<uint64_t, uint64_t> begun_in_;          // session by connection
  std::map<uint64_t, uint64_t> begun_by_request_;  // same: the connection of the request
  std::set<uint64_t> askers_;                      // of these requests, open
  std::set<std::string, std::less<>> ending_;      // protocols of such descriptors that did end by themselves
};

}  // namespace wsitrace

#endif
