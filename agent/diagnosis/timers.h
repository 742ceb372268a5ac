// SPDX-License-Identifier: MIT
//
// Timers (lws_sul_schedule()) that the program set in callbacks of connections, and that were still set when these ended: lws keeps them in a list,
// and crashes when the memory of one was freed. Feed it with what a Timeline tells.
//
// Memory: follows timer_set, of which a probe records few.
#ifndef WSITRACE_DIAGNOSIS_TIMERS_H
#define WSITRACE_DIAGNOSIS_TIMERS_H

#include <map>
#include <string>

#include "agent/diagnosis/surroundings.h"

namespace wsitrace {

inline constexpr const char *kTimerAdvice =
    "call lws_sul_cancel() for each timer before the memory that holds it is freed, in LWS_CALLBACK_CLOSED "
    "(CLIENT_CLOSED, CLOSED_HTTP, RAW_CLOSE) at the latest";

class PendingTimers {
 public:
  void set(const Event &event, const Surroundings::LastCallback &after);
  void cancelled(const Event &event) { timers_.erase(event.wsi); }
  void closed(const Connection &connection);

  struct Blame {
    uint64_t connection = 0;
    std::string protocol, text;  // empty: there is nothing to blame
  };
  // Of a program that crashed at LAST_NS.
  [[nodiscard]] Blame blame_for_crash(Ns started_ns, Ns last_ns) const;

 private:
  struct Timer {
    uint64_t connection = 0;
    uint16_t kind = 0;  // of the callback in which it was set
    std::string protocol;
    Ns set_ns = 0, due_ns = 0;
    bool repeats = false;
    OptionalNs closed_ns;  // of the connection
  };
  std::map<uint64_t, Timer> timers_;  // by address
  bool all_told_ = true;
};

}  // namespace wsitrace

#endif
