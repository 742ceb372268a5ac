// SPDX-License-Identifier: MIT
#include "agent/timeline/protocol_of.h"

namespace wsitrace {

std::string_view protocol_of(const Connection &connection) {
  if (connection.session) return connection.session->protocol;
  if (!connection.transactions.empty() && !connection.transactions.back().protocol.empty())
    return connection.transactions.back().protocol;
  return connection.bindings.empty() ? std::string_view{} : connection.bindings.back().protocol;
}

std::string_view bound_protocol(const Connection &connection) {
  return connection.bindings.empty() ? protocol_of(connection) : connection.bindings.back().protocol;
}

}  // namespace wsitrace
