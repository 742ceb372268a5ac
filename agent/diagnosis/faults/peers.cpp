// SPDX-License-Identifier: MIT
//
// lws sees a peer's FIN in its next turn. A socket that had it for a second, and was closed for another reason or is open at the process's
// exit, was not looked at.
#include "agent/diagnosis/faults/rules.h"

namespace wsitrace {

void judge_peer(const Connection &connection, Groups &groups) {
  constexpr Ns kUnnoticedNs = 1'000'000'000;
  if (!connection.tcp || connection.tcp->peer_closed_ns.value_or(0) < kUnnoticedNs) return;
  const bool is_open = connection.state != State::kClosed;
  if (!is_open && (!connection.close || connection.close->by == CloseBy::kPeer)) return;
  groups.add(Cause::kPeerGone, connection,
             connection.session ? connection.session->protocol : connection.last_callback_protocol);
}

}  // namespace wsitrace
