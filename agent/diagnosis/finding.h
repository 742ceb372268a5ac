// SPDX-License-Identifier: MIT
//
// One leak or fault that a finished timeline shows.
#ifndef WSITRACE_DIAGNOSIS_FINDING_H
#define WSITRACE_DIAGNOSIS_FINDING_H

#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "agent/timeline/connection.h"
#include "agent/timeline/frame.h"

namespace wsitrace {

// The kinds: all that anyone asks of one. Worst first: reports keep this order. A kind is added as one row; documents, the page and the
// exporters follow the table (tests/lint/vocabulary.py).
//
// X(enumerator,
//   name in JSON, allow-lists, metrics and SARIF, what it is (KindFlag),
//   what is wrong, for the manual,
//   the message, without a full stop: {n} is "3 connections", {was|were} the one that fits; nullptr: the rule writes it
//   what to do about it: one sentence, without a full stop)
// clang-format off
#define WSITRACE_FINDING_KINDS(X) \
  X(kConnectionNotDestroyed, "connection_not_destroyed", kLeak | kRestsOnAbsence, \
    "the lws context is gone, but lws never destroyed the connection", \
    "{n} {was|were} never destroyed, although {its|their} context was", \
    "let the event loop run until lws has closed it: lws_context_destroy() may need more turns of a foreign loop") \
  X(kBindingNotDropped, "binding_not_dropped", kLeak | kRestsOnAbsence, \
    "a protocol is still bound to such a connection, so its session memory was never freed", \
    "protocol {protocol} was never dropped on {n} whose context is gone", \
    "free session memory in the protocol's ..._DROP_PROTOCOL, and see why the connection outlived its context") \
  X(kSessionMemoryLeft, "session_memory_left", kLeak | kRestsOnAbsence, \
    "memory that the program attached to a connection was not freed (only with `--session-memory`)", \
    "the user pointer of {n} was set still after the last DROP of protocol {protocol}", \
    "free it in the protocol's ..._DROP_PROTOCOL, and call lws_set_wsi_user(wsi, NULL) there") \
  X(kConnectionLeftOpen, "connection_left_open", 0, \
    "a connection opened in one part of a program, such as a test, is still open after it ([library](library.md#in-unit-tests)); with `--require-closed`, when the program ends", \
    "{n} {is|are} open still", \
    "close it before that part ends and let the event loop run until lws has; open what is to outlive it before") \
  X(kDescriptorLeft, "descriptor_left", kLeak, \
    "file descriptors that lws opened for a context are still open after the context was destroyed", \
    nullptr, \
    "create one context and keep it, or use a version of lws that closes what it opens") \
  X(kContextNotDestroyed, "context_not_destroyed", kLeak | kRestsOnAbsence, \
    "other contexts were destroyed, this one was not", \
    nullptr, \
    "call lws_context_destroy() for each context") \
  X(kVhostNotDestroyed, "vhost_not_destroyed", kLeak | kRestsOnAbsence, \
    "the context is gone, but the vhost's protocols never got `PROTOCOL_DESTROY`", \
    nullptr, \
    "look for what still holds on to the vhost: lws frees it when its last connection is gone") \
  X(kTransactionNotCompleted, "transaction_not_completed", 0, \
    "a handler never told lws that its response is complete", \
    "the handler of protocol {protocol} never completed its response on {n}", \
    "call lws_http_transaction_completed() after the last byte of the response, on every path of the handler") \
  X(kConnectsPilingUp, "connects_piling_up", 0, \
    "the program starts outbound connections to one target faster than they finish", \
    nullptr, \
    "wait for CLIENT_CONNECTION_ERROR or the connection before the next lws_client_connect_via_info()") \
  X(kSessionsSuperseded, "sessions_superseded", 0, \
    "outbound websocket sessions stay open and idle, each with a newer one to the same target", \
    nullptr, \
    "close the session before a new one takes its place, and use one that is open instead of a new one") \
  X(kPeerGone, "peer_gone", 0, \
    "the peer closed the connection and the program did not let lws notice", \
    "{n} {was|were} kept after the peer had closed", \
    "let lws read: see lws_rx_flow_control(), and set a timeout or a validity check (retry_and_idle_policy)") \
  X(kAdoptedOutlivesSession, "adopted_outlives_session", 0, \
    "descriptors that were adopted in callbacks of websocket sessions are still open though these sessions have ended", \
    "{n} of protocol {protocol} {is|are} open still, adopted in a callback of a websocket session that has ended", \
    "close it when its session closes (LWS_CALLBACK_CLOSED), with lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC)") \
  X(kOutboundOutlivesSession, "outbound_outlives_session", 0, \
    "outbound connections that were made in callbacks of websocket sessions are still open though these sessions have ended", \
    nullptr, \
    "close it when its session closes: lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC) in LWS_CALLBACK_CLOSED, for the wsi that lws_client_connect_via_info() had returned") \
  X(kConnectionsGrow, "connections_grow", 0, \
    "more connections stay open after each load, and their number never falls", \
    nullptr, \
    "see who is to close them: `wsitrace report FILE --open` lists them, `wsitrace explain` tells of each")
// clang-format on

enum class FindingKind {
#define WSITRACE_FINDING(enumerator, ...) enumerator,
  WSITRACE_FINDING_KINDS(WSITRACE_FINDING)
#undef WSITRACE_FINDING
};

namespace finding {
enum KindFlag : unsigned {
  kLeak = 1,            // something that is there to be freed was not
  kRestsOnAbsence = 2,  // known by not seeing an end: where events were lost, the end may be among them
};
struct Row {
  FindingKind kind;
  const char *name;
  unsigned flags;
  const char *meaning;
  const char *message;
  const char *advice;

  [[nodiscard]] constexpr bool is_leak() const { return (flags & kLeak) != 0; }
  [[nodiscard]] constexpr bool rests_on_absence() const { return (flags & kRestsOnAbsence) != 0; }
};
inline constexpr Row kKinds[] = {
#define WSITRACE_FINDING(enumerator, name, flags, meaning, message, advice) \
  {FindingKind::enumerator, name, flags, meaning, message, advice},
    WSITRACE_FINDING_KINDS(WSITRACE_FINDING)
#undef WSITRACE_FINDING
};
}  // namespace finding

inline constexpr size_t kFindingKinds = std::size(finding::kKinds);
// All kinds, worst first.
constexpr std::array<FindingKind, kFindingKinds> finding_kinds() {
  std::array<FindingKind, kFindingKinds> kinds{};
  for (size_t i = 0; i < kFindingKinds; ++i) kinds[i] = finding::kKinds[i].kind;
  return kinds;
}
constexpr const finding::Row &row_of(FindingKind kind) { return finding::kKinds[static_cast<size_t>(kind)]; }
constexpr const char *name_of(FindingKind kind) { return row_of(kind).name; }
constexpr const char *advice_on(FindingKind kind) { return row_of(kind).advice; }

// Unknown and not applicable: empty, std::nullopt.
struct Finding {
  FindingKind kind = FindingKind::kConnectionNotDestroyed;
  std::vector<uint64_t> connections;  // ids, oldest first; none for a context, a vhost, a descriptor
  bool certain = true;                // false: it rests on something not seen, and events were lost
  uint64_t count = 1;                 // how many; more than there are `connections` when these were too many to keep
  std::string vhost;
  std::string protocol;
  std::string last_callback;  // the application's callback that was last in charge: "HTTP of protocol dyn"
  OptionalNs first_ns;        // first and last event, CLOCK_MONOTONIC
  OptionalNs last_ns;
  OptionalNs age_ns;    // from the first event to the end of the log
  std::string message;  // one sentence, without a full stop
  // Of the first connection that has them: where the application stood when it was made, and at its last BIND. The frames
  // are there once somebody has named them.
  Stack created_stack;
  Stack bound_stack;
  Frames created_at;
  Frames bound_at;
  uint64_t callback_address = 0;  // of the protocol's callback; 0: unknown
  std::optional<Frame> callback;  // likewise
};

}  // namespace wsitrace

#endif
