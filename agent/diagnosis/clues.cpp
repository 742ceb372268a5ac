// SPDX-License-Identifier: MIT
#include "agent/diagnosis/clues.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "agent/diagnosis/kept_events.h"
#include "agent/lws/callbacks.h"

namespace wsitrace {
bool prepares(const Connection &connection, uint16_t kind) {
  return has_role<role::kPrepares>(kind) || (kind == k_WSI_CREATE && connection.origin == Origin::kAdopted);
}

namespace {

// Of the request that EVENT begins, nothing has come yet.
void note_request(Clues &clues, const Connection &connection, uint16_t kind) {
  const bool begins = kind == k_FILTER_HTTP_CONNECTION || connection.transactions.empty() ||
                      connection.transactions.back().outcome != Outcome::kOpen;
  if (!begins) return;
  clues.seen &= static_cast<uint8_t>(~Clues::bit_of(k_HTTP_BODY_COMPLETION));
  clues.request_flags = 0;
  clues.odd_head = 0;
  clues.body_came_ns.reset();
  clues.body_told = 0;
}

// An end that lws sees as it services the socket.
bool is_found_by_loop(uint16_t kind, std::string_view caller) {
  return kind == k_close_requested && (caller == "server socket svc fail" || caller == "close_and_handled");
}

void note_status(Clues &clues, const Connection &connection, int status) {
  constexpr size_t kKept = 8;
  if (status < 200 || connection.transactions.empty() || connection.transactions.back().outcome != Outcome::kOpen)
    return;
  const uint64_t index = connection.transactions.back().index;
  if (clues.answered != index) clues.statuses.clear();
  clues.answered = index;
  if (clues.statuses.size() < kKept) clues.statuses.push_back(status);
}

void note_part(Clues &clues, const Connection &connection, Ns now_ns, std::span<const std::byte> items) {
  constexpr Ns kMillisecondNs = 1'000'000;
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) {
    ResponseFacts facts;
    if (tag != kItemResponse || bytes.size() != sizeof facts || connection.transactions.empty()) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    ResponsePart part;
    part.transaction = connection.transactions.back().index;
    if (facts.promised_bytes != UINT64_MAX) part.promised_bytes = facts.promised_bytes;
    if (facts.sent_bytes != UINT64_MAX) part.sent_bytes = facts.sent_bytes;
    if (facts.written_ms != UINT32_MAX) part.written_ns = now_ns - std::min(now_ns, facts.written_ms * kMillisecondNs);
    clues.part = part;
  });
}

void note_file_sent(Clues &clues, const Connection &connection, std::string_view protocol) {
  if (connection.transactions.empty()) return;
  clues.file_sent = connection.transactions.back().index;
  if (clues.file_forgotten == 0) clues.file_protocol = protocol;
}

void note_next_request(Clues &clues) {
  if (clues.file_sent != 0 && clues.file_forgotten == 0) clues.file_forgotten = clues.file_sent;
  clues.file_sent = 0;
}

void note_foreign_wake(Clues &clues, int32_t waited_ms) {
  const Ns waited_ns = static_cast<Ns>(std::abs(waited_ms)) * 1'000'000;
  if (waited_ns <= clues.foreign_wake_ns) return;
  clues.foreign_wake_ns = waited_ns;
  clues.foreign_wake_unanswered = waited_ms < 0;
}

}  // namespace

void ClueBook::counted(uint16_t kind) {
  if (has_role<role::kLoopTurns>(kind)) ++loop_turns_;
}

Clues &ClueBook::first_sight(uint64_t id, Ns at_ns) {
  const auto [at, is_new] = clues_.try_emplace(id);
  if (!is_new) return at->second;
  at->second.prepared_ns = at_ns;
  at->second.turns_before = loop_turns_;
  return at->second;
}

void ClueBook::opened(const Connection &connection) { first_sight(connection.id, connection.opened_ns); }

void ClueBook::event(const Connection &connection, const Event &event, std::span<const std::byte> items,
                     std::string_view text, std::string_view protocol) {
  Clues &clues = first_sight(connection.id, event.time_ns);
  if (has_role<role::kLoopTurns>(event.kind) || is_found_by_loop(event.kind, text)) last_turn_ns_ = event.time_ns;
  clues.seen |= Clues::bit_of(event.kind);
  if (has_role<role::kEnds>(event.kind) && event.kind != k_WSI_DESTROY && (event.flags & kDescriptorGone) != 0)
    clues.descriptor_gone = true;
  if (prepares(connection, event.kind)) {
    clues.prepared_ns = event.time_ns;
    clues.turns_before = loop_turns_;
  } else if (!clues.serviced_ns) {
    clues.serviced_ns = event.time_ns;
    clues.turns_between = loop_turns_ - clues.turns_before - (has_role<role::kLoopTurns>(event.kind) ? 1 : 0);
  }
  switch (event.kind) {
    case k_CLIENT_APPEND_HANDSHAKE_HEADER:
      clues.body.reset();
      clues.odd_head = 0;
      break;
    case k_body_pending: clues.body = event.value; break;
    case k_answer_read: clues.reads_answer = true; break;
    case k_head_written: clues.odd_head |= event.value; break;
    case k_ESTABLISHED: clues.session_of_first = (event.flags & kFirstProtocol) != 0; break;
    case k_callback_refused:
      if (has_role<role::kAsks>(event.value)) {
        clues.certificate_refused = event.value;
        break;
      }
      if (event.value == k_RECEIVE_CLIENT_HTTP && clues.refused) break;  // it passes on what another returned
      clues.refused = event.value;
      clues.refused_by = protocol.empty() ? connection.last_callback_protocol : protocol;
      clues.refused_ns = event.time_ns;
      break;
    case k_close_code_sent:
      if (clues.close_code) break;
      clues.close_code = event.value;
      clues.close_code_ns = event.time_ns;
      clues.close_text = text;
      break;
    case k_wsi_timer_cancelled: clues.timer_cancelled_ns = event.time_ns; break;
    case k_WS_PEER_INITIATED_CLOSE: clues.peer_close_ns = event.time_ns; break;
    case k_CLIENT_CONNECTION_ERROR: clues.message = message_of(items); break;
    case k_HTTP_FILE_COMPLETION: note_file_sent(clues, connection, protocol); break;
    case k_transaction_completed: clues.file_sent = 0; break;
    case k_response_written: clues.cut_short = (event.flags & kCutShort) != 0; break;
    case k_FILTER_HTTP_CONNECTION:
      note_next_request(clues);
      note_request(clues, connection, event.kind);
      clues.request_flags = event.flags;
      break;
    case k_HTTP_BODY_COMPLETION:
      if (clues.body_told++ == 0) clues.body_came_ns = event.time_ns;
      break;
    case k_HTTP:
      note_request(clues, connection, event.kind);
      clues.asks_first_protocol = (event.flags & kFirstProtocol) != 0;
      break;
    case k_status_sent: note_status(clues, connection, event.value); break;
    case k_response_part: note_part(clues, connection, event.time_ns, items); break;
    case k_close_requested:
      clues.caller = text;
      clues.caller_ns = event.time_ns;
      ++clues.closes;
      break;
    case k_foreign_wake: note_foreign_wake(clues, event.value); break;
    case k_WSI_DESTROY: clues.pending_timeout = event.value; break;
    default: break;
  }
}

// What the fold made of its timeout, which lws may have named.
void ClueBook::closed(const Connection &connection) {
  const auto found = clues_.find(connection.id);
  if (found != clues_.end() && connection.close && connection.close->pending_timeout != 0)
    found->second.pending_timeout = connection.close->pending_timeout;
}

void ClueBook::forget(uint64_t id) { clues_.erase(id); }

const Clues &ClueBook::of(uint64_t id) const {
  static const Clues kNone;
  const auto found = clues_.find(id);
  return found == clues_.end() ? kNone : found->second;
}

}  // namespace wsitrace
