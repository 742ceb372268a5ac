// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <utility>

#include "agent/lws/versions.h"
#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

constexpr Ns kNsPerMicrosecond = 1000;

// It makes the verdict inconclusive. What is left out counts as stray events.
void note_overload(Fold &fold, const char *what) {
  if (!fold.process.notice.empty()) return;
  fold.process.notice = what;
  fold.observer.on_process_known(fold.process);
}

bool may_look_further(Fold &fold) {
  if (fold.may_look_at == 0) {
    note_overload(
        fold, "the log claims more than its events tell: a search for connections that ended without a word was cut");
    return false;
  }
  --fold.may_look_at;
  return true;
}

bool has_socket(const Life &life) {
  return life.connection.fd || life.has_seen(kSeenRaw) || life.connection.cls == ConnectionClass::kListener;
}

// True when EVENT cannot belong to LIFE any more: the WSI_DESTROY between them is missing.
bool begins_another(const Fold &fold, const Life &life, const Event &event) {
  const ThreadFacts &thread = fold.threads[event.thread];
  const bool listens = life.connection.cls == ConnectionClass::kListener;
  switch (event.kind) {
    // CREATE comes first, except on an outbound connection: there it means "connected", again after a redirect.
    // What a listener of this thread has just accepted is created next; that on the pointer never got as far as a socket.
    case k_WSI_CREATE:
      if (life.has_seen(kSeenRedirect)) return false;
      return !life.is_client_side() || (thread.accepted_fd >= 0 && !life.has_seen(kSeenNew));
    // A second BIND without a DROP before, and nothing of a socket: the first connect failed without another word.
    case k_CLIENT_HTTP_BIND_PROTOCOL:
      return life.is_client_side() && life.binding_open && !life.has_seen(kSeenNew | kSeenCreate);
    case k_FILTER_NETWORK_CONNECTION: return life.connection.cls == ConnectionClass::kClient;
    case k_SERVER_NEW_CLIENT_INSTANTIATED: return listens;
    default: return false;
  }
}

// An attempt whose connect() failed at once: of one that is bound to no protocol by name, lws 4.1 tells nothing before.
bool is_silent_attempt(const Fold &fold, const Event &event) {
  return event.kind == k_close_requested && fold.strings.word(event.text) == Word::kConnectFailed &&
         fold.threads[event.thread].connecting.has_value();
}

// lws's own wsis have no vhost, and end without WSI_DESTROY.
bool is_silent_listener(const Event &event) { return ends_with_context(event) && event.vhost != kNoString; }

// Events that are part of the end say nothing about how long it was quiet before.
bool is_part_of_end(uint16_t kind) {
  return has_role<role::kEnds | role::kDrop>(kind) || kind == k_close_requested || kind == k_response_written ||
         kind == k_response_part || kind == k_callback_lasted || kind == k_tls_established;  // told along with another
}

// Callbacks in which the application decides something; not those that only tell of lws's own steps.
bool gives_control(uint16_t kind) { return kind != k_WSI_CREATE && !is_bind(kind) && kind < k_gap; }

// What happens on a stream happens on its carrier.
void note_sign(Fold &fold, Life &life, const Event &event) {
  const Ns now_ns = event.time_ns;
  life.connection.last_sign_ns = now_ns;
  if (gives_control(event.kind)) {
    life.connection.last_callback = event.kind;
    life.connection.last_callback_protocol = fold.strings.text(event.protocol);
  }
  if (!life.connection.parent) return;
  Life *carrier = fold.lives.find(life.parent_pointer);
  if (carrier != nullptr && carrier->connection.id == *life.connection.parent)
    carrier->connection.last_sign_ns = now_ns;
}

Life &begin_life(Fold &fold, const Event &event) {
  Life &life = fold.lives.begin(event.wsi);
  Connection &connection = life.connection;
  connection.opened_ns = event.time_ns;
  connection.opened_seen = has_role<role::kBegins>(event.kind);
  if (event.thread != 255) connection.thread = connection.opened_thread = event.thread;
  ++fold.totals.opened;
  return life;
}

// The observer hears of everything that ends with LIFE, then of its end.
void finish_life(Fold &fold, Life &life, OptionalNs closed_ns, Close close) {
  Connection &connection = life.connection;
  connection.closed_ns = closed_ns;
  connection.close = std::move(close);
  connection.state = State::kClosed;
  ++fold.totals.closed;
  fold.observer.on_connection_closed(connection);
  leave_parent(fold, life);
  fold.lives.end(life);
}

void settle(Fold &fold, Life &life, Ns now_ns) {
  life.ending = true;
  announce(fold, life);
  settle_transaction(fold, life, now_ns);
  settle_binding(fold, life, now_ns, Settled::kByDestroy);
  settle_session(fold, life, now_ns);
}

void end_unseen(Fold &fold, Life &life, Ns now_ns) {
  identify_at_end(fold, life, Event{});
  settle(fold, life, now_ns);
  finish_life(fold, life, std::nullopt, {});
}

}  // namespace

void leave_parent(Fold &fold, Life &life) {
  if (!life.connection.parent) return;
  Life *parent = fold.lives.find(life.parent_pointer);
  if (parent == nullptr || parent->connection.id != *life.connection.parent || parent->children == 0) return;
  const Shown before = shown(parent->connection);
  if (--parent->children == 0) parent->connection.state = State::kIdle;
  tell_change(fold, *parent, before);
}

bool can_begin_life(uint16_t kind) {
  switch (kind) {
    case k_transaction_completed:
    case k_status_sent:
    case k_close_code_sent:
    case k_callback_refused: return false;
    default: return has_role<role::kAlone>(kind) || !is_part_of_end(kind);
  }
}

Life *life_of(Fold &fold, const Event &event) {
  Life *life = fold.lives.find(event.wsi);
  if (life != nullptr && begins_another(fold, *life, event)) {
    end_unseen(fold, *life, event.time_ns);
    life = nullptr;
  }
  if (life == nullptr && (can_begin_life(event.kind) || is_silent_listener(event) || is_silent_attempt(fold, event))) {
    if (fold.lives.has_room()) life = &begin_life(fold, event);
    else note_overload(fold, "more than 1,048,576 connections were open at a time: the others were not followed");
  }
  if (is_part_of_end(event.kind)) return life;
  fold.threads[event.thread].closing = 0;
  fold.threads[event.thread].failed_leader.reset();
  if (life != nullptr) note_sign(fold, *life, event);
  return life;
}

void end_life(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    if (tag == kItemSetAgo && bytes.size() == sizeof life.clues.timeout_set_ms)
      std::memcpy(&life.clues.timeout_set_ms, bytes.data(), bytes.size());
  });
  const Shown before = shown(life.connection);
  identify_at_end(fold, life, event);
  tell_change(fold, life, before);
  settle(fold, life, event.time_ns);
  finish_life(fold, life, event.time_ns, resolve_close(fold, life, event));
}

// lws_context_destroy() closes what has a socket. What has none is freed in its last step without a callback since 4.4, and was
// never freed before: an outbound attempt that still looks for an address, the user of an mqtt connection that has gone.
void end_what_lws_freed(Fold &fold, Ns now_ns) {
  if (lws_version_of(fold.process.lws_version.c_str()) < kFreesSocketless) return;
  for (const Life *life = fold.lives.oldest(); life != nullptr; life = life->newer)
    if (has_socket(*life) || !may_look_further(fold)) return;  // that last step has not come yet
  for (Life *life = fold.lives.oldest(); life != nullptr;) {
    Life &here = *life;
    life = here.newer;
    identify_at_end(fold, here, Event{});
    settle(fold, here, now_ns);
    finish_life(fold, here, now_ns,
                {CloseReason::kContextDestroyed, CloseBy::kLocal, CloseEvidence::kEvents, {}, std::nullopt});
  }
}

// A call that failed leaves wsis behind that lws frees without another word (lws: no callback, no WSI_DESTROY). What lws is closing has its
// WSI_DESTROY before the call returns, or in a later turn of the loop (libuv).
bool end_failed_call(Fold &fold, const Event &event, ItemBytes items) {
  bool ended_any = false;
  const Ns lasted_ns = (static_cast<Ns>(event.value > 0 ? event.value : 0) + 1) * kNsPerMicrosecond;
  Ns since_ns = event.time_ns > lasted_ns ? event.time_ns - lasted_ns : 0;
  const std::string_view call = fold.strings.text(event.text);
  const bool connecting = call.find("connect") != std::string_view::npos;
  ThreadFacts &thread = fold.threads[event.thread];
  if (connecting) thread.connecting.reset();
  // A host that was put aside before it could write the event seems to have begun the call later than it did.
  // Nothing that the call made is older than the event which tells of it, and what it lasted is rounded up.
  constexpr Ns kRoundedNs = 3 * kNsPerMicrosecond;
  if (connecting && thread.connect_called_ns != 0 && thread.connect_called_ns <= since_ns + kRoundedNs)
    since_ns = thread.connect_called_ns;
  for (Life *life = fold.lives.newest(); life != nullptr && life->connection.opened_ns >= since_ns;) {
    Life &here = *life;
    life = here.older;
    if (!may_look_further(fold)) break;
    if (here.connection.thread.value_or(255) != event.thread) continue;
    if (here.connection.cls == ConnectionClass::kListener || here.clues.requested) continue;
    const Shown before = shown(here.connection);
    if (here.is_undecided()) {
      here.connection.cls = ConnectionClass::kClient;
      here.connection.origin = connecting ? Origin::kOutbound : Origin::kAdopted;
      here.connection.evidence = Evidence::kEvent;
    }
    tell_change(fold, here, before);
    settle(fold, here, event.time_ns);
    if (connecting) note_attempt(here.connection, items);
    ended_any = true;
    const CloseReason reason = connecting ? CloseReason::kConnectFailed : CloseReason::kAdoptFailed;
    const CloseBy by = who_failed_connect(here.connection);
    take_said(fold, here, event);
    Close close{reason, by == CloseBy::kUnknown ? CloseBy::kLws : by, CloseEvidence::kCallResult, std::string(call),
                std::nullopt};
    close.said = here.clues.said;
    finish_life(fold, here, event.time_ns, std::move(close));
  }
  return ended_any;
}

Shown shown(const Connection &connection) {
  return {connection.cls, connection.origin, connection.state, connection.vhost};
}

// Waits for the second event when the first one does not tell the class.
void announce(Fold &fold, Life &life) {
  if (life.announced) return;
  if (life.connection.cls == ConnectionClass::kInternal && life.events < 2 && !life.ending) return;
  life.announced = true;
  fold.observer.on_connection_opened(life.connection);
}

void tell_change(Fold &fold, Life &life, const Shown &before) {
  const Connection &now = life.connection;
  if (!life.announced) return;
  if (before.cls == now.cls && before.origin == now.origin && before.state == now.state &&
      before.vhost.data() == now.vhost.data())
    return;
  Connection then;
  then.id = now.id;
  then.pointer = now.pointer;
  then.generation = now.generation;
  then.opened_ns = now.opened_ns;
  then.cls = before.cls;
  then.origin = before.origin;
  then.state = before.state;
  then.vhost = before.vhost;
  fold.observer.on_connection_changed(then, now);
}

}  // namespace wsitrace
