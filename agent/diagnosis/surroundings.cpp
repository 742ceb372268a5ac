// SPDX-License-Identifier: MIT
#include "agent/diagnosis/surroundings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "agent/lws/callbacks.h"
#include "agent/text/callbacks.h"
#include "agent/text/spans.h"
#include "agent/timeline/items.h"

namespace wsitrace {
namespace {

constexpr Ns kNsPerMs = 1'000'000;
constexpr Ns kAtOnceNs = 10 * kNsPerMs;  // what had waited is served one after the other
constexpr Ns kInTurnNs = 10 * kNsPerMs;
constexpr uint64_t kMostSpare = 3;     // contexts without a connection that a program may have
constexpr Ns kLongNs = 1'000'000'000;  // a loop that stands so long makes somebody wait, seen or not

std::string callback_text(uint16_t kind, std::string_view protocol) {
  return fmt::format("{} of protocol {}", callback_name(kind), quoted(protocol));
}

Ns lasted_ns(std::span<const std::byte> items) { return item_of<uint32_t>(items, kItemLasted).value_or(0) * kNsPerMs; }

// By what the kernel said of its socket when lws was told to close it, at NOW_NS: the peer had left, and was not heard since BY_NS. The
// kernel counts in ticks of up to 10 ms.
bool peer_had_left(std::span<const std::byte> items, Ns now_ns, Ns by_ns) {
  constexpr Ns kTicksNs = 20 * kNsPerMs;
  constexpr uint32_t kClose = 7, kCloseWait = 8;  // TCP_CLOSE, after a reset; TCP_CLOSE_WAIT
  bool found = false;
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) {
    TcpFacts facts;
    if (tag != kItemTcp || bytes.size() != sizeof facts) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    const Ns unheard_ns = static_cast<Ns>(facts.unheard_ms) * kNsPerMs;
    found = (facts.state == kClose || facts.state == kCloseWait) && now_ns + kTicksNs <= by_ns + unheard_ns;
  });
  return found;
}

}  // namespace

void Surroundings::event(const Connection &connection, const Event &event, std::span<const std::byte> items,
                         const Timeline &timeline) {
  if (event.kind == k_callback_lasted) return note_block(connection, event, items, timeline);
  if (event.kind == k_callback_refused && event.value == k_FILTER_NETWORK_CONNECTION) {
    TurnedAway &at = turned_away_[connection.id];
    if (at.count++ == 0) at.first_ns = event.time_ns;
    at.last_ns = event.time_ns;
    at.protocol = timeline.text(event.protocol);
    at.vhost = connection.vhost;
    at.local = connection.local;
  }
  if (event.kind == k_callback_refused) refused_ = {connection.id, event.time_ns};
  if (event.kind == k_close_requested) note_lost_peer(connection, event, items);
  if (event.kind >= k_gap) return;
  note_next(connection, event);
  last_ = {connection.id, event.kind, timeline.text(event.protocol), event.time_ns};
  std::deque<Turn> &turns = turns_[event.thread];
  turns.push_back(last_);
  if (turns.size() > kKeptTurns) turns.pop_front();
}

void Surroundings::note_block(const Connection &connection, const Event &event, std::span<const std::byte> items,
                              const Timeline &timeline) {
  if (blocks_.size() >= kKeptBlocks) return;
  Block block;
  const std::deque<Turn> &turns = turns_[event.thread];
  const auto called = std::find_if(turns.rbegin(), turns.rend(), [&](const Turn &turn) {
    return turn.id == connection.id && turn.kind == event.value;
  });
  block.is_exact = called != turns.rend();
  block.turn = {connection.id, static_cast<uint16_t>(event.value), timeline.text(event.protocol),
                event.time_ns - std::min(event.time_ns, lasted_ns(items))};
  if (block.is_exact) block.turn.at_ns = called->at_ns;
  // How long it lasted is known by a coarse clock, which may reach back behind the one before.
  else if (!turns.empty()) block.turn.at_ns = std::max(block.turn.at_ns, turns.back().at_ns);
  block.until_ns = event.time_ns;
  block.in_session = connection.session.has_value();
  block.is_refusal = refused_.first == connection.id && refused_.second + kAtOnceNs >= event.time_ns;
  timeline.for_each_open([&](const Connection &open) {
    block.others_open += open.cls == ConnectionClass::kClient && open.id != connection.id &&
                         open.id != connection.parent.value_or(0) && open.opened_ns <= block.turn.at_ns;
  });
  just_returned_[event.thread] = {blocks_.size(), event.time_ns};
  blocks_.push_back(std::move(block));
}

void Surroundings::note_lost_peer(const Connection &connection, const Event &event, std::span<const std::byte> items) {
  constexpr Ns kNextNs = 10 * kAtOnceNs;  // on a busy machine; that the peer had left is known by the kernel's word
  const auto open = just_returned_.find(event.thread);
  if (open == just_returned_.end() || event.time_ns > open->second.last_ns + kNextNs) return;
  Block &block = blocks_[open->second.block];
  if (connection.id == block.turn.id && !block.is_refusal)
    block.lost_peer = block.lost_peer || peer_had_left(items, event.time_ns, block.until_ns);
}

// What the loop comes to right after it had waited, if it began before: a request that was read, a client that was accepted.
void Surroundings::note_next(const Connection &connection, const Event &event) {
  const auto open = just_returned_.find(event.thread);
  if (open == just_returned_.end()) return;
  if (event.time_ns > open->second.last_ns + kAtOnceNs) {
    just_returned_.erase(open);
    return;
  }
  open->second.last_ns = event.time_ns;
  Block &block = blocks_[open->second.block];
  const bool is_served = has_role<role::kLoopTurns>(event.kind) || event.kind == k_SERVER_NEW_CLIENT_INSTANTIATED;
  const bool is_other = connection.id != block.turn.id && connection.cls != ConnectionClass::kListener;
  if (is_served && is_other && block.waited.size() < kKeptIds) block.waited.insert(connection.id);
}

uint64_t Surroundings::turned_away() const {
  uint64_t count = 0;
  for (const auto &[listener, at] : turned_away_) count += at.count;
  return count;
}

std::string Surroundings::last_callback_text() const {
  if (last_.id == 0) return {};
  return fmt::format("{} on connection {}", callback_text(last_.kind, last_.protocol), last_.id);
}

void Surroundings::add_context_left(std::vector<Diagnosis> &to, const Timeline &timeline) {
  const bool ended = timeline.ending() == Ending::kExit;
  if (!ended || timeline.contexts_destroyed() > 0) return;
  uint64_t contexts = 0;
  timeline.for_each_context([&](const ContextLife &) { ++contexts; });
  std::vector<uint64_t> ids;
  uint64_t open = 0;
  timeline.for_each_open([&](const Connection &one) {
    if (one.cls != ConnectionClass::kClient) return;
    ++open;
    if (ids.size() < kKeptIds) ids.push_back(one.id);
  });
  if (contexts == 0 || open == 0) return;
  Diagnosis out = diagnosis_of(Cause::kContextLeft, open,
                               count_text(open, "connection") + (open == 1 ? " was still open" : " were still open"));
  out.connections = std::move(ids);
  out.why.push_back("The creation of " + count_text(contexts, "lws context") +
                    " was recorded, and no call of lws_context_destroy().");
  to.push_back(std::move(out));
}

// Made one after the other, and more of them than there is anything in. Those of threads that begin together are made together.
void Surroundings::add_contexts_piled_up(std::vector<Diagnosis> &to, const Timeline &timeline, const LogFacts &log) {
  std::vector<Ns> made_ns;
  timeline.for_each_context([&](const ContextLife &one) { made_ns.push_back(one.created_ns); });
  std::sort(made_ns.begin(), made_ns.end());
  uint64_t in_turn = made_ns.empty() ? 0 : 1, used = 0;
  for (size_t i = 1; i < made_ns.size(); ++i) in_turn += made_ns[i] - made_ns[i - 1] >= kInTurnNs ? 1 : 0;
  timeline.for_each_open([&](const Connection &) { ++used; });
  if (in_turn < used + kMostSpare || in_turn < made_ns.size() || timeline.totals().opened < made_ns.size()) return;
  const uint64_t unused = made_ns.size() - used;
  Diagnosis out = diagnosis_of(
      Cause::kContextsPileUp, made_ns.size(),
      used == 0 ? "none of them has a connection left" : fmt::format("{} of them have no connection left", unused),
      std::to_string(made_ns.size()));
  out.first_ns = made_ns.front();
  out.last_ns = made_ns.back();
  out.why.push_back(fmt::format(
      "They were created one after the other, the first at {} and the last at {}; {} destroyed.",
      time_text(made_ns.front(), log.started_ns), time_text(made_ns.back(), log.started_ns),
      timeline.contexts_destroyed() == 0 ? "none was" : count_text(timeline.contexts_destroyed(), "other") + " were"));
  out.why.emplace_back("Each keeps its descriptors, its tables and, with TLS, its SSL_CTX.");
  to.push_back(std::move(out));
}

std::vector<Diagnosis> Surroundings::diagnoses(const Timeline &timeline, const LogFacts &log) const {
  std::vector<Diagnosis> all;
  add_context_left(all, timeline);
  add_contexts_piled_up(all, timeline, log);
  add_turned_away(all, log);
  add_blocks(all, log);
  return all;
}

void Surroundings::add_turned_away(std::vector<Diagnosis> &to, const LogFacts &log) const {
  for (const auto &[listener, at] : turned_away_) {
    const std::string callback = callback_text(k_FILTER_NETWORK_CONNECTION, at.protocol);
    const std::string who = count_text(at.count, "new connection") + (at.local.empty() ? "" : " to " + at.local);
    Diagnosis out = diagnosis_of(Cause::kRequestRefused, at.count, {}, who);
    out.headline = fmt::format("this program turned {} away: {} returned non-zero", who, callback);
    out.connections = {listener};
    out.vhost = at.vhost;
    out.protocol = at.protocol;
    out.first_ns = at.first_ns;
    out.last_ns = at.last_ns;
    out.why.push_back(
        fmt::format("lws had accepted {} at {}; this program's callback returned non-zero, so lws closed the socket "
                    "before anything was read.",
                    at.count == 1 ? "it" : "the first", time_text(at.first_ns, log.started_ns)));
    out.advice = "return 0 from that callback to let a client in";
    to.push_back(std::move(out));
  }
}

void Surroundings::add_blocks(std::vector<Diagnosis> &to, const LogFacts &log) const {
  struct Alike {
    std::set<uint64_t> waited, blockers;
    uint64_t times = 0, others_open = 0;
    const Block *lost_peer = nullptr;
    const Block *longest = nullptr;
    Ns first_ns = 0, last_ns = 0;
  };
  std::map<std::tuple<uint16_t, std::string_view>, Alike> by_callback;
  for (const Block &block : blocks_) {
    Alike &alike = by_callback[{block.turn.kind, block.turn.protocol}];
    if (alike.times++ == 0) alike.first_ns = block.turn.at_ns;
    alike.last_ns = block.until_ns;
    alike.waited.insert(block.waited.begin(), block.waited.end());
    alike.blockers.insert(block.turn.id);
    alike.others_open = std::max(alike.others_open, block.others_open);
    if (block.lost_peer) alike.lost_peer = &block;
    if (alike.longest == nullptr ||
        block.until_ns - block.turn.at_ns > alike.longest->until_ns - alike.longest->turn.at_ns)
      alike.longest = &block;
  }
  for (const auto &[callback, alike] : by_callback) {
    const Turn &turn = alike.longest->turn;
    const std::string span = span_text(turn.at_ns, alike.longest->until_ns);
    const std::string at_least = alike.longest->is_exact ? "" : "at least ";
    const std::string what = callback_text(turn.kind, turn.protocol);
    const bool seen = !alike.waited.empty();
    const bool is_long =
        alike.longest->until_ns - turn.at_ns >= kLongNs && (alike.others_open > 0 || alike.lost_peer != nullptr);
    Diagnosis out =
        seen ? diagnosis_of(Cause::kServicedLate, alike.waited.size(), at_least + span,
                            count_text(alike.waited.size(), "connection"))
             : diagnosis_of(is_long ? Cause::kLoopBlocked : Cause::kSlowCallback, alike.times, at_least + span, what);
    const std::set<uint64_t> &ids = seen ? alike.waited : alike.blockers;
    for (const uint64_t id : ids)
      if (out.connections.size() < kKeptIds) out.connections.push_back(id);
    if (!seen) out.count = std::max<uint64_t>(alike.times, out.connections.size());
    out.certainty = seen ? Certainty::kLikely : Certainty::kProven;
    out.protocol = turn.protocol;
    out.first_ns = alike.first_ns;
    out.last_ns = alike.last_ns;
    out.why.push_back(fmt::format("{} on connection {} was called at {} and returned {}{} later{}.", what, turn.id,
                                  time_text(turn.at_ns, log.started_ns), at_least, span,
                                  alike.times > 1 ? fmt::format(", the longest of {} such calls", alike.times) : ""));
    out.why.push_back(
        seen ? "The event loop of its thread served nobody meanwhile; these were served as soon as it had returned."
             : fmt::format("The event loop of its thread served nobody meanwhile; {} open then.",
                           alike.others_open == 0   ? "no other connection was"
                           : alike.others_open == 1 ? "1 other connection was"
                                                    : std::to_string(alike.others_open) + " other connections were"));
    if (alike.lost_peer != nullptr)
      out.why.push_back(fmt::format("When it had returned, the peer of connection {} was gone{}.",
                                    alike.lost_peer->turn.id,
                                    alike.lost_peer->in_session ? ": pings go unanswered while a callback runs" : ""));
    out.advice = row_of(Cause::kLoopBlocked).advice;
    to.push_back(std::move(out));
  }
}

}  // namespace wsitrace
