// SPDX-License-Identifier: MIT
//
// The closed lists of the API. Made from the tables of the agent: python3 tests/lint/vocabulary.py --write

export type Severity = "neutral" | "odd" | "bad";

export type FindingKind = "connection_not_destroyed" | "binding_not_dropped" | "session_memory_left"
  | "connection_left_open" | "descriptor_left" | "context_not_destroyed" | "vhost_not_destroyed"
  | "transaction_not_completed" | "connects_piling_up" | "sessions_superseded" | "peer_gone" | "adopted_outlives_session"
  | "outbound_outlives_session" | "connections_grow";

export type CloseReason = "peer_closed" | "peer_ws_close" | "local_ws_close" | "handler_closed" | "response_done"
  | "refused" | "protocol_error" | "upgrade_refused" | "tls_failed" | "connect_failed" | "handshake_failed" | "leader_failed"
  | "timeout" | "ping_timeout" | "stream_reset" | "parent_closed" | "context_destroyed" | "vhost_destroyed"
  | "listener_stopped" | "adopt_failed" | "unknown";

export type Outcome = "open" | "completed" | "upgraded" | "aborted" | "rejected";

export const SEVERITY_OF_CLOSE: Record<CloseReason, Severity> = {
  peer_closed: "neutral",
  peer_ws_close: "neutral",
  local_ws_close: "neutral",
  handler_closed: "neutral",
  response_done: "neutral",
  refused: "bad",
  protocol_error: "bad",
  upgrade_refused: "bad",
  tls_failed: "bad",
  connect_failed: "bad",
  handshake_failed: "bad",
  leader_failed: "bad",
  timeout: "bad",
  ping_timeout: "bad",
  stream_reset: "odd",
  parent_closed: "neutral",
  context_destroyed: "neutral",
  vhost_destroyed: "neutral",
  listener_stopped: "neutral",
  adopt_failed: "bad",
  unknown: "bad",
};

export const SEVERITY_OF_OUTCOME: Record<Outcome, Severity> = {
  open: "odd",
  completed: "neutral",
  upgraded: "neutral",
  aborted: "bad",
  rejected: "bad",
};
