// SPDX-License-Identifier: MIT
#include "agent/diagnosis/clues.h"

#include "agent/export/explain/kept_events.h"
#include "agent/lws/callbacks.h"

namespace wsitrace {
namespace {

bool prepares(const Connection &connection, uint16_t kind) {
  return has_role<role::kPrepares>(kind) || (kind == k_WSI_CREATE && connection.origin == Origin::kAdopted);
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
                     std::string_view text) {
  Clues &clues = first_sight(connection.id, event.time_ns);
  clues.seen |= Clues::bit_of(event.kind);
  if (prepares(connection, event.kind)) {
    clues.prepared_ns = event.time_ns;
    clues.turns_before = loop_turns_;
  } else if (!clues.serviced_ns) {
    clues.serviced_ns = event.time_ns;
    clues.turns_between = loop_turns_ - clues.turns_before - (has_role<role::kLoopTurns>(event.kind) ? 1 : 0);
  }
  switch (event.kind) {
    case k_callback_refused:
      clues.refused = event.value;
      clues.refused_by = connection.last_callback_protocol;
      clues.refused_ns = event.time_ns;
      break;
    case k_close_code_sent:
      if (clues.close_code) break;
      clues.close_code = event.value;
      clues.close_code_ns = event.time_ns;
      break;
    case k_WS_PEER_INITIATED_CLOSE: clues.peer_close_ns = event.time_ns; break;
    case k_CLIENT_CONNECTION_ERROR: clues.message = message_of(items); break;
    case k_close_requested:
      clues.caller = text;
      clues.caller_ns = event.time_ns;
      break;
    case k_WSI_DESTROY: clues.pending_timeout = event.value; break;
    default: break;
  }
}

void ClueBook::forget(uint64_t id) { clues_.erase(id); }

const Clues &ClueBook::of(uint64_t id) const {
  static const Clues kNone;
  const auto found = clues_.find(id);
  return found == clues_.end() ? kNone : found->second;
}

}  // namespace wsitrace
