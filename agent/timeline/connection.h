// SPDX-License-Identifier: MIT
//
// What the fold makes of events: connections with their bindings, transactions and session. Plain values.
//
// Units: every *_ns is absolute CLOCK_MONOTONIC, as in the event; exporters subtract the process's start.
// Unknown: std::nullopt, or an empty string where a name is unknown; never 0 or a guess.
// Names:   a std::string_view points to a literal or into the string table of the Timeline that made the connection, and is
//          valid as long as that Timeline lives. What an event brings along (path, addresses, message) is a std::string.
// Bounds:  of the bindings and of the transactions of one connection the first kKeptFirst and at least the last kKeptLast
//          are kept; the ..._total members count all of them.
#ifndef WSITRACE_TIMELINE_CONNECTION_H
#define WSITRACE_TIMELINE_CONNECTION_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/lws/said.h"
#include "agent/lws/words.h"
#include "agent/timeline/close_reason.h"
#include "wsitrace/event.h"

namespace wsitrace {

using Ns = uint64_t;
using OptionalNs = std::optional<uint64_t>;

inline constexpr size_t kKeptFirst = 100;
inline constexpr size_t kKeptLast = 900;

enum class ConnectionClass { kListener, kClient, kInternal };
enum class Origin { kListen, kAccepted, kAdopted, kOutbound, kStream, kInternal };
enum class Evidence { kSoAcceptConn, kLwsTag, kEvent, kElimination };
// What it speaks, in the order of the names.
enum class Role { kUnknown, kH1, kH2, kListen, kMqtt, kRaw, kRawFile, kRawProxy, kWs };
enum class State { kHandshake, kIdle, kActive, kUpgraded, kClosed };

// How a transaction ended.
// X(enumerator, name in JSON and metrics, severity, meaning)
// clang-format off
#define WSITRACE_OUTCOMES(X) \
  X(kOpen, "open", kOdd, "it has not ended") \
  X(kCompleted, "completed", kNeutral, "the response was sent to its end") \
  X(kUpgraded, "upgraded", kNeutral, "it became a websocket session") \
  X(kAborted, "aborted", kBad, "the connection ended first, or the response never came") \
  X(kRejected, "rejected", kBad, "refused before a handler was called; an upgrade that was refused")
// clang-format on

enum class Outcome {
#define WSITRACE_OUTCOME(enumerator, ...) enumerator,
  WSITRACE_OUTCOMES(WSITRACE_OUTCOME)
#undef WSITRACE_OUTCOME
};
struct OutcomeRow {
  Outcome outcome;
  const char *name;
  Severity severity;
  const char *meaning;
};
inline constexpr OutcomeRow kOutcomes[] = {
#define WSITRACE_OUTCOME(enumerator, name, severity, meaning) {Outcome::enumerator, name, Severity::severity, meaning},
    WSITRACE_OUTCOMES(WSITRACE_OUTCOME)
#undef WSITRACE_OUTCOME
};
constexpr const char *name_of(Outcome outcome) { return kOutcomes[static_cast<unsigned>(outcome)].name; }
constexpr Severity severity_of(Outcome outcome) { return kOutcomes[static_cast<unsigned>(outcome)].severity; }

// How `pipelined` is known.
enum class PipelinedEvidence {
  kNone,         // it is not
  kAlreadyRead,  // true: lws held bytes of the request when the response before completed; nothing was read in between
  kWaitedInSocket,       // true: the kernel held bytes for it then
  kSocketWasEmpty,       // false: the kernel held none, and lws had to read first
  kResponseOutstanding,  // true: no response to the one before had been completed, or ever was
  kFirstRequest,         // false: there was no response before
};

// What ended a binding: its DROP, or the fold, where none came. The last two are names in JSON.
enum class Settled {
  kByDrop,
  kByDestroy,  // lws never drops a protocol without session data
  kByBind,     // its DROP was lost, or never came
};
constexpr const char *name_of(Settled settled) {
  return settled == Settled::kByDrop ? "" : settled == Settled::kByBind ? "settled_by_bind" : "settled_by_destroy";
}

struct Binding {
  std::string_view protocol;
  Ns bound_ns = 0;
  OptionalNs dropped_ns;
  std::string_view cause;  // lws's words, or name_of(settled); empty while open
  Settled settled = Settled::kByDrop;
};

struct Transaction {
  uint32_t index = 0;        // 1, 2, 3, ... on its connection
  std::string_view version;  // "HTTP/1.1"
  std::string_view method;
  std::string path;  // without query
  std::optional<int> status;
  std::string_view protocol;  // that handled it
  std::optional<bool> pipelined;
  PipelinedEvidence pipelined_evidence = PipelinedEvidence::kNone;
  Ns requested_ns = 0;      // outbound: the request was about to be sent
  OptionalNs handled_ns;    // the handler was called; never outbound
  OptionalNs responded_ns;  // the response's status was sent; outbound: its head was received
  // The response was written to its end, and nobody told lws so after that (lws_http_transaction_completed).
  OptionalNs written_ns;
  OptionalNs completed_ns;  // the exchange ended, however
  Outcome outcome = Outcome::kOpen;

  // The request has one.
  [[nodiscard]] bool brings_body() const { return method == "POST" || method == "PUT" || method == "PATCH"; }
  // HEAD, 204 and 304 are answered without the body whose length the head may tell (RFC 9110, 6.4.1).
  [[nodiscard]] bool has_no_body() const { return method == "HEAD" || status == 204 || status == 304; }
};

// The websocket life after an upgrade.
struct Session {
  std::string_view protocol;
  Ns established_ns = 0;
  OptionalNs closed_ns;
  std::optional<int> peer_code;   // close code the peer sent
  std::optional<int> local_code;  // close code this side sent
};

struct Close {
  CloseReason reason = CloseReason::kUnknown;
  CloseBy by = CloseBy::kUnknown;
  CloseEvidence evidence = CloseEvidence::kNone;
  std::string detail;  // for people: lws's caller or message, the timeout that was pending, or empty
  std::optional<int> ws_code;
  Word caller = Word::kOther;       // where `detail` is lws's caller
  int32_t pending_timeout = 0;      // where it rests on a timeout (include/wsitrace/event.h)
  bool timeout_of_program = false;  // that timeout: the application had set it, not lws
  bool killed_at_once = false;      // ... with LWS_TO_KILL_SYNC
  Said said = Said::kNothing;       // what lws logged just before
  unsigned said_number = 0;         // that goes with it: an HTTP/2 error code, streams that were open
  std::string_view said_text{};     // lws's reason for a GOAWAY
};

// What OpenSSL says about a connection; nullopt and empty: unknown, or there is none.
struct Tls {
  std::string_view version;
  std::string_view cipher;
  std::string_view alpn;
  std::string sni;
  std::optional<bool> resumed;
  std::optional<int> verify;  // X509_V_..., 0: fine; where the peer had a certificate or the verification failed
  OptionalNs handshake_ns;    // a duration: from first sight (outbound: from the TCP connection) to its end
  std::string_view failure;   // OpenSSL's reason, where the handshake failed
};

// At the close, from TCP_INFO.
struct Tcp {
  uint64_t received_bytes = 0;
  uint64_t sent_bytes = 0;
  uint32_t rtt_us = 0;
  uint32_t retransmits = 0;
  OptionalNs peer_closed_ns;    // a duration: the peer had sent its FIN this long ago, and this side none
  Ns unheard_ns = 0;            // a duration: the last segment of the peer came this long ago
  uint32_t unsent_bytes = 0;    // written, but not yet taken by the network: the peer does not read
  Ns unsent_ns = 0;             // a duration: the last data went out this long ago
  uint32_t unread_bytes = 0;    // came in, but lws did not read it
  Ns unread_ns = 0;             // a duration: the last of that came this long ago
  bool was_reset = false;       // the peer reset it (RST): the kernel had given the socket up
  bool peer_had_ended = false;  // the peer's FIN or RST had come by the end of it
  bool peer_was_there = false;  // the peer had neither closed nor reset it
  bool was_shut_down = false;   // this side had sent its FIN, and the peer none
  bool was_over = false;        // both had, or the peer had reset it
};

// Where the application stood: return addresses, innermost first. Timeline::modules() tells what lies there.
using Stack = std::vector<uint64_t>;

// Of an outbound connection, as the application asked for it.
struct Wanted {
  std::string_view method;    // "GET" stands for a websocket, too
  std::string_view protocol;  // that is to get its callbacks; empty: it named none
  bool is_local = false;      // by local_protocol_name
  bool is_websocket = false;  // no method was named
  uint32_t odd = 0;           // kAskedHttp2 and so on (wsitrace/event.h)
};

// A stream of HTTP/2 that the server reset.
struct StreamReset {
  uint32_t error = 0;  // RFC 9113, 7
  Ns at_ns = 0;
};

struct Connection {
  uint64_t id = 0;
  uint64_t pointer = 0;
  uint32_t generation = 0;  // how many lives this pointer has had, this one included
  ConnectionClass cls = ConnectionClass::kInternal;
  Origin origin = Origin::kInternal;
  Evidence evidence = Evidence::kElimination;
  Role role = Role::kUnknown;
  std::optional<uint64_t> parent;  // id
  std::optional<uint32_t> thread;
  std::optional<uint32_t> opened_thread;  // `thread` is where it is served: with several service threads another, maybe
  std::string_view vhost;
  std::string_view opened_vhost;  // that of first sight: Host and SNI may move a connection, the vhost's end a listener
  std::optional<int> fd;
  std::string local;  // "127.0.0.1:7681", "[::1]:7681", "unix:/path"
  std::string peer;
  std::string target;  // outbound: "HOST:PORT" as the application asked for it
  Wanted wanted;
  std::optional<StreamReset> reset;  // of a stream of an outbound connection
  bool settings_empty = false;       // outbound, HTTP/2: the server's first SETTINGS had none
  uint64_t streams = 0;              // same: how many requests it has carried
  std::optional<Tls> tls;            // there when the connection is a TLS one
  std::optional<Tcp> tcp;
  Ns opened_ns = 0;                             // first sight
  OptionalNs connected_ns;                      // outbound: TCP (or what carries it) was connected
  std::optional<ConnectFacts> connect_failure;  // outbound, where it was not: the call of lws that failed
  std::string attempted;                        // and where that went: the target, a proxy, what a redirect names
  int first_answer = kNoFirstAnswer;            // outbound, where it failed: what was read first (wsitrace/event.h)
  bool opened_seen = true;  // false: it had begun before first sight (listeners always; others after a loss)
  OptionalNs closed_ns;     // unknown for a closed one whose WSI_DESTROY was lost
  State state = State::kHandshake;
  std::optional<Close> close;
  OptionalNs last_sign_ns;                // the last event that was not part of its end
  std::optional<uint16_t> last_callback;  // the application's callback that was last in charge (agent/lws/callbacks.h)
  std::string_view last_callback_protocol;
  std::vector<Binding> bindings;
  std::vector<Transaction> transactions;
  uint64_t bindings_total = 0;
  uint64_t transactions_total = 0;
  std::optional<Session> session;
  Stack created_stack;  // both empty unless stacks were asked for
  Stack bound_stack;    // at the last BIND
};

// The words of the contract: "listener", "accepted", "so_acceptconn", "handshake", "completed", ...
const char *name_of(ConnectionClass);
const char *name_of(Origin);
const char *name_of(Evidence);
// Bytes that lws does not look into.
inline bool is_raw(const Connection &connection) {
  return connection.role == Role::kRaw || connection.role == Role::kRawFile || connection.role == Role::kRawProxy;
}
const char *name_of(Role);  // empty for kUnknown
const char *name_of(State);
const char *name_of(PipelinedEvidence);  // nullptr for kNone

}  // namespace wsitrace

#endif
