// SPDX-License-Identifier: MIT
//
// Why a connection ended: what was seen first of it counts, because the consequences of a close look like causes of their own
// (lws closes TLS and websocket connections twice, and the peer's socket goes when ours went).
#include <algorithm>
#include <utility>

#include "agent/lws/timeouts.h"
#include "agent/timeline/fold.h"
#include "agent/timeline/pending_timeout.h"

namespace wsitrace {
namespace {

constexpr Ns kNsPerSecond = 1'000'000'000;
constexpr Ns kTimerSlackNs = 10'000'000;  // lws may be early by its timers' grain
constexpr int kShortestTimeout = 1;  // seconds: what lws_set_timeout and the validity checks of websockets count in

Close make(CloseReason reason, CloseBy by, CloseEvidence evidence = CloseEvidence::kCloseCall) {
  return {reason, by, evidence, {}, {}};
}

// By whom it usually is.
Close make(CloseReason reason, CloseEvidence evidence = CloseEvidence::kCloseCall) {
  return make(reason, row_of(reason).by, evidence);
}

Close unknown() { return make(CloseReason::kUnknown, CloseEvidence::kNone); }

Close upgrade_refused(CloseEvidence evidence = CloseEvidence::kCloseCall) {
  return make(CloseReason::kUpgradeRefused, evidence);
}

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

// No callback asked for the close frame that went out: lws itself did.
Close by_own_close_frame(const Life &life) {
  if (life.clues.refused >= 0 || life.clues.caller == Word::kKilled)
    return make(CloseReason::kLocalWsClose, CloseEvidence::kCloseFrame);
  return make(CloseReason::kProtocolError, CloseEvidence::kCloseFrame);
}

Close by_websocket(const Life &life) {
  const CloseClues &clues = life.clues;
  Close close =
      clues.peer_sent_close ? make(CloseReason::kPeerWsClose, CloseEvidence::kCloseFrame) : by_own_close_frame(life);
  if (clues.ws_code > 0) close.ws_code = clues.ws_code;
  return close;
}

Close by_tls_failure(const Life &life) {
  const std::string_view failure = life.connection.tls->failure;
  return make(CloseReason::kTlsFailed, failure.empty() ? CloseBy::kPeer : who_failed_tls(failure));
}

// lws sets a timeout a little before the sign that follows; on a busy machine a little is more than a moment, so that a tenth may be missing.
bool was_quiet_for(const Life &life, int seconds, Ns until_ns) {
  const Ns quiet_ns = until_ns - life.connection.last_sign_ns.value_or(until_ns);
  const Ns timeout_ns = static_cast<Ns>(seconds) * kNsPerSecond;
  return quiet_ns + kTimerSlackNs + timeout_ns / 10 >= timeout_ns;
}

// lws shuts an idle TLS connection down and half-closes it when its time is up; what closes it then looks like the peer's doing.
// No idle connection outlives that time.
bool was_shut_down_idle(const Life &life) {
  const int32_t pending = life.clues.pending_timeout;
  return life.connection.tls && pending_timeout_reason(pending) == kTimeout_HTTP_KEEPALIVE_IDLE &&
         was_quiet_for(life, pending_timeout_seconds(pending), life.clues.requested_ns);
}

// The FIN of this side was out; the peer may have answered it since.
bool is_half_closed(const Tcp &tcp) { return tcp.was_shut_down || tcp.was_over; }

// An HTTP/2 connection has no response of its own whose end would close it: with its peer still there, lws refused what came in.
bool h2_input_was_refused(const Life &life) {
  if (peer_broke_rule(life)) return true;
  const auto &tcp = life.connection.tcp;
  return life.connection.role == Role::kH2 && !life.is_stream() && is_server_side(life) &&
         life.clues.said != Said::kGoawayFromPeer && tcp && tcp->peer_was_there;
}

// lws sends no FIN of its own before it closes an outbound connection: the program has shut the socket down.
bool was_shut_down_by_program(const Life &life) {
  return life.is_client_side() && !life.connection.tls && life.connection.tcp && life.connection.tcp->was_shut_down;
}

// lws's service loop gave up on the socket: the peer is gone, unless there is a reason on this side.
Close by_socket(const Life &life) {
  if (life.clues.descriptor_gone) return make(CloseReason::kHandlerClosed, CloseBy::kLocal, CloseEvidence::kCallResult);
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  if (h2_input_was_refused(life) && !was_shut_down_idle(life)) return make(CloseReason::kProtocolError);
  if (was_shut_down_idle(life)) return make(CloseReason::kTimeout, CloseEvidence::kPendingTimeout);
  if (was_answered(life)) return make(CloseReason::kResponseDone);
  if (was_shut_down_by_program(life)) return make(CloseReason::kHandlerClosed);
  if (tls_failed(life)) return by_tls_failure(life);
  if (life.clues.left_answer && life.connection.tcp && life.connection.tcp->peer_was_there)
    return make(CloseReason::kHandlerClosed, CloseEvidence::kCallbackResult);
  return make(CloseReason::kPeerClosed);
}

Close by_h1_parser(const Life &life) {
  if (peer_broke_rule(life) && life.connection.session) return make(CloseReason::kProtocolError);
  if (peer_broke_rule(life)) return make(upgrade_failed(life) ? CloseReason::kUpgradeRefused : CloseReason::kRefused);
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  if (upgrade_failed(life)) return upgrade_refused();
  if (life.has_seen(kSeenEstablished)) return make(CloseReason::kHandlerClosed);
  if (was_answered(life)) return make(CloseReason::kResponseDone);
  return make(CloseReason::kRefused);
}

// lws's parser gave up, or a read failed. A peer that was still there did not end it.
Close by_h2_input(const Life &life) {
  return make(h2_input_was_refused(life) ? CloseReason::kProtocolError : CloseReason::kPeerClosed);
}

Close by_end_of_stream(const Life &life) {
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  return make(CloseReason::kResponseDone);
}

Close by_client_failure(const Life &life) {
  if (life.clues.refused == k_CLIENT_APPEND_HANDSHAKE_HEADER)
    if (const auto refusal = close_by_refusal(life)) return *refusal;
  if (life.has_seen(kSeenAnswer | kSeenEstablished)) return make(CloseReason::kPeerClosed);
  return make(CloseReason::kHandshakeFailed);
}

Close by_caller(const Life &life) {
  switch (life.clues.caller) {
    case Word::kSocketFailed:
    case Word::kServiceSaidClose:
    case Word::kRawFailed: return by_socket(life);
    case Word::kH1Bail: return by_h1_parser(life);
    case Word::kStreamDone: return by_end_of_stream(life);
    case Word::kPeerReset: return make(CloseReason::kStreamReset);
    case Word::kH2Bail: return by_h2_input(life);
    case Word::kWriteFailed: return make(CloseReason::kPeerClosed);
    case Word::kReturnedCloseFrame: return make(CloseReason::kPeerWsClose);
    case Word::kContextDestroyed:
      // It had waited, half-closed, for its peer since then.
      if (life.connection.tcp && is_half_closed(*life.connection.tcp) && was_shut_down_idle(life))
        return make(CloseReason::kTimeout, CloseEvidence::kPendingTimeout);
      return make(CloseReason::kContextDestroyed);
    case Word::kContextDeprecated: return make(CloseReason::kListenerStopped);
    case Word::kAdoptFailed:
      if (const auto refusal = close_by_refusal(life)) return *refusal;
      if (life.connection.tls && !life.connection.tls->failure.empty()) return by_tls_failure(life);
      return make(CloseReason::kAdoptFailed);
    case Word::kConnectFailed:  // without an error of a call, lws gave up by itself
      return make(CloseReason::kConnectFailed,
                  life.connection.connect_failure ? who_failed_connect(life.connection) : CloseBy::kLws);
    case Word::kClientFailed: return by_client_failure(life);
    case Word::kClientRefused: return make(CloseReason::kHandshakeFailed);
    case Word::kKilled: return make(CloseReason::kHandlerClosed);
    case Word::kTlsFailed: return make(CloseReason::kTlsFailed, CloseBy::kPeer);
    case Word::kOther:
    case Word::kRedirected:
    case Word::kAuthenticates:
    case Word::kTransactionCompleted: break;
  }
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  return make(CloseReason::kUnknown, CloseEvidence::kNone);
}

bool parent_is_ending(Fold &fold, const Life &life, const Event &destroy) {
  if (life.has_seen(kSeenChildClosing)) return true;
  // A stream that never said whose it is.
  if (!life.connection.parent) return life.is_stream() && fold.threads[destroy.thread].closing != 0;
  const Life *parent = fold.lives.find(life.parent_pointer);
  return parent == nullptr || parent->connection.id != *life.connection.parent || parent->clues.requested;
}

// lws ends the pipes of a CGI with the response, and the connection that asked for it goes on.
bool served_a_response(Fold &fold, const Life &life) {
  if (life.connection.cls != ConnectionClass::kInternal || !life.has_seen(kSeenChildClosing)) return false;
  const Life *parent = life.connection.parent ? fold.lives.find(life.parent_pointer) : nullptr;
  return parent != nullptr && parent->connection.id == *life.connection.parent && !parent->clues.requested;
}

bool carrier_is_destroyed_with_context(Fold &fold, const Life &life) {
  if (!life.connection.parent) return false;
  const Life *parent = fold.lives.find(life.parent_pointer);
  return parent != nullptr && parent->connection.id == *life.connection.parent &&
         parent->clues.caller == Word::kContextDestroyed;
}

bool vhost_was_destroyed(const Fold &fold, const Life &life) {
  return life.vhost_id < fold.vhost_destroyed_ns.size() &&
         fold.vhost_destroyed_ns[life.vhost_id] > (life.connection.opened_seen ? life.connection.opened_ns : 0);
}

// A timeout was set, and for as long nothing was heard of the connection; or the application killed it.
std::optional<Close> by_pending_timeout(const Life &life, Ns destroyed_ns) {
  const int32_t pending = life.clues.pending_timeout;
  if (pending == 0) return std::nullopt;
  const int seconds = pending_timeout_seconds(pending);
  if (seconds < 0) return make(CloseReason::kHandlerClosed, CloseEvidence::kPendingTimeout);
  const bool is_up = life.clues.timeout_set_ms > 0;  // by the clock: what follows its setting may be late
  if (!was_quiet_for(life, is_up ? seconds / 2 : seconds, destroyed_ns)) return std::nullopt;
  return make(CloseReason::kTimeout, CloseEvidence::kPendingTimeout);
}

// Where lws's own log names another timeout, or one that nobody saw set, it has the last word.
std::optional<Close> by_timeout(Life &life, Ns destroyed_ns) {
  const int named = named_timeout(life);
  const bool names_another = life.clues.said == Said::kTimedOut &&
                             named != pending_timeout_reason(life.clues.pending_timeout) &&
                             named != kTimeout_HOLDING_AH;  // lws's own, beside one that tells what was waited for
  if (!names_another && life.clues.said != Said::kSilent)
    if (auto timeout = by_pending_timeout(life, destroyed_ns)) return timeout;
  return by_log_line(life);
}

bool never_connected(const Life &life) {
  return life.is_client_side() && !life.has_seen(kSeenCreate | kSeenAnswer | kSeenEstablished);
}

// lws puts connections to the same server behind one another (LCCSCF_PIPELINE, h2) and, when the first one fails, frees those behind it
// without a word, within its close.
const FailedLeader *failed_leader(const Fold &fold, const Life &life, const Event &destroy) {
  const auto &leader = fold.threads[destroy.thread].failed_leader;
  const bool queued = never_connected(life) && leader && !leader->target.empty() &&
                      leader->target == life.request.target && leader->id < life.connection.id;
  return queued ? &*leader : nullptr;
}

void note_leader(Fold &fold, const Life &life, const Event &event) {
  if (life.is_client_side())
    fold.threads[event.thread].failed_leader =
        FailedLeader{life.connection.id, life.request.target, life.clues.message};
}

bool lasted(Ns since_ns, Ns until_ns, int seconds) {
  return until_ns - since_ns + kTimerSlackNs >= static_cast<Ns>(seconds) * kNsPerSecond;
}

// With all calls on record, what is left has few names; it must be possible by the clock.
Close by_elimination(const Life &life, Ns destroyed_ns) {
  constexpr CloseEvidence evidence = CloseEvidence::kElimination;
  if (life.is_stream()) return life.has_seen(kSeenRequest) ? make(CloseReason::kStreamReset, evidence) : unknown();
  if (life.connection.session)
    return lasted(life.connection.session->established_ns, destroyed_ns, kShortestTimeout)
               ? make(CloseReason::kPingTimeout, evidence)
               : unknown();
  const int seconds = std::max(pending_timeout_seconds(life.clues.pending_timeout), kShortestTimeout);
  if (lasted(life.connection.opened_ns, destroyed_ns, seconds)) return make(CloseReason::kTimeout, evidence);
  return never_connected(life) ? make(CloseReason::kConnectFailed, evidence) : unknown();
}

// lws's hidden closes: timeouts, validity, vhosts, parents. Without a record of calls every close is hidden.
Close without_caller(Fold &fold, Life &life, const Event &destroy) {
  constexpr CloseEvidence events = CloseEvidence::kEvents;
  if (fold.threads[destroy.thread].destroying_contexts > 0 || carrier_is_destroyed_with_context(fold, life))
    return make(CloseReason::kContextDestroyed, events);
  if (const auto refusal = close_by_refusal(life)) return *refusal;
  if (was_answered(life)) return make(CloseReason::kResponseDone, events);
  if (served_a_response(fold, life)) return make(CloseReason::kResponseDone, events);
  if (parent_is_ending(fold, life, destroy)) return make(CloseReason::kParentClosed, events);
  if (failed_leader(fold, life, destroy) != nullptr) return make(CloseReason::kLeaderFailed, events);
  const auto timeout = by_timeout(life, destroy.time_ns);
  const bool timed_out = timeout && timeout->reason == CloseReason::kTimeout;  // not killed, as a vhost's end does, too
  if (!timed_out && vhost_was_destroyed(fold, life)) return make(CloseReason::kVhostDestroyed, events);
  if (life.connection.cls != ConnectionClass::kClient) return timeout.value_or(unknown());
  const bool all_seen = fold.sees_calls && !fold.lossy;
  if (tls_failed(life)) {
    if (timeout) return make(CloseReason::kTlsFailed, timeout->by, timeout->evidence);
    return make(CloseReason::kTlsFailed, all_seen ? CloseBy::kLws : CloseBy::kUnknown, events);
  }
  if (upgrade_failed(life)) return upgrade_refused(events);
  if (timeout) return *timeout;
  return all_seen ? by_elimination(life, destroy.time_ns) : unknown();
}

constexpr Ns kAtOnceNs = 5'000'000;
void note_request_to_close(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  CloseClues &clues = life.clues;
  const Word caller = fold.strings.word(event.text);
  if (lives_on(caller) || clues.requested) return;
  note_attempt(life.connection, items);
  clues.requested = true;
  clues.requested_ns = event.time_ns;
  note_leader(fold, life, event);
  if (!life.is_stream()) fold.threads[event.thread].closing = event.wsi;
  clues.caller = ends_with_context(event) ? Word::kContextDestroyed : caller;
  clues.caller_text = event.text;
}

// lws_close_reason() only stores a code: lws sends it when a callback returns non-zero (fold_refusal), or closes at once.
void note_close_frame(Life &life, bool from_peer, int code, Ns at_ns) {
  CloseClues &clues = life.clues;
  if (clues.peer_sent_close || clues.local_sent_close || clues.requested) return;
  if (from_peer) {
    clues.peer_sent_close = true;
    clues.ws_code = code;
  } else {
    clues.stored_code = code;
    clues.stored_ns = at_ns;
  }
}

void note_error(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  life.clues.errored = true;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    if (tag == kItemText) life.clues.message.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  });
  note_attempt(life.connection, items);
  life.connection.first_answer = event.value;
  note_leader(fold, life, event);
}

// Its detail is the timeout.
bool rests_on_timeout(const Close &close) {
  return close.evidence == CloseEvidence::kPendingTimeout ||
         (close.evidence == CloseEvidence::kLogLine && close.reason != CloseReason::kPingTimeout);
}

std::string leader_text(const FailedLeader &leader) {
  const std::string id = "connection " + std::to_string(leader.id);
  return leader.message.empty() ? id : id + ": " + leader.message;
}

bool tells_tls_failure(const Life &life, const Close &close) {
  return close.reason == CloseReason::kTlsFailed && life.connection.tls && !life.connection.tls->failure.empty();
}

// Whether lws's caller is all there is to say.
bool tells_caller(const Life &life, const Close &close) {
  return close.reason != CloseReason::kLeaderFailed && !rests_on_timeout(close) && !tells_tls_failure(life, close) &&
         !life.clues.errored;
}

std::string detail_of(const Fold &fold, const Life &life, const Close &close, const Event &destroy) {
  if (close.reason == CloseReason::kLeaderFailed) return leader_text(*failed_leader(fold, life, destroy));
  if (rests_on_timeout(close)) return pending_timeout_text(life.clues.pending_timeout);
  if (tells_tls_failure(life, close)) return std::string(life.connection.tls->failure);
  return life.clues.errored ? life.clues.message : std::string(fold.strings.text(life.clues.caller_text));
}

}  // namespace

void note_close_evidence(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  if (event.kind == k_close_requested || event.kind == k_close_code_sent) take_said(fold, life, event);
  if (has_role<role::kEnds>(event.kind) && event.kind != k_WSI_DESTROY && (event.flags & kDescriptorGone) != 0)
    life.clues.descriptor_gone = true;
  switch (event.kind) {
    case k_close_requested: return note_request_to_close(fold, life, event, items);
    case k_WS_PEER_INITIATED_CLOSE: return note_close_frame(life, true, event.value, event.time_ns);
    case k_close_code_sent: return note_close_frame(life, false, event.value, event.time_ns);
    case k_CLIENT_CONNECTION_ERROR: return note_error(fold, life, event, items);
    case k_CLIENT_HTTP_REDIRECT: life.clues = {}; return;
    default: return;
  }
}

void send_stored_code(Life &life) {
  CloseClues &clues = life.clues;
  const bool is_torn_down = clues.caller == Word::kContextDestroyed;
  if (clues.stored_code == 0 || clues.peer_sent_close || clues.local_sent_close || is_torn_down) return;
  clues.local_sent_close = true;
  clues.ws_code = clues.stored_code;
}

Close resolve_close(Fold &fold, Life &life, const Event &destroy) {
  life.clues.pending_timeout = destroy.value;
  life.clues.timeout_flags = destroy.flags;
  take_said(fold, life, destroy);
  const Ns close_ns = life.clues.requested ? life.clues.requested_ns : destroy.time_ns;
  if (close_ns <= life.clues.stored_ns + kAtOnceNs) send_stored_code(life);
  if (life.connection.session && !life.clues.local_sent_close) life.connection.session->local_code.reset();
  const CloseClues &clues = life.clues;
  Close close = clues.peer_sent_close || clues.local_sent_close ? by_websocket(life)
                : clues.errored                                 ? close_by_error(fold, life, destroy)
                : clues.requested                               ? by_caller(life)
                                                                : without_caller(fold, life, destroy);
  close.detail = detail_of(fold, life, close, destroy);
  close.said = clues.said;
  close.said_number = clues.said_number;
  close.said_text = fold.strings.text(clues.said_text);
  close.pending_timeout = rests_on_timeout(close) ? clues.pending_timeout : 0;
  close.timeout_of_program = (clues.timeout_flags & kTimeoutOfProgram) != 0;
  close.killed_at_once = (clues.timeout_flags & kKilledAtOnce) != 0;
  if (tells_caller(life, close)) close.caller = fold.strings.word(clues.caller_text);
  if (close.reason != CloseReason::kLeaderFailed) note_leader(fold, life, destroy);
  return close;
}

}  // namespace wsitrace
