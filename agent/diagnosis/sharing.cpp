// SPDX-License-Identifier: MIT
#include "agent/diagnosis/sharing.h"

#include "agent/lws/callbacks.h"

namespace wsitrace {
namespace {

std::string place_of(const Connection &connection) {
  return std::string(connection.opened_vhost) + '\n' + connection.target;
}

}  // namespace

void Sharing::opened(const Connection &connection) {
  if (connection.origin != Origin::kOutbound || connection.target.empty()) return;
  std::set<uint64_t> &open = open_[place_of(connection)];
  if (!open.empty() && behind_.size() < kKept) {
    const uint64_t first = *open.begin();
    behind_[connection.id] = first;
    leaders_.try_emplace(first, Leader{first, false, {}, {}, {}, false, {}});
  }
  open.insert(connection.id);
}

void Sharing::event(const Connection &connection, const Event &event) {
  if (leaders_.empty()) return;
  const auto leader = leaders_.find(connection.id);
  if (leader == leaders_.end()) return;
  leader->second.has_socket = leader->second.has_socket || connection.fd || !connection.peer.empty();
  if (!connection.local.empty()) leader->second.local = connection.local;
  if (connection.transactions.empty()) return;
  const Transaction &last = connection.transactions.back();
  leader->second.request = std::string(last.method) + ' ' + last.path;
  leader->second.status = last.status;
  leader->second.has_answered = last.outcome == Outcome::kCompleted || event.kind == k_COMPLETED_CLIENT_HTTP;
}

void Sharing::closed(const Connection &connection) {
  if (connection.origin != Origin::kOutbound) return;
  const auto open = open_.find(place_of(connection));
  if (open != open_.end()) {
    open->second.erase(connection.id);
    if (open->second.empty()) open_.erase(open);
  }
  const auto leader = leaders_.find(connection.id);
  if (leader != leaders_.end()) leader->second.closed_ns = connection.closed_ns;
}

const Sharing::Leader *Sharing::leader_of(uint64_t id) const {
  const auto behind = behind_.find(id);
  const auto leader = behind == behind_.end() ? leaders_.end() : leaders_.find(behind->second);
  return leader == leaders_.end() ? nullptr : &leader->second;
}

}  // namespace wsitrace
