// SPDX-License-Identifier: MIT
//
// Rules of advice.cpp that live in files of their own. Internal to the room.
#ifndef WSITRACE_EXPORT_EXPLAIN_RULES_H
#define WSITRACE_EXPORT_EXPLAIN_RULES_H

#include "agent/diagnosis/subject.h"

namespace wsitrace {

// What to look at in the application, or nothing.
using AdviceRule = std::string (*)(const Subject &, const LogFacts &);

inline bool ended_as(const Connection &connection, CloseReason reason) {
  return connection.close && connection.close->reason == reason;
}

// loop_rules.cpp: an event loop that did not run when it was needed.
std::string waited_for_loop(const Subject &subject, const LogFacts &log);
std::string waited_after_adoption(const Subject &subject, const LogFacts &log);

// failure_rules.cpp: handshakes and timeouts.
std::string timed_out(const Subject &subject, const LogFacts &log);
std::string ping_timed_out(const Subject &subject, const LogFacts &log);
std::string tls_failed(const Subject &subject, const LogFacts &log);
std::string connect_failed(const Subject &subject, const LogFacts &log);
std::string handshake_failed(const Subject &subject, const LogFacts &log);
std::string no_request(const Subject &subject, const LogFacts &log);
std::string adopt_failed(const Subject &subject, const LogFacts &log);

}  // namespace wsitrace

#endif
