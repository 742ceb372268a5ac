// SPDX-License-Identifier: MIT
//
// The closed list of what makes a connection worth explaining without being asked, worst first.
//
// Not odd: a keep-alive connection that lws ended because no further request came. Servers do that all day.
#ifndef WSITRACE_EXPORT_EXPLAIN_ODDITY_H
#define WSITRACE_EXPORT_EXPLAIN_ODDITY_H

#include <optional>

#include "agent/export/explain/subject.h"

namespace wsitrace {

// X(enumerator, what it says of a connection: "connection 7 was ...")
#define WSITRACE_ODDITIES(X)                                              \
  X(kNeverDestroyed, "was never destroyed although its context was")      \
  X(kNeverServiced, "was never serviced by an event loop")                \
  X(kBindingLeft, "had a binding that was never dropped")                 \
  X(kAdoptFailed, "was handed over to lws, which did not take it")        \
  X(kTlsFailed, "failed in its TLS handshake")                            \
  X(kConnectFailed, "could not be connected")                             \
  X(kHandshakeFailed, "was connected and got no answer that lws accepts") \
  X(kUpgradeRefused, "asked for a websocket and was refused")             \
  X(kPingTimeout, "ended because no pong came")                           \
  X(kTimeout, "ended by a timeout")                                       \
  X(kAborted, "ended in the middle of a transaction")                     \
  X(kRejected, "had a request refused")                                   \
  X(kNeverCompleted, "has a transaction that was never completed")        \
  X(kServicedLate, "waited long for an event loop or for its peer")       \
  X(kUnknownEnd, "ended for an unknown reason")

enum class Oddity {
#define WSITRACE_ODDITY(enumerator, text) enumerator,
  WSITRACE_ODDITIES(WSITRACE_ODDITY)
#undef WSITRACE_ODDITY
};
const char *text_of(Oddity);

// The worst that can be said of CONNECTION, when the log has ended. LAST_TURN_NS: when an event loop of the process was last seen to
// turn, 0: never.
std::optional<Oddity> oddity_of(const Connection &connection, const LogFacts &log, Ns last_turn_ns);

// Said while the log goes on: of a connection that has just ended.
inline std::optional<Oddity> oddity_of_ended(const Connection &connection) { return oddity_of(connection, {}, 0); }

// An outbound connection that never came about before its vhost or context was destroyed.
bool torn_down_unconnected(const Connection &connection);

// lws ended it for being idle between two requests.
bool is_idle_timeout(const Connection &connection);

}  // namespace wsitrace

#endif
