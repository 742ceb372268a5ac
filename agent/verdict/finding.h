// SPDX-License-Identifier: MIT
//
// One leak or fault that a finished timeline shows.
#ifndef WSITRACE_VERDICT_FINDING_H
#define WSITRACE_VERDICT_FINDING_H

#include <string>
#include <vector>

#include "agent/timeline/connection.h"
#include "agent/timeline/frame.h"

namespace wsitrace {

// X(enumerator, name in JSON, allow-lists and metrics, what to do about it). Worst first: reports keep this order.
#define WSITRACE_FINDING_KINDS(X)                                                                                              \
  /* No WSI_DESTROY although the context is gone. */                                                                           \
  X(kConnectionNotDestroyed, "connection_not_destroyed",                                                                       \
    "let the event loop run until lws has closed it: lws_context_destroy() may need more turns of a foreign loop")             \
  /* A protocol still bound to such a connection: its DROP code never ran, its session memory was never freed. */              \
  X(kBindingNotDropped, "binding_not_dropped",                                                                                 \
    "free session memory in the protocol's ..._DROP_PROTOCOL, and see why the connection outlived its context")                \
  /* Only if asked for: the application's own user pointer is set still after the last DROP, and was no other connection's. */ \
  X(kSessionMemoryLeft, "session_memory_left",                                                                                 \
    "free it in the protocol's ..._DROP_PROTOCOL, and call lws_set_wsi_user(wsi, NULL) there")                                 \
  /* Begun in a part of the program that is over, such as a test, and open still. */                                           \
  X(kConnectionLeftOpen, "connection_left_open",                                                                               \
    "close it before that part ends and let the event loop run until lws has; open what is to outlive it before")              \
  /* Descriptors that lws opened for contexts are open after these were destroyed. */                                          \
  X(kDescriptorLeft, "descriptor_left",                                                                                        \
    "create one context and keep it, or use a version of lws that closes what it opens")                                       \
  /* Some contexts of the program were destroyed, this one was not. */                                                         \
  X(kContextNotDestroyed, "context_not_destroyed", "call lws_context_destroy() for each context")                              \
  /* Its context is gone, but its protocols were never told PROTOCOL_DESTROY. */                                               \
  X(kVhostNotDestroyed, "vhost_not_destroyed",                                                                                 \
    "look for what still holds on to the vhost: lws frees it when its last connection is gone")                                \
  /* The handler was called, and never said that its response is complete. */                                                  \
  X(kTransactionNotCompleted, "transaction_not_completed",                                                                     \
    "call lws_http_transaction_completed() after the last byte of the response, on every path of the handler")                 \
  /* Outbound attempts to one target were begun faster than they ended. */                                                     \
  X(kConnectsPilingUp, "connects_piling_up",                                                                                   \
    "wait for CLIENT_CONNECTION_ERROR or the connection before the next lws_client_connect_via_info()")                        \
  /* The peer is gone, and lws was not let see it. */                                                                          \
  X(kPeerGone, "peer_gone",                                                                                                    \
    "let lws read: see lws_rx_flow_control(), and set a timeout or a validity check (retry_and_idle_policy)")                  \
  /* Open connections grew from one load to the next and never went back. */                                                   \
  X(kConnectionsGrow, "connections_grow",                                                                                      \
    "see who is to close them: `wsitrace report FILE --open` lists them, `wsitrace explain` tells of each")

enum class FindingKind {
#define WSITRACE_FINDING(enumerator, name, advice) enumerator,
  WSITRACE_FINDING_KINDS(WSITRACE_FINDING)
#undef WSITRACE_FINDING
};
const char *name_of(FindingKind);
const char *advice_on(FindingKind);  // one sentence, without a full stop

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
};

}  // namespace wsitrace

#endif
