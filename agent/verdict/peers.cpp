// SPDX-License-Identifier: MIT
//
// lws sees a peer's FIN in its next turn. A socket that had it for a second, and was closed for another reason, was not looked at.
#include "agent/verdict/rules.h"

namespace wsitrace {

void judge_peer(const Connection &closed, Groups &groups) {
  constexpr Ns kUnnoticedNs = 1'000'000'000;
  const bool unnoticed = closed.tcp && closed.tcp->peer_closed_ns.value_or(0) >= kUnnoticedNs;
  if (!unnoticed || !closed.close || closed.close->by == CloseBy::kPeer) return;
  groups.add(FindingKind::kPeerGone, closed, closed.session ? closed.session->protocol : closed.last_callback_protocol);
}

}  // namespace wsitrace
