// SPDX-License-Identifier: MIT
//
// Accepted raw connections for which the program connects out, as proxies do: those that stay when the outbound half has failed or gone. Feed it
// with what a Timeline tells.
//
// Memory: follows the open connections that have another half, and kKeptIds of those that were kept.
#ifndef WSITRACE_DIAGNOSIS_HALVES_H
#define WSITRACE_DIAGNOSIS_HALVES_H

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/subject.h"

namespace wsitrace {

class Halves {
 public:
  // A callback of CONNECTION is called.
  void event(const Connection &connection, const Event &event);
  void opened(const Connection &connection);
  void closed(const Connection &connection);
  // Once the log has ended, or as much of it as there is.
  void add(std::vector<Diagnosis> &to, const Timeline &timeline, const LogFacts &log) const;

 private:
  struct Turn {
    uint64_t id = 0;
    Ns at_ns = 0;
  };
  struct Gone {
    uint64_t id = 0;  // the outbound half
    Ns at_ns = 0;
    bool was_connected = false;
    std::string target;
  };
  struct Kept {
    uint64_t count = 0, failed = 0;
    std::vector<uint64_t> ids;
    std::string vhost, protocol;
    Gone first;
    Ns longest_ns = 0;
  };
  static void keep(Kept &kept, const Connection &accepted, const Gone &gone, Ns until_ns);

  std::map<uint32_t, Turn> turns_;                      // the last RAW_ADOPT, by thread
  std::map<uint64_t, uint64_t> made_in_;                // the accepted half, by the outbound one
  std::map<uint64_t, std::set<uint64_t>> outbound_of_;  // the other way round, of open ones
  std::map<uint64_t, Gone> gone_;                       // the last outbound half, by an accepted one that has no other
  Kept kept_;
};

}  // namespace wsitrace

#endif
