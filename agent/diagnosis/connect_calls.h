// SPDX-License-Identifier: MIT
//
// What the program hands to lws_client_connect_via_info(): contexts that are none any more, and connect infos that were not set to zeros before they
// were filled in.
#ifndef WSITRACE_DIAGNOSIS_CONNECT_CALLS_H
#define WSITRACE_DIAGNOSIS_CONNECT_CALLS_H

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/subject.h"

namespace wsitrace {

class ConnectCalls {
 public:
  // ONE_CALL_ENDS_IT: lws_context_destroy() is done when it returns.
  void used_dead_context(const Event &event, std::string_view call, bool one_call_ends_it);
  // connect_requested, of which some members point to no memory.
  void pointed_nowhere(const Event &event, std::span<const std::byte> items);
  void add(std::vector<Diagnosis> &to, const LogFacts &log) const;

  // What may have crashed the program, and what to do; empty: nothing of it is known.
  struct Blame {
    std::string text;
    std::string advice;
  };
  [[nodiscard]] Blame blame_for_crash(Ns started_ns) const;

 private:
  struct Times {
    std::string what;  // the call, or the members
    uint64_t count = 0;
    Ns first_ns = 0, last_ns = 0;
  };
  static void note(Times &times, std::string_view what, Ns at_ns);
  static Diagnosis told(Cause cause, const Times &times, const std::string &detail, const char *follows,
                        const char *advice, const LogFacts &log);

  std::map<int32_t, Times> dead_;  // by DeadContext
  Times nowhere_, destroyed_again_;
};

}  // namespace wsitrace

#endif
