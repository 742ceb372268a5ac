// SPDX-License-Identifier: MIT
//
// Why a connection ended: what was seen first of it counts, because the consequences of a close look like causes of their own
// (lws closes TLS and websocket connections twice, and the peer's socket goes when ours went).
#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

constexpr int kContextDestroyReason = 9999;  // lws's private reason in lws_context_destroy, 4.1.6 to 5.0

Close make(CloseReason reason, CloseBy by, CloseEvidence evidence = CloseEvidence::kCloseCall) {
  return {reason, by, evidence, {}, {}};
}

Close upgrade_refused() { return make(CloseReason::kUpgradeRefused, CloseBy::kLws); }

bool is_server_side(const Life &life) {
  return life.connection.origin == Origin::kAccepted || life.connection.origin == Origin::kAdopted;
}

bool upgrade_failed(const Life &life) { return life.progress.last_upgrade && life.progress.last == Outcome::kRejected; }

bool tls_failed(const Life &life) {
  return life.connection.tls && is_server_side(life) && life.has_seen(kSeenNew) &&
         !life.has_seen(kSeenRequest | kSeenEstablished | kSeenRaw | kSeenClosedHttp);
}

bool was_answered(const Life &life) {
  return life.has_seen(kSeenAnswerDone) || (life.progress.last == Outcome::kCompleted && life.progress.awaits_bind);
}

Close by_websocket(const Life &life) {
  const CloseClues &clues = life.clues;
  Close close = clues.peer_sent_close ? make(CloseReason::kPeerWsClose, CloseBy::kPeer)
                                         : make(CloseReason::kLocalWsClose, CloseBy::kLocal);
  if (clues.ws_code > 0) close.ws_code = clues.ws_code;
  return close;
}

Close by_outbound_error(const Life &life) {
  const bool connected = life.has_seen(kSeenCreate | kSeenAnswer | kSeenEstablished);
  return make(connected ? CloseReason::kHandshakeFailed : CloseReason::kConnectFailed, CloseBy::kUnknown);
}

// lws's service loop gave up on the socket: the peer is gone, unless there is a reason on this side.
Close by_socket(const Life &life) {
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  if (was_answered(life)) return make(CloseReason::kResponseDone, CloseBy::kLws);
  if (tls_failed(life)) return make(CloseReason::kTlsFailed, CloseBy::kPeer);
  return make(CloseReason::kPeerClosed, CloseBy::kPeer);
}

Close by_h1_parser(const Life &life) {
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  if (upgrade_failed(life)) return upgrade_refused();
  if (life.has_seen(kSeenEstablished)) return make(CloseReason::kHandlerClosed, CloseBy::kLocal);
  if (was_answered(life)) return make(CloseReason::kResponseDone, CloseBy::kLws);
  return make(CloseReason::kRefused, CloseBy::kLws);
}

Close by_end_of_stream(const Life &life) {
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  return make(CloseReason::kResponseDone, CloseBy::kLws);
}

Close by_client_failure(const Life &life) {
  if (life.has_seen(kSeenAnswer | kSeenEstablished)) return make(CloseReason::kPeerClosed, CloseBy::kPeer);
  return make(CloseReason::kHandshakeFailed, CloseBy::kUnknown);
}

Close by_caller(const Life &life) {
  switch (life.clues.caller) {
    case Word::kSocketFailed:
    case Word::kServiceSaidClose:
    case Word::kRawFailed: return by_socket(life);
    case Word::kH1Bail: return by_h1_parser(life);
    case Word::kStreamDone: return by_end_of_stream(life);
    case Word::kH2Bail:
    case Word::kPeerReset:
    case Word::kWriteFailed: return make(CloseReason::kPeerClosed, CloseBy::kPeer);
    case Word::kReturnedCloseFrame: return make(CloseReason::kPeerWsClose, CloseBy::kPeer);
    case Word::kContextDestroyed: return make(CloseReason::kContextDestroyed, CloseBy::kLocal);
    case Word::kContextDeprecated: return make(CloseReason::kListenerStopped, CloseBy::kLocal);
    case Word::kAdoptFailed: return make(CloseReason::kAdoptFailed, CloseBy::kLws);
    case Word::kConnectFailed: return make(CloseReason::kConnectFailed, CloseBy::kUnknown);
    case Word::kClientFailed: return by_client_failure(life);
    case Word::kClientRefused: return make(CloseReason::kHandshakeFailed, CloseBy::kUnknown);
    case Word::kKilled: return make(CloseReason::kHandlerClosed, CloseBy::kLocal);
    case Word::kTlsFailed: return make(CloseReason::kTlsFailed, CloseBy::kPeer);
    case Word::kOther:
    case Word::kRedirected:
    case Word::kTransactionCompleted: break;
  }
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  return make(CloseReason::kUnknown, CloseBy::kUnknown);
}

bool parent_is_ending(Fold &fold, const Life &life) {
  if (life.has_seen(kSeenChildClosing)) return true;
  if (!life.connection.parent) return false;
  const Life *parent = fold.lives.find(life.parent_pointer);
  return parent == nullptr || parent->connection.id != *life.connection.parent || parent->clues.requested;
}

bool vhost_was_destroyed(const Fold &fold, const Life &life) {
  return life.vhost_id < fold.vhost_destroyed_ns.size() &&
         fold.vhost_destroyed_ns[life.vhost_id] > life.connection.opened_ns;
}

// lws's hidden closes: timeouts, validity, vhosts, parents. Without a record of calls every close is hidden.
Close without_caller(Fold &fold, const Life &life, const Event &destroy) {
  if (fold.threads[destroy.thread].destroying_contexts > 0)
    return make(CloseReason::kContextDestroyed, CloseBy::kLocal);
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  if (was_answered(life)) return make(CloseReason::kResponseDone, CloseBy::kLws);
  if (parent_is_ending(fold, life)) return make(CloseReason::kParentClosed, CloseBy::kLws);
  if (vhost_was_destroyed(fold, life)) return make(CloseReason::kVhostDestroyed, CloseBy::kLocal);
  if (life.connection.cls != ConnectionClass::kClient) return make(CloseReason::kUnknown, CloseBy::kUnknown);
  const bool surely_timeout = fold.sees_calls && !fold.lossy && !life.is_stream();
  if (tls_failed(life)) return make(CloseReason::kTlsFailed, surely_timeout ? CloseBy::kLws : CloseBy::kUnknown);
  if (upgrade_failed(life)) return upgrade_refused();
  if (surely_timeout) return make(CloseReason::kTimeout, CloseBy::kLws);
  return make(CloseReason::kUnknown, CloseBy::kUnknown);
}

void note_request_to_close(Fold &fold, Life &life, const Event &event) {
  CloseClues &clues = life.clues;
  const Word caller = fold.strings.word(event.text);
  if (caller == Word::kRedirected || clues.requested) return;
  clues.requested = true;
  clues.caller = event.value == kContextDestroyReason ? Word::kContextDestroyed : caller;
  clues.caller_text = event.text;
}

void note_close_frame(Life &life, bool from_peer, int code) {
  CloseClues &clues = life.clues;
  if (clues.peer_sent_close || clues.local_sent_close || clues.requested) return;
  (from_peer ? clues.peer_sent_close : clues.local_sent_close) = true;
  clues.ws_code = code;
}

void note_error(Life &life, Items items) {
  life.clues.errored = true;
  for_each_item(items, [&](ItemTag tag, Items bytes) {
    if (tag == kItemText) life.clues.message.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  });
}

}  // namespace

void note_close_evidence(Fold &fold, Life &life, const Event &event, Items items) {
  switch (event.kind) {
    case k_close_requested: return note_request_to_close(fold, life, event);
    case k_WS_PEER_INITIATED_CLOSE: return note_close_frame(life, true, event.value);
    case k_close_code_sent: return note_close_frame(life, false, event.value);
    case k_CLIENT_CONNECTION_ERROR: return note_error(life, items);
    case k_CLIENT_HTTP_REDIRECT: life.clues = {}; return;
    default: return;
  }
}

Close resolve_close(Fold &fold, const Life &life, const Event &destroy) {
  const CloseClues &clues = life.clues;
  Close close = clues.peer_sent_close || clues.local_sent_close ? by_websocket(life)
                : clues.errored                                    ? by_outbound_error(life)
                : clues.requested                                  ? by_caller(life)
                                                                      : without_caller(fold, life, destroy);
  close.detail = clues.errored ? clues.message : std::string(fold.strings.text(clues.caller_text));
  return close;
}

}  // namespace wsitrace
