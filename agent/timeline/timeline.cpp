// SPDX-License-Identifier: MIT
#include "agent/timeline/timeline.h"

#include <utility>

#include "agent/timeline/fold.h"
#include "agent/timeline/process_words.h"

namespace wsitrace {
namespace {

void fold_context(Fold &fold, const Event &event) {
  uint32_t &destroying = fold.threads[event.thread].destroying_contexts;
  if (event.kind == k_context_created) {
    fold.contexts[event.wsi] = {event.wsi, ++fold.contexts_created, event.time_ns};
  } else if (event.value == 0) {
    ++destroying;
  } else {
    if (destroying > 0) --destroying;
    // In a callback it takes effect later, and lws calls it again.
    if (fold.contexts.erase(event.wsi) > 0 || fold.contexts_created == 0) ++fold.contexts_destroyed;
    if (fold.contexts_created > 0 && fold.contexts.empty()) end_what_lws_freed(fold, event.time_ns);
  }
}

// A vhost that was never told PROTOCOL_INIT, for lws_service() never ran, is not told PROTOCOL_DESTROY either.
void fold_first_protocol(Fold &fold, const Event &event, int64_t change) {
  fold.told_init = event.vhost;
  if ((event.flags & kFirstProtocol) == 0) return;
  if (change < 0) ++fold.vhosts_gone;
  if (event.vhost >= fold.vhosts_left.size()) fold.vhosts_left.resize(size_t{event.vhost} + 1);
  fold.vhosts_left[event.vhost] += change;
}

// lws has not initialized that vhost then, and does not tell it PROTOCOL_DESTROY.
void fold_refused_init(Fold &fold) {
  if (fold.told_init < fold.vhosts_left.size()) fold.vhosts_left[fold.told_init] = 0;
}

void fold_descriptor_left(Fold &fold, const Event &event) {
  const auto found = fold.contexts.find(event.wsi);
  const ContextLife context = found != fold.contexts.end() ? found->second : ContextLife{event.wsi, 0, 0};
  fold.observer.on_descriptor_left(context, event.value, fold.strings.text(event.text), event.time_ns);
}

// Not every way of recording tells of a vhost's beginning.
void note_whether_vhost_listens(Fold &fold, uint16_t name, int port) {
  if (name >= fold.vhost_listens.size()) fold.vhost_listens.resize(size_t{name} + 1);
  fold.vhost_listens[name] = port >= 0;
}

void fold_vhost_destroyed(Fold &fold, const Event &event) {
  const uint16_t name = event.vhost != kNoString ? event.vhost : event.text;
  if (name >= fold.vhost_destroyed_ns.size()) fold.vhost_destroyed_ns.resize(size_t{name} + 1);
  fold.vhost_destroyed_ns[name] = event.time_ns;
  note_whether_vhost_listens(fold, name, event.value);
}

void tell_loop(Fold &fold, const Event &event, ItemBytes items) {
  const bool is_of_connection = event.kind == k_foreign_call || event.kind == k_loop_spins ||
                                event.kind == k_call_lasted || event.kind == k_callback_runs;
  const Life *life = is_of_connection && event.wsi != 0 ? fold.lives.find(event.wsi) : nullptr;
  fold.observer.on_loop_heard(event, items, life != nullptr ? &life->connection : nullptr);
}

bool asks_oddly(ItemBytes items) {
  bool found = false;
  for_each_item(items, [&](ItemTag tag, ItemBytes) { found = found || tag == kItemNowhere || tag == kItemAsked; });
  return found;
}

// Events that belong to no connection.
bool fold_surroundings(Fold &fold, const Event &event, ItemBytes items) {
  switch (event.kind) {
    case k_gap:
      fold.lossy = true;
      fold.threads[event.thread].accepted_fd = -1;
      fold.threads[event.thread].connecting.reset();
      return true;
    case k_service_overslept:
    case k_loop_left:
    case k_loop_spins:
    case k_call_lasted:
    case k_callback_runs:
    case k_foreign_call: tell_loop(fold, event, items); return true;
    case k_vhost_created:
      ++fold.vhosts_made;
      note_whether_vhost_listens(fold, event.vhost, event.value);
      fold.observer.on_surroundings(event, items);
      return true;
    case k_descriptor_left: fold_descriptor_left(fold, event); return true;
    case k_vhost_destroyed:
      fold_vhost_destroyed(fold, event);
      fold.observer.on_surroundings(event, items);
      return true;
    case k_context_created:
      fold.observer.on_surroundings(event, items);
      tell_loop(fold, event, items);
      [[fallthrough]];
    case k_context_destroyed: fold_context(fold, event); return true;
    case k_context_begins:
    case k_mount_known:
    case k_protocol_known: fold.observer.on_surroundings(event, items); return true;
    case k_callback_objected:
      if (event.value == k_PROTOCOL_INIT) fold_refused_init(fold);
      [[fallthrough]];
    case k_clients_waiting:
    case k_served_late:
    case k_dead_wsi_used:
    case k_timer_set:
    case k_timer_cancelled:
    case k_dead_context_used:
    case k_service_misused: fold.observer.on_surroundings(event, items); return true;
    case k_calls_observed: fold.sees_calls = true; return true;
    case k_call_failed:
      // A context that is being destroyed connects nowhere.
      if (!end_failed_call(fold, event, items) && fold.threads[event.thread].destroying_contexts == 0)
        fold.observer.on_surroundings(event, items);
      return true;
    case k_connect_requested:
      note_connect_request(fold, event, items);
      if (asks_oddly(items)) fold.observer.on_surroundings(event, items);
      return true;
    case k_tls_handshake: fold_handshake(fold, event, items); return true;
    case k_lws_said:
      note_said(fold, event);
      fold.observer.on_lws_said(event);
      return true;
    case k_frame_read: fold_frame(fold, event, items); return true;
    case k_accept_failed: fold.observer.on_accept_failed(event, items); return true;
    case k_socket_quiet:
    case k_peer_left: fold_peer_left(fold, event, items); return true;
    case k_module: fold_module(fold, items); return true;
    case k_callback_known: fold_callback_known(fold, event, items); return true;
    case k_stack: fold_stack(fold, event, items); return true;
    case k_user_left: fold_user_left(fold, event, items); return true;
    case k_PROTOCOL_INIT: fold_first_protocol(fold, event, 1); return true;
    case k_PROTOCOL_DESTROY: fold_first_protocol(fold, event, -1); return true;
    default: return event.wsi == 0;
  }
}

void fold_event(Fold &fold, const Event &event, ItemBytes items) {
  fold.last_event_ns = event.time_ns;
  ++fold.may_look_at;
  if (event.kind != k_callback_runs) fold.observer.on_event_counted(event.kind);
  if (fold_surroundings(fold, event, items)) return;
  Life *life = life_of(fold, event);
  if (life == nullptr) {
    ++fold.totals.stray_events;
    return;
  }
  life->events += event.kind != k_close_requested;
  fold.observer.on_connection_event(life->connection, event, items);
  const bool announced = life->announced;
  Shown before = shown(life->connection);
  identify(fold, *life, event, items);
  if (event.kind == k_WSI_DESTROY) {
    tell_change(fold, *life, before);
    return end_life(fold, *life, event, items);
  }
  announce(fold, *life);
  if (!announced) before = shown(life->connection);
  note_close_evidence(fold, *life, event, items);
  fold_transport(fold, *life, event, items);
  fold_transaction(fold, *life, event, items);
  fold_outbound(fold, *life, event, items);
  fold_refusal(fold, *life, event);
  fold_binding(fold, *life, event);
  fold_session(fold, *life, event);
  tell_change(fold, *life, before);
}

}  // namespace

Timeline::Timeline() : fold_(std::make_unique<Fold>()) {}
Timeline::~Timeline() = default;

void Timeline::add(TimelineObserver &observer) { fold_->observer.add({std::shared_ptr<void>(), &observer}); }
void Timeline::add(std::shared_ptr<TimelineObserver> observer) { fold_->observer.add(std::move(observer)); }
void Timeline::ask() { fold_->observer.on_asked(*this); }

void Timeline::on_process(const ProcessFacts &facts) {
  fold_->process = facts;
  fold_->sees_calls = fold_->sees_calls || came_as(facts, kAttachPreload);
  fold_->observer.on_process_known(facts);
}

void Timeline::on_string(uint16_t id, std::string_view text) { fold_->strings.tell(id, text); }
void Timeline::on_event(const Event &event, std::span<const std::byte> items) { fold_event(*fold_, event, items); }

void Timeline::on_loss(const Loss &loss) {
  const Loss before = std::exchange(fold_->loss, loss);
  if (loss.lost > 0) fold_->lossy = true;
  fold_->observer.on_lost(before, fold_->loss);
}

void Timeline::on_end(const End &end) {
  fold_->end = end;
  if (contexts_gone()) end_what_lws_freed(*fold_, fold_->last_event_ns);
  fold_->observer.on_log_ended(*this);
}

void Timeline::on_batch_begun() { fold_->observer.on_batch(true); }
void Timeline::on_batch_ended() { fold_->observer.on_batch(false); }

const Totals &Timeline::totals() const { return fold_->totals; }
const ProcessFacts &Timeline::process() const { return fold_->process; }
const Loss &Timeline::loss() const { return fold_->loss; }
const End *Timeline::end() const { return fold_->end ? &*fold_->end : nullptr; }

std::optional<Ending> Timeline::ending() const {
  return fold_->end ? std::optional(ending_of(*fold_->end)) : std::nullopt;
}
uint64_t Timeline::last_event_ns() const { return fold_->last_event_ns; }
std::string_view Timeline::text(uint16_t id) const { return fold_->strings.text(id); }

bool Timeline::contexts_gone() const {
  if (fold_->contexts_created > 0) return fold_->contexts.empty();
  if (fold_->vhosts_made > 0) return fold_->vhosts_gone >= fold_->vhosts_made;
  return fold_->contexts_destroyed > 0;
}

uint64_t Timeline::callback_of(std::string_view protocol) const {
  const auto found = fold_->callbacks.find(protocol);
  return found == fold_->callbacks.end() ? 0 : found->second;
}

size_t Timeline::protocols() const { return fold_->callbacks.size(); }
const std::vector<Module> &Timeline::modules() const { return fold_->modules; }
uint64_t Timeline::contexts_made() const { return fold_->contexts_created; }
uint64_t Timeline::contexts_destroyed() const { return fold_->contexts_destroyed; }

void Timeline::for_each_context(const std::function<void(const ContextLife &)> &visit) const {
  std::map<uint64_t, const ContextLife *> by_number;
  for (const auto &[pointer, context] : fold_->contexts) by_number[context.number] = &context;
  for (const auto &[number, context] : by_number) visit(*context);
}

void Timeline::for_each_vhost_left(const std::function<void(std::string_view, uint64_t)> &visit) const {
  for (size_t id = 0; id < fold_->vhosts_left.size(); ++id)
    if (fold_->vhosts_left[id] > 0)
      visit(fold_->strings.text(static_cast<uint16_t>(id)), static_cast<uint64_t>(fold_->vhosts_left[id]));
}

void Timeline::for_each_open(const std::function<void(const Connection &)> &visit) const {
  for (const Life *life = fold_->lives.oldest(); life != nullptr; life = life->newer) visit(life->connection);
}

}  // namespace wsitrace
