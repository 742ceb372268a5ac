// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TIMELINE_ITEMS_H
#define WSITRACE_TIMELINE_ITEMS_H

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "wsitrace/log.h"

namespace wsitrace {

// The item WANTED of an event (event.h), as the Value that it is; nothing where there is none of that size.
template <typename Value>
std::optional<Value> item_of(std::span<const std::byte> items, ItemTag wanted) {
  static_assert(std::is_trivially_copyable_v<Value>);
  std::optional<Value> found;
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) {
    if (tag != wanted || bytes.size() != sizeof(Value)) return;
    found.emplace();
    std::memcpy(&*found, bytes.data(), sizeof(Value));
  });
  return found;
}

}  // namespace wsitrace

#endif
