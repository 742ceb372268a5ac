// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "agent/export/explain/rules.h"
#include "agent/lws/callbacks.h"
#include "agent/lws/timeouts.h"
#include "agent/text/callbacks.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

bool says(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string target_text(const Connection &connection) {
  return connection.target.empty() ? "the address it was told" : quoted(connection.target);
}

int pending_reason(const Subject &subject) {
  const KeptEvent *destroy = subject.events.last_of(k_WSI_DESTROY);
  return destroy == nullptr ? 0 : pending_timeout_reason(destroy->value);
}

}  // namespace

std::string timed_out(const Subject &subject, const LogFacts &) {
  const Connection &connection = subject.connection;
  if (!ended_as(connection, CloseReason::kTimeout)) return "";
  if (is_idle_timeout(connection))
    return "That is normal for a keep-alive connection without a further request; keepalive_timeout of the vhost sets "
           "how long lws waits.";
  if (connection.origin == Origin::kOutbound)
    return "The other end did not answer in time: look there, or at timeout_secs of the context.";
  if (pending_reason(subject) == kTimeout_CLOSE_ACK)
    return "The peer did not answer the close frame; lws then closes by itself, so nothing is amiss here.";
  if (connection.role == Role::kRaw || connection.role == Role::kRawFile) return "";
  if (connection.transactions.empty())
    return "The peer connected and sent no complete request in time. Port scanners and browsers' spare connections do "
           "that; timeout_secs "
           "of the context sets how long lws waits.";
  return "The response stood still for too long: either the peer did not read, or the handler of this transaction did "
         "not go on. "
         "timeout_secs of the context sets how long lws waits.";
}

std::string ping_timed_out(const Subject &subject, const LogFacts &) {
  if (!ended_as(subject.connection, CloseReason::kPingTimeout)) return "";
  return "The peer's network is gone, its program hangs, or it does not answer pings; the retry policy of the vhost "
         "(secs_since_valid_ping, secs_since_valid_hangup) sets how long lws waits.";
}

std::string tls_failed(const Subject &subject, const LogFacts &) {
  const Connection &connection = subject.connection;
  if (!ended_as(connection, CloseReason::kTlsFailed)) return "";
  const std::string_view failure = connection.tls && !connection.tls->failure.empty()
                                       ? connection.tls->failure
                                       : std::string_view(connection.close->detail);
  if (says(failure, "http request"))
    return "The peer spoke plain HTTP to a TLS port: look at its URL, http:// where https:// is meant.";
  if (says(failure, "certificate") || says(failure, "unknown ca"))
    return "A certificate was not accepted: look at its names, its dates, and at the authorities that the one who "
           "looks at it trusts.";
  if (says(failure, "version") || says(failure, "shared cipher"))
    return "Both sides have no TLS version or cipher in common, or the peer did not speak TLS at all.";
  if (connection.tls && !connection.tls->failure.empty()) return "";
  return "OpenSSL's reason is unknown. Usual ones: plain HTTP to a TLS port, a certificate that the peer does not "
         "trust, a peer that "
         "connects and says nothing.";
}

std::string connect_failed(const Subject &subject, const LogFacts &) {
  const Connection &connection = subject.connection;
  if (!ended_as(connection, CloseReason::kConnectFailed)) return "";
  const std::string_view detail = connection.close->detail;
  const std::string target = target_text(connection);
  if (says(detail, "DNS") || says(detail, "getaddrinfo"))
    return fmt::format("The name in {} could not be resolved.", target);
  if (says(detail, "conn fail: 111") || says(detail, "ECONNREFUSED"))
    return fmt::format("Nobody listens at {}.", target);
  if (connection.close->evidence == CloseEvidence::kCallResult)
    return fmt::format(
        "lws_client_connect_via_info() returned NULL: check its result. The usual reason is a name in {} that cannot "
        "be "
        "resolved.",
        target);
  return fmt::format("Look whether {} can be reached from here.", target);
}

std::string handshake_failed(const Subject &subject, const LogFacts &) {
  const Connection &connection = subject.connection;
  const bool refused = ended_as(connection, CloseReason::kUpgradeRefused) && connection.origin == Origin::kOutbound;
  if (!refused && !ended_as(connection, CloseReason::kHandshakeFailed)) return "";
  const std::string_view detail = connection.close->detail;
  if (says(detail, "not 101"))
    return "The other end answered as a web server and did not upgrade: look at path and subprotocol of the request, "
           "and at what it requires.";
  if (says(detail, "Rejected at")) return "A callback of this program refused the answer.";
  if (says(detail, "read failed"))
    return "The other end closed before it answered: its log tells why, or it does not speak this protocol.";
  return "";
}

std::string no_request(const Subject &subject, const LogFacts &) {
  const Connection &connection = subject.connection;
  if (!ended_as(connection, CloseReason::kRefused) || connection.transactions_total > 0) return "";
  return "What came in was no HTTP request: TLS or another protocol on a plain HTTP port, a header section that was "
         "too long, or a "
         "scanner. If it was a client of yours, look at its URL.";
}

std::string adopt_failed(const Subject &subject, const LogFacts &) {
  if (!ended_as(subject.connection, CloseReason::kAdoptFailed)) return "";
  return "Look at the call: the protocol that it names must be one of the vhost's, the descriptor open, and the result "
         "is to be checked.";
}

}  // namespace wsitrace
