// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/own_clients.h"

namespace wsitrace {

void OwnClients::on_opened(const Connection &connection) {
  if (serves_itself_ && connection.cls == ConnectionClass::kClient && connection.origin != Origin::kOutbound)
    clients_[connection.id].connection = &connection;
}

bool OwnClients::has(const Connection &connection) const {
  if (clients_.empty()) return false;
  const auto found = clients_.find(connection.id);
  return found != clients_.end() && found->second.is_own();
}

}  // namespace wsitrace
