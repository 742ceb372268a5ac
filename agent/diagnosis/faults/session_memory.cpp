// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/session_memory.h"

#include <cstring>

#include "wsitrace/log.h"

namespace wsitrace {

void SessionMemory::left(const Connection &connection, std::span<const std::byte> items) {
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) {
    uint64_t pointer = 0;
    if (tag != kItemPointer || bytes.size() != sizeof pointer) return;
    std::memcpy(&pointer, bytes.data(), sizeof pointer);
    pending_[connection.id] = pointer;
  });
}

void SessionMemory::closed(const Connection &connection) {
  const auto pending = pending_.find(connection.id);
  if (pending == pending_.end()) return;
  Left &left = by_pointer_[pending->second];
  pending_.erase(pending);
  if (++left.connections > 1) return;
  left.connection = connection;
  left.connection.transactions.clear();
  left.connection.transactions.shrink_to_fit();
}

void SessionMemory::judge(Groups &groups) const {
  for (const auto &[pointer, left] : by_pointer_) {
    if (left.connections != 1) continue;
    const auto &bindings = left.connection.bindings;
    groups.add(Cause::kSessionMemoryLeft, left.connection, bindings.empty() ? "" : bindings.back().protocol);
  }
}

}  // namespace wsitrace
