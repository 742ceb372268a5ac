// SPDX-License-Identifier: MIT
//
// When a request ends, by what lws shows of it on its connection (server side). FH = FILTER_HTTP_CONNECTION.
//
//    a file was sent            FH ... HTTP_FILE_COMPLETION
//    a handler answered         FH ... HTTP ... DROP("lws_http_transaction_completed")
//    lws answered, first time   FH HTTP BIND(protocols[0]): "not found"; nothing was bound yet, so nothing is dropped
//                               FH BIND(protocols[0]):      HEAD, redirect, errors. A dynamic mount on protocols[0] begins
//                                                           likewise; there an event of the handler follows (maybe_done)
//    the last one answered      callback_refused at the end of the handler, then the end of the connection
//    written, not completed     response_written, then the end of the connection, when a callback asked for that or no handler was called
//                               (CGI, proxy, what lws writes by itself): what was written whole is completed, by whatever call. A
//                               handler that asks for nothing owes lws the word
//    upgraded                   HTTP_CONFIRM_UPGRADE ... ESTABLISHED
//    HEAD, the last one         FH, then the end of the connection
// transaction_completed says the same at once, where calls are recorded. It may come twice for one transaction. The next request ends the one before in any case.
#include <algorithm>

#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

// Handlers ask for the close after their last response, and lws closes at once; where it waits, there was something left to send.
constexpr Ns kPromptCloseNs = 100'000'000;

void note_request_line(Fold &fold, Transaction &transaction, ItemBytes items) {
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (tag == kItemPath && transaction.path.empty()) transaction.path = text;
    if (tag == kItemMethod && transaction.method.empty()) transaction.method = fold.strings.intern(text);
    if (tag == kItemVersion && transaction.version.empty()) transaction.version = fold.strings.intern(text);
  });
}

}  // namespace

Transaction &begin_transaction(Fold &fold, Life &life, Ns requested_ns) {
  auto &transactions = life.connection.transactions;
  make_room(transactions);
  Transaction &transaction = transactions.emplace_back();
  transaction.index = static_cast<uint32_t>(++life.connection.transactions_total);
  transaction.requested_ns = requested_ns;
  ++fold.totals.transactions;
  life.progress = {};
  life.progress.open = true;
  life.clues.refused = -1;
  life.connection.state = State::kActive;
  return transaction;
}

namespace {

// lws reads the next request of a connection only after the response to the one before, unless its handler has returned without
// one: then that response never comes.
void end_before_next(Fold &fold, Life &life, Ns now_ns) {
  if (!life.progress.open) return;
  if (life.progress.upgrade) return end_transaction(fold, life, Outcome::kRejected, now_ns);
  if (life.progress.written_whole_ns)
    return end_transaction(fold, life, Outcome::kCompleted, *life.progress.written_whole_ns);
  if (life.current().handled_ns && !life.progress.maybe_done_ns) {
    life.completion.outstanding = true;
    return end_transaction(fold, life, Outcome::kAborted, now_ns);
  }
  end_transaction(fold, life, Outcome::kCompleted, life.progress.maybe_done_ns.value_or(now_ns));
}

void begin_request(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  end_before_next(fold, life, event.time_ns);
  Transaction &transaction = begin_transaction(fold, life, event.time_ns);
  transaction.protocol = fold.strings.text(event.protocol);
  note_request_line(fold, transaction, items);
  judge_pipelining(life, transaction, event);
}

void begin_upgrade(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  end_before_next(fold, life, event.time_ns);
  Transaction &transaction = begin_transaction(fold, life, event.time_ns);
  note_request_line(fold, transaction, items);
  judge_pipelining(life, transaction, event);
  life.progress.upgrade = true;
}

// The protocol that was chosen is asked. Websocket over h2 shows no other sign of the request.
void ask_protocol(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  if (!life.progress.open) begin_upgrade(fold, life, event, items);
  life.progress.upgrade = true;
  life.current().protocol = fold.strings.text(event.protocol);
}

// A POST over h2 comes without FH: it began when the stream was bound.
void begin_unfiltered(Fold &fold, Life &life, const Event &event) {
  const bool bound = life.is_stream() && life.binding_open && life.connection.transactions_total == 0;
  begin_transaction(fold, life, bound ? life.connection.bindings.back().bound_ns : event.time_ns);
  life.progress.bound = bound;
}

void handle(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  if (!life.progress.open) begin_unfiltered(fold, life, event);
  life.progress.maybe_done_ns.reset();
  Transaction &transaction = life.current();
  note_request_line(fold, transaction, items);
  if (transaction.handled_ns) return;
  transaction.handled_ns = event.time_ns;
  transaction.protocol = fold.strings.text(event.protocol);
}

void finish_file(Fold &fold, Life &life, const Event &event) {
  if (!life.progress.open) return;
  if (!life.current().handled_ns) life.current().protocol = fold.strings.text(event.protocol);
  end_transaction(fold, life, Outcome::kCompleted, event.time_ns);
  life.progress.awaits_bind = false;  // not always bound; the callback's result tells of a close
}

void note_bound(Fold &fold, Life &life, const Event &event) {
  const bool first_protocol = (event.flags & kFirstProtocol) != 0;
  const bool settles = first_protocol && !life.progress.bound && !life.binding_open;
  life.progress.awaits_bind = false;
  life.progress.bound = true;
  if (!life.progress.open || life.progress.upgrade || !settles) return;
  if (life.current().handled_ns) {
    end_transaction(fold, life, Outcome::kCompleted, event.time_ns);
    life.progress.awaits_bind = false;
  } else if (life.connection.bindings_total == 0) {
    life.progress.maybe_done_ns = event.time_ns;
  }
}

void note_dropped(Fold &fold, Life &life, const Event &event) {
  if (!life.progress.open) return;
  life.progress.bound = true;
  if (fold.strings.word(event.text) == Word::kTransactionCompleted)
    end_transaction(fold, life, Outcome::kCompleted, life.progress.maybe_done_ns.value_or(event.time_ns));
}

void note_completed(Fold &fold, Life &life, const Event &event) {
  note_completion(life, event);
  if (life.progress.open)
    end_transaction(fold, life, Outcome::kCompleted, life.progress.maybe_done_ns.value_or(event.time_ns));
}

// A redirect that lws answers by itself shows nothing else of the request.
void note_own_redirect(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  Transaction &transaction = begin_transaction(fold, life, event.time_ns);
  note_request_line(fold, transaction, items);
  transaction.status = event.value;
  transaction.responded_ns = event.time_ns;
  end_transaction(fold, life, Outcome::kCompleted, event.time_ns);
}

void note_status(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  if (!life.progress.open && !items.empty() && !life.is_client_side())
    return note_own_redirect(fold, life, event, items);
  if (!life.progress.open || event.value < 200 || event.value > 999) return;
  Transaction &transaction = life.current();
  if (transaction.status) return;
  transaction.status = event.value;
  transaction.responded_ns = event.time_ns;
}

// lws refuses requests by a page of its own, before any handler is called.
bool is_refusal(const Transaction &transaction, const Event &written) {
  return (written.flags & kStatusPage) != 0 && !transaction.handled_ns && transaction.status.value_or(400) >= 400;
}

// The last write is told to the millisecond, so it may seem older than what is known to have come before it.
Ns last_written_ns(const Transaction &transaction, const Event &written) {
  const Ns told_ns = written.time_ns - std::min(written.time_ns, static_cast<Ns>(written.value) * kNsPerMillisecond);
  return std::max(
      {told_ns, transaction.requested_ns, transaction.handled_ns.value_or(0), transaction.responded_ns.value_or(0)});
}

// Told late: when the next request comes, or when all is over. The request that lws refuses after a completed one is not told of, but its page is.
void note_written(Life &life, const Event &event) {
  if (life.has_seen(kSeenSent) || life.progress.outbound || life.connection.transactions.empty()) return;
  Transaction &transaction = life.current();
  if (!life.progress.open && transaction.outcome != Outcome::kAborted) return;
  transaction.written_ns = last_written_ns(transaction, event);
  const bool whole = (event.flags & kCutShort) == 0 || transaction.has_no_body();
  const bool owed = transaction.handled_ns && life.clues.refused < 0;
  if (whole && !owed && !is_refusal(transaction, event)) life.progress.written_whole_ns = transaction.written_ns;
}

void establish(Fold &fold, Life &life, const Event &event) {
  if (!life.progress.open) return;
  life.current().protocol = fold.strings.text(event.protocol);
  end_transaction(fold, life, Outcome::kUpgraded, event.time_ns);
}

// A response without a body is sent at once; without a record of calls, HEAD is the one that can be told by its request.
bool has_no_body(const Fold &fold, const Life &life, const Transaction &transaction) {
  return !fold.sees_calls && !life.progress.outbound && transaction.method == "HEAD" && !transaction.handled_ns &&
         !life.progress.bound;
}

Outcome outcome_at_end(const Fold &fold, const Life &life, const Transaction &transaction, Ns now_ns) {
  const TransactionProgress &progress = life.progress;
  if (has_no_body(fold, life, transaction)) return Outcome::kCompleted;
  if (progress.maybe_done_ns) return Outcome::kCompleted;
  if (progress.refused_done_ns && now_ns - *progress.refused_done_ns <= kPromptCloseNs) return Outcome::kCompleted;
  if (progress.upgrade) return Outcome::kRejected;
  if (progress.written_whole_ns) return Outcome::kCompleted;
  if (!transaction.handled_ns && transaction.status.value_or(0) >= 400) return Outcome::kRejected;
  return Outcome::kAborted;
}

}  // namespace

void end_transaction(Fold &fold, Life &life, Outcome outcome, Ns now_ns) {
  if (!life.progress.open) return;
  Transaction &transaction = life.current();
  transaction.completed_ns = now_ns;
  transaction.outcome = outcome;
  const bool upgrade = life.progress.upgrade;
  const bool bound_already = life.progress.maybe_done_ns.has_value() || life.progress.written_whole_ns.has_value();
  life.progress = {};
  life.progress.last = outcome;
  life.progress.awaits_bind = outcome == Outcome::kCompleted && !bound_already;
  life.progress.last_upgrade = upgrade;
  if (!life.ending && outcome != Outcome::kUpgraded) life.connection.state = State::kIdle;
  fold.observer.on_transaction_ended(life.connection, transaction);
}

void settle_transaction(Fold &fold, Life &life, Ns now_ns) {
  if (!life.progress.open) return;
  const Outcome outcome = outcome_at_end(fold, life, life.current(), now_ns);
  const TransactionProgress &progress = life.progress;
  OptionalNs done_ns = now_ns;
  for (const OptionalNs &known : {progress.written_whole_ns, progress.refused_done_ns, progress.maybe_done_ns})
    if (known && outcome == Outcome::kCompleted) done_ns = known;
  end_transaction(fold, life, outcome, *done_ns);
}

void fold_transaction(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  switch (event.kind) {
    case k_FILTER_HTTP_CONNECTION: return begin_request(fold, life, event, items);
    case k_HTTP_CONFIRM_UPGRADE: return begin_upgrade(fold, life, event, items);
    case k_FILTER_PROTOCOL_CONNECTION: return ask_protocol(fold, life, event, items);
    case k_HTTP: return handle(fold, life, event, items);
    case k_HTTP_FILE_COMPLETION: return finish_file(fold, life, event);
    case k_HTTP_BIND_PROTOCOL: return note_bound(fold, life, event);
    case k_HTTP_DROP_PROTOCOL: return note_dropped(fold, life, event);
    case k_transaction_completed: return note_completed(fold, life, event);
    case k_status_sent: return note_status(fold, life, event, items);
    case k_response_written: return note_written(life, event);
    case k_ESTABLISHED: return establish(fold, life, event);
    case k_CLOSED:
    case k_CLOSED_HTTP: return settle_transaction(fold, life, event.time_ns);
    default: return;
  }
}

}  // namespace wsitrace
