// SPDX-License-Identifier: MIT
#ifndef WSITRACE_DIAGNOSIS_FAULTS_SESSION_MEMORY_H
#define WSITRACE_DIAGNOSIS_FAULTS_SESSION_MEMORY_H

#include <span>
#include <unordered_map>

#include "agent/diagnosis/faults/groups.h"
#include "agent/timeline/connection.h"
#include "wsitrace/event.h"

namespace wsitrace {

// Memory that the application put on a connection as its user pointer, and left there: it was still set when the last DROP returned.
// A pointer that several connections had is none of one session; that of memory which is really left is never handed out again.
// Memory: 24 bytes for each such connection, and what groups keep of it; only where user pointers were asked for.
class SessionMemory {
 public:
  void left(const Connection &connection, std::span<const std::byte> items);
  void dropped(const Connection &connection) { pending_.erase(connection.id); }
  void closed(const Connection &connection);
  void judge(Groups &groups) const;

 private:
  struct Left {
    uint32_t connections = 0;
    Connection connection;  // as it was at its end, without its lists
  };
  std::unordered_map<uint64_t, uint64_t> pending_;  // pointer by connection
  std::unordered_map<uint64_t, Left> by_pointer_;
};

}  // namespace wsitrace

#endif
