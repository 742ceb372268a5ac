// SPDX-License-Identifier: MIT
//
// Connections of a server that has room for so many and no more: which of them to give up for a new one. One that has asked for nothing, or
// has its answer, is idle; the one that has been for longest goes first. So those who only connect cannot keep others out.
//
// Threads: one, the service thread.
// Cost:    a look-up in a hash table for each begin, request and end.
#ifndef WSITRACE_SERVE_IDLE_CONNECTIONS_H
#define WSITRACE_SERVE_IDLE_CONNECTIONS_H

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>

struct lws;

namespace wsitrace {

class IdleConnections {
 public:
  explicit IdleConnections(size_t most) : most_(most) {}

  // A connection has been made, and is idle. What is to be given up for it; nullptr: nothing, or everybody is busy.
  lws *begun(lws *wsi);
  // It is being answered, or else idle again. Of one that did not begin here nothing is known.
  void is_busy(lws *wsi);
  void is_idle(lws *wsi);
  void ended(lws *wsi);

  [[nodiscard]] size_t count() const { return known_.size(); }

 private:
  using Idle = std::list<lws *>;  // for longest first
  size_t most_;
  Idle idle_;
  std::unordered_map<lws *, std::optional<Idle::iterator>> known_;  // nothing: busy
};

}  // namespace wsitrace

#endif
