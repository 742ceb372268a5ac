// SPDX-License-Identifier: MIT
#include "agent/probe/record.h"

#include <cstring>
#include <type_traits>

#include "agent/base/redact.h"
#include "agent/lws/callbacks.h"
#include "agent/lws/close_texts.h"
#include "agent/probe/attempts.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/facts.h"
#include "agent/probe/finals.h"
#include "agent/probe/graves.h"
#include "agent/probe/guests.h"
#include "agent/probe/host_state.h"
#include "agent/probe/on_demand.h"
#include "agent/probe/probe.h"
#include "agent/probe/sockets.h"
#include "agent/probe/strings.h"
#include "agent/probe/thunk_table.h"
#include "agent/probe/tls.h"
#include "agent/probe/vhosts.h"
#include "agent/probe/wakes.h"

namespace wsitrace {
namespace {

uint16_t name_id(lws_vhost *vhost, size_t index) noexcept {
  if (index == kUnknownVhost) return intern(api().lws_get_vhost_name(vhost));
  std::atomic<uint16_t> &known = host_state().vhost_ids[index];
  uint16_t id = known.load(std::memory_order_relaxed);
  if (id == kNoString) [[unlikely]] {
    id = intern(api().lws_get_vhost_name(vhost));
    known.store(id, std::memory_order_relaxed);
  }
  return id;
}

// Of one that is not known, nothing is kept but in SPARE.
[[gnu::noinline]] const VhostMemo &learn_of(lws_vhost *vhost, VhostMemo &spare) noexcept {
  spare = {.changes = vhost_changes()};
  const size_t index = vhost != nullptr ? vhost_index(vhost) : kUnknownVhost;
  if (vhost != nullptr) spare.name = name_id(vhost, index);
  spare.first_thunk = index != kUnknownVhost ? first_thunk_of(index) : kNoThunk;
  if (index == kUnknownVhost) return spare;
  spare.vhost = vhost;
  return t_state.vhost = spare;
}

// A thread serves the same vhost again and again. The calling thread has a ring.
const VhostMemo &memo_of(lws_vhost *vhost, VhostMemo &spare) noexcept {
  if (is_learnt(vhost)) [[likely]]
    return t_state.vhost;
  return learn_of(vhost, spare);
}
uint16_t vhost_name(lws_vhost *vhost) noexcept {
  VhostMemo spare;
  return memo_of(vhost, spare).name;
}

// lws moves a wsi to the vhost that its request names, and then tells of the request, and of the file that it sends, by the table of the vhost
// before. No protocol of that serves it: until another is bound, the new vhost's first one does.
size_t serving_thunk(lws_vhost *vhost, size_t thunk_index, size_t first) noexcept {
  if (first == thunk_index || first == kNoThunk) return thunk_index;
  const bool known = api().lws_vhost_name_to_protocol(vhost, protocol_name_of(thunk_index)) != nullptr;
  return known ? thunk_index : first;
}

Event event_of(EventKind kind, const void *subject) noexcept {
  Event event{};
  event.kind = kind;
  event.wsi = reinterpret_cast<uintptr_t>(subject);
  return event;
}

bool is_held_by_lws(lws *wsi) noexcept {
  return api().lws_partial_buffered != nullptr && api().lws_partial_buffered(wsi) != 0;
}

void tell_part(RingWriter &out, const void *wsi) noexcept {
  ResponseFacts facts;
  if (!take_part(wsi, facts)) return;
  Items items;
  items.add(kItemResponse, &facts, sizeof facts);
  out.record(event_of(k_response_part, wsi), &items);
}

// HELD: lws has not sent all of it yet.
void tell_final(RingWriter &out, const void *wsi, bool held) noexcept {
  const Final final = take_final(wsi);
  if (final.ago_ms < 0) return tell_part(out, wsi);
  Event event = event_of(k_response_written, wsi);
  event.value = final.ago_ms;
  if (final.cut_short || held) event.flags |= kCutShort;
  if (final.status_page) event.flags |= kStatusPage;
  out.record(event);
}

// An outbound wsi is created when it is connected, and has a socket then.
bool wants_facts(int reason, uint32_t roles, lws *wsi) noexcept {
  if (reason == LWS_CALLBACK_WSI_CREATE) return api().lws_get_socket_fd(wsi) >= 0;
  return (roles & role::kFacts) != 0 || ((roles & role::kStreamFacts) != 0 && is_stream(wsi));
}

// What is told, or forgotten, of WSI before the event.
constexpr uint32_t kPreceded =
    role::kAfterHandshake | role::kOwesCompletion | role::kLoopTurns | role::kBegins | role::kBind;
void precede(RingWriter &out, lws *wsi, int reason, uint32_t roles) noexcept {
  if ((roles & role::kLoopTurns) != 0) note_loop_thread();
  if (wsi == nullptr) return;
  if ((roles & role::kAfterHandshake) != 0) tell_tls(wsi);
  if ((roles & role::kOwesCompletion) != 0 && has_response(wsi))
    tell_final(out, wsi, is_whole(wsi) && is_held_by_lws(wsi));
  if ((roles & (role::kBegins | role::kBind)) != 0) unbury(wsi);
  if (reason == LWS_CALLBACK_ESTABLISHED) forget_final(wsi);  // its 101 was no response that has an end
  if (reason != LWS_CALLBACK_WSI_DESTROY) return;
  if (wakes_are_pending()) record_wake(wsi, true);
  bury(wsi);
}

[[gnu::noinline]] void record_with_facts(RingWriter &out, Event event, lws *wsi, const void *in,
                                         size_t length) noexcept {
  Items items;
  add_facts(event, items, wsi, in, length);
  out.record(event, &items);
}

[[gnu::noinline]] void record_end(RingWriter &out, Event event, lws *wsi) noexcept {
  const uint32_t timeout_set_ms = add_end(event, wsi);
  if (timeout_set_ms == 0) [[likely]] {
    out.record(event);
    return;
  }
  Items items;
  items.add(kItemSetAgo, &timeout_set_ms, sizeof timeout_set_ms);
  out.record(event, &items);
}

// An event of KIND about SUBJECT, as COMPLETE(event) or COMPLETE(event, items) makes it.
template <typename Complete>
void record_as(EventKind kind, const void *subject, Complete complete) noexcept {
  RingWriter *out = writer();
  if (out == nullptr) return count_lost_without_ring();
  Event event = event_of(kind, subject);
  if constexpr (std::is_invocable_v<Complete, Event &>) {
    complete(event);
    out->record(event);
  } else {
    Items items;
    complete(event, items);
    out->record(event, &items);
  }
}

constexpr size_t kMaxSeenTextBytes = 1024;

uint16_t intern_redacted(const char *text) noexcept {
  if (text == nullptr) return kNoString;
  char told[kMaxStringBytes + 1];
  told[redact_text(text, strnlen(text, kMaxSeenTextBytes), told, kMaxStringBytes)] = '\0';
  return intern(told);
}

uint16_t vhost_of(lws *wsi) noexcept { return vhost_name(api().lws_get_vhost(wsi)); }

}  // namespace

void record_callback(size_t thunk_index, lws *wsi, int reason, const void *in, size_t length) noexcept {
  RingWriter *out = writer();
  if (out == nullptr) [[unlikely]]
    return count_lost_without_ring();
  if (is_of_guest_only(wsi, reason)) return;
  const uint32_t roles = roles_of(reason);
  if ((roles & kPreceded) != 0) precede(*out, wsi, reason, roles);
  Event event = event_of(static_cast<EventKind>(reason), wsi);
  if (wsi != nullptr) {
    lws_vhost *vhost = api().lws_get_vhost(wsi);
    VhostMemo spare;
    const VhostMemo &memo = memo_of(vhost, spare);
    const size_t first = memo.first_thunk;
    event.vhost = memo.name;
    event.flags = first == thunk_index ? kFirstProtocol : 0;
    const bool tells = (roles & role::kTellsOfRequest) != 0;
    event.protocol = protocol_id(tells ? serving_thunk(vhost, thunk_index, first) : thunk_index);
    if (wants_facts(reason, roles, wsi)) return record_with_facts(*out, event, wsi, in, length);
    if (reason == LWS_CALLBACK_WSI_DESTROY) return record_end(*out, event, wsi);
  } else {
    event.protocol = protocol_id(thunk_index);
  }
  if ((roles & role::kDrop) != 0) event.text = intern_literal(static_cast<const char *>(in));
  out->record(event);
}

void record_refusal(size_t thunk_index, const lws *wsi, int reason) noexcept {
  record_as(k_callback_refused, wsi, [&](Event &event) {
    event.protocol = protocol_id(thunk_index);
    event.value = reason;
  });
}

void record_objection(size_t thunk_index, int reason) noexcept {
  constexpr int kTold = 16;
  static std::atomic<int> told{0};
  if (!is_on() || told.fetch_add(1, std::memory_order_relaxed) >= kTold) return;
  const ErrnoGuard guard;
  record_as(k_callback_objected, nullptr, [&](Event &event) {
    event.protocol = protocol_id(thunk_index);
    event.value = reason;
  });
}

void record_whole_response(lws *wsi) noexcept {
  if (is_of_guest_only(wsi, kNoCallback) || is_held_by_lws(wsi)) return;
  if (RingWriter *out = writer()) tell_final(*out, wsi, false);
}

void record_response_left(const void *wsi) noexcept {
  if (RingWriter *out = writer()) tell_final(*out, wsi, false);
}

void record_lasted(size_t thunk_index, const lws *wsi, int reason, uint32_t at_least_ms) noexcept {
  record_as(k_callback_lasted, wsi, [&](Event &event, Items &items) {
    event.protocol = protocol_id(thunk_index);
    event.value = reason;
    items.add(kItemLasted, &at_least_ms, sizeof at_least_ms);
  });
}

void record_vhost(EventKind kind, lws_vhost *vhost) noexcept {
  record_as(kind, vhost, [&](Event &event) {
    event.vhost = vhost_name(vhost);
    event.value = api().lws_get_vhost_listen_port(vhost);
  });
}

void record_own(EventKind kind, const void *subject, int value, const char *text) noexcept {
  record_as(kind, subject, [&](Event &event) {
    event.value = value;
    event.text = intern_literal(text);
  });
}

void record_timer(const void *timer, int due_ms, bool again) noexcept {
  record_as(k_timer_set, timer, [&](Event &event) {
    event.value = due_ms;
    event.flags = again ? kSetAgain : 0;
  });
}

void record_about(EventKind kind, lws *wsi, int value, const char *text) noexcept {
  if (is_of_guest_only(wsi, kNoCallback)) return;
  record_as(kind, wsi, [&](Event &event) {
    event.value = value;
    event.text = intern_literal(text);
    if (wsi != nullptr) event.vhost = vhost_of(wsi);
  });
}

void record_close_code(lws *wsi, int code, const unsigned char *text, size_t length) noexcept {
  const CloseText *known = text != nullptr ? close_text_of({reinterpret_cast<const char *>(text), length}) : nullptr;
  record_about(k_close_code_sent, wsi, code, known != nullptr ? known->text.data() : nullptr);
}

void record_close(lws *wsi, int reason, const char *caller) noexcept {
  if (is_of_guest_only(wsi, kNoCallback)) return;
  record_as(k_close_requested, wsi, [&](Event &event, Items &items) {
    if (caller != nullptr && std::strncmp(caller, "client_connect", 14) == 0) add_attempt(items);
    event.value = reason;
    event.text = intern_literal(caller);
    event.vhost = vhost_of(wsi);
    if (closes_listeners(reason, caller)) add_whether_it_listens(event, wsi);
    else if (!is_stream(wsi)) {
      add_tcp(items, wsi);  // before lws sends a FIN of its own
      add_name_asked(items, wsi);
    }
  });
}

void record_completion(lws *wsi) noexcept {
  if (is_of_guest_only(wsi, kNoCallback)) return;
  ResponseFacts facts;
  if (const int missing = wsi != nullptr ? missing_ends(wsi) : 0)
    if (const int odd = missing & (is_stream(wsi) ? kStreamNotEnded : kChunksNotEnded))
      record_about(k_head_written, wsi, odd, nullptr);
  if (wsi != nullptr && take_wrong_length(wsi, facts) && !is_stream(wsi)) [[unlikely]]
    record_as(k_response_part, wsi, [&](Event &, Items &items) { items.add(kItemResponse, &facts, sizeof facts); });
  record_as(k_transaction_completed, wsi, [&](Event &event) {
    if (wsi == nullptr) return;
    event.vhost = vhost_of(wsi);
    add_completion(event, wsi);
  });
}

void record_status(lws *wsi, unsigned status) noexcept {
  // lws may answer these without telling a callback of the request.
  const bool redirects = status >= 300 && status < 400;
  if (!redirects || wsi == nullptr) return record_about(k_status_sent, wsi, static_cast<int>(status & 0xffff), nullptr);
  if (is_of_guest_only(wsi, kNoCallback)) return;
  record_as(k_status_sent, wsi, [&](Event &event, Items &items) {
    event.vhost = vhost_of(wsi);
    add_request_line(event, items, wsi);
    event.value = static_cast<int>(status);
  });
}

void record_connect(const lws_client_connect_info *info) noexcept {
  if (info == nullptr) return count_lost_without_ring();
  record_as(k_connect_requested, nullptr, [&](Event &event, Items &items) {
    event.value = info->port;
    add_target(event, items, *info);
  });
}

void record_failed_call(const char *name, uint64_t since_ns) noexcept {
  record_as(k_call_failed, nullptr, [&](Event &event, Items &items) {
    event.text = intern_literal(name);
    add_attempt(items);
    const uint64_t took_us = (monotonic_ns() - since_ns) / 1000 + 1;  // last: it must reach to the event's own time
    event.value = took_us < INT32_MAX ? static_cast<int>(took_us) : INT32_MAX;
  });
}

void record_handshake(int fd, const void *ssl) noexcept {
  record_as(k_tls_handshake, nullptr, [&](Event &event, Items &items) {
    event.value = fd;
    add_established(event, items, ssl);
  });
}

void record_said(const void *wsi, int value, const char *text, uint8_t error, bool is_literal) noexcept {
  record_as(k_lws_said, wsi, [&](Event &event) {
    event.value = value;
    event.text = is_literal ? intern_literal(text) : intern_redacted(text);
    event.flags = error;
  });
}

void record_wake(lws *wsi, bool destroyed) noexcept {
  const ErrnoGuard guard;
  const int waited_ms = take_wake(wsi, destroyed);
  if (waited_ms > 0) record_about(k_foreign_wake, wsi, destroyed ? -waited_ms : waited_ms, "lws_callback_on_writable");
}

void record_with(EventKind kind, int value, ItemTag tag, const void *item, size_t bytes) noexcept {
  record_as(kind, nullptr, [&](Event &event, Items &items) {
    event.value = value;
    items.add(tag, item, bytes);
  });
}

void record_accept(int error, const char *name, const AcceptFacts &facts) noexcept {
  record_as(k_accept_failed, nullptr, [&](Event &event, Items &items) {
    event.value = error;
    event.text = intern_literal(name);
    items.add(kItemAccept, &facts, sizeof facts);
  });
}

void record_context(const void *context, const ContextFacts &facts, const ContextOptions *options) noexcept {
  record_as(k_context_created, context, [&](Event &, Items &items) {
    items.add(kItemContext, &facts, sizeof facts);
    if (options != nullptr) items.add(kItemOptions, options, sizeof *options);
  });
}

void record_waiting(int listener, const AcceptFacts &facts) noexcept {
  record_as(k_clients_waiting, nullptr, [&](Event &event, Items &items) {
    event.value = listener;
    items.add(kItemAccept, &facts, sizeof facts);
  });
}

void record_late(uint32_t waited_ms, uint32_t pause_ms) noexcept {
  record_as(k_served_late, nullptr, [&](Event &event, Items &items) {
    event.value = static_cast<int32_t>(waited_ms);
    items.add(kItemLasted, &pause_ms, sizeof pause_ms);
  });
}

void record_spin(const void *wsi, int how, const SpinFacts &facts) noexcept {
  record_as(k_loop_spins, wsi, [&](Event &event, Items &items) {
    event.value = how;
    items.add(kItemSpin, &facts, sizeof facts);
  });
}

void record_failed_handshake(int fd, const void *ssl, const char *failure) noexcept {
  record_as(k_tls_handshake, nullptr, [&](Event &event, Items &items) {
    event.value = fd;
    event.text = intern_literal(failure);
    add_verify_result(items, ssl);
    add_name_asked(items, ssl);
    add_ended_socket(items, fd);
  });
}

}  // namespace wsitrace
