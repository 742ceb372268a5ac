// SPDX-License-Identifier: MIT
#ifndef WSITRACE_DIAGNOSIS_FAULTS_SUPERSEDED_H
#define WSITRACE_DIAGNOSIS_FAULTS_SUPERSEDED_H

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "agent/diagnosis/faults/groups.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

// Outbound websocket sessions, raw connections and unending answers of one target that are kept although a newer one has taken their place: their sockets have heard nothing since
// that was established. Known only of sockets that were looked at, at their close or at the program's exit.
// Sessions that were opened at one time are a pool, and one of them that hears something is in use.
// Memory: the sessions that a context's end has closed, at most kKeptConnections for a target; none while the log goes on.
class Superseded {
 public:
  void closed(const Connection &connection);
  void judge(const Timeline &timeline, Groups &groups) const;

 private:
  struct Session {
    uint64_t id = 0;
    Ns established_ns = 0;
    Ns heard_ns = 0;  // for the last time
  };
  struct Target {
    std::string_view vhost, protocol;
    const char *what = "";  // one of them
    std::vector<Session> sessions;
  };
  using Targets = std::map<std::tuple<std::string, std::string, std::string>, Target>;  // target, path, protocol

  static void add(Targets &targets, const Connection &connection, Ns looked_at_ns);
  static void judge_target(const std::string &name, Target target, Groups &groups);

  Targets closed_;
};

}  // namespace wsitrace

#endif
