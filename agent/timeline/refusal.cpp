// SPDX-License-Identifier: MIT
//
// callback_refused: a callback returned non-zero, so lws closes the connection. Which callback tells why, and what became of
// the transaction: a handler that has answered and learned from lws that this was the last response returns -1 too. Where
// calls are recorded, transaction_completed tells the two apart; elsewhere the callback has to do.
#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

// HTTP refused: on a stream, with HTTP/1.0, or when lws itself answered ("not found", without a BIND before), this follows
// a last response; otherwise a handler hung up.
bool answered_at_once(const Life &life) {
  return life.is_stream() || !life.progress.bound || life.connection.transactions.back().version == "HTTP/1.0";
}

void note_last_response(Fold &fold, Life &life, const Event &event) {
  const bool handled = life.connection.transactions.back().handled_ns.has_value();
  if (fold.sees_calls || !handled) return;
  if (event.value == k_HTTP && answered_at_once(life)) life.progress.refused_done_ns = event.time_ns;
  if (event.value == k_HTTP_WRITEABLE || event.value == k_HTTP_BODY_COMPLETION)
    life.progress.refused_done_ns = event.time_ns;
}

}  // namespace

void fold_refusal(Fold &fold, Life &life, const Event &event) {
  if (event.kind != k_callback_refused || has_role<role::kAsks>(event.value)) return;  // lws says what came of those
  if (life.connection.cls == ConnectionClass::kListener) {
    fold.threads[event.thread].accepted_fd = -1;  // turned away: no connection follows
    return;
  }
  // Clients pass on what lws_http_client_read() said: the peer's end. Their own refusal is that of RECEIVE_CLIENT_HTTP_READ.
  if (event.value == k_RECEIVE_CLIENT_HTTP) {
    life.clues.left_answer = true;
    return;
  }
  if (life.clues.refused < 0) {
    life.clues.refused = event.value;
    life.clues.refused_ns = event.time_ns;
  }
  if (!life.clues.requested) send_stored_code(life);
  if (!life.progress.open) return;
  if (has_role<role::kRefusesRequest | role::kRefusesUpgrade>(event.value))
    return end_transaction(fold, life, Outcome::kRejected, event.time_ns);
  note_last_response(fold, life, event);
}

std::optional<Close> close_by_refusal(const Life &life) {
  const int callback = life.clues.refused;
  if (callback < 0) return std::nullopt;
  const bool answered = life.progress.last == Outcome::kCompleted;
  if (has_role<role::kHandler>(callback) && answered)
    return Close{CloseReason::kResponseDone, CloseBy::kLws, CloseEvidence::kCallbackResult, {}, {}};
  if (has_role<role::kRefusesRequest>(callback))
    return Close{CloseReason::kRefused, CloseBy::kLocal, CloseEvidence::kCallbackResult, {}, {}};
  if (has_role<role::kRefusesUpgrade>(callback))
    return Close{CloseReason::kUpgradeRefused, CloseBy::kLocal, CloseEvidence::kCallbackResult, {}, {}};
  return Close{CloseReason::kHandlerClosed, CloseBy::kLocal, CloseEvidence::kCallbackResult, {}, {}};
}

}  // namespace wsitrace
