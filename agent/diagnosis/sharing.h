// SPDX-License-Identifier: MIT
//
// Outbound connections that may share the socket of another: lws puts a request to a server that it is connected to already behind
// the one that is under way there (LCCSCF_PIPELINE, HTTP/2), and makes no socket for it. Feed it with what a Timeline tells.
//
// Memory: the open outbound connections, and kKept of those that were made beside another.
#ifndef WSITRACE_DIAGNOSIS_SHARING_H
#define WSITRACE_DIAGNOSIS_SHARING_H

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "agent/timeline/connection.h"
#include "wsitrace/event.h"

namespace wsitrace {

class Sharing {
 public:
  // The one that came first, as far as is known by now.
  struct Leader {
    uint64_t id = 0;
    bool has_socket = false;
    std::string local;          // its address on this machine
    std::string request;        // "GET /first"; empty: none went out
    std::optional<int> status;  // of its answer, where that has begun
    bool has_answered = false;  // to the end
    OptionalNs closed_ns;
  };

  void opened(const Connection &connection);
  void event(const Connection &connection, const Event &event);
  void closed(const Connection &connection);
  // The oldest to the same target and of the same vhost that was open when ID was made; nullptr: there was none.
  [[nodiscard]] const Leader *leader_of(uint64_t id) const;

  static constexpr size_t kKept = 4096;

 private:
  std::map<std::string, std::set<uint64_t>, std::less<>>
      open_;                                       // by vhost and target; ids are in the order of their making
  std::unordered_map<uint64_t, uint64_t> behind_;  // the leader of each
  std::unordered_map<uint64_t, Leader> leaders_;
};

}  // namespace wsitrace

#endif
