// SPDX-License-Identifier: MIT
#include "agent/serve/idle_connections.h"

namespace wsitrace {

lws *IdleConnections::begun(lws *wsi) {
  ended(wsi);
  lws *given_up = nullptr;
  if (known_.size() >= most_ && !idle_.empty()) {
    given_up = idle_.front();
    ended(given_up);
  }
  known_[wsi] = idle_.insert(idle_.end(), wsi);
  return given_up;
}

void IdleConnections::is_busy(lws *wsi) {
  const auto found = known_.find(wsi);
  if (found == known_.end() || !found->second) return;
  idle_.erase(*found->second);
  found->second.reset();
}

void IdleConnections::is_idle(lws *wsi) {
  const auto found = known_.find(wsi);
  if (found == known_.end()) return;
  is_busy(wsi);
  found->second = idle_.insert(idle_.end(), wsi);
}

void IdleConnections::ended(lws *wsi) {
  is_busy(wsi);
  known_.erase(wsi);
}

}  // namespace wsitrace
