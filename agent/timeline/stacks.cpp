// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>

#include "agent/lws/callbacks.h"
#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

constexpr size_t kMaxModules = 4096;

std::string hex(const uint8_t *bytes, size_t count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

Module module_from(const ModuleFacts &facts) {
  Module module;
  module.bias = facts.bias;
  module.start = facts.start;
  module.end = facts.end;
  module.build_id = hex(facts.build_id, std::min<size_t>(facts.build_id_bytes, sizeof facts.build_id));
  return module;
}

Stack stack_in(ItemBytes items) {
  Stack stack;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    if (tag != kItemStack) return;
    stack.resize(bytes.size() / sizeof(uint64_t));
    std::memcpy(stack.data(), bytes.data(), stack.size() * sizeof(uint64_t));
  });
  return stack;
}

}  // namespace

void fold_module(Fold &fold, ItemBytes items) {
  Module module;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    ModuleFacts facts;
    if (tag == kItemPath) module.path.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (tag != kItemModule || bytes.size() != sizeof facts) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    const std::string path = std::move(module.path);
    module = module_from(facts);
    module.path = path;
  });
  if (module.end > module.start && fold.modules.size() < kMaxModules) fold.modules.push_back(std::move(module));
}

void fold_callback_known(Fold &fold, const Event &event, ItemBytes items) {
  uint64_t address = 0;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    if (tag == kItemPointer && bytes.size() == sizeof address) std::memcpy(&address, bytes.data(), sizeof address);
  });
  const auto [known, is_first] = fold.callbacks.try_emplace(std::string(fold.strings.text(event.protocol)), address);
  if (!is_first && known->second != address) known->second = 0;
}

void fold_stack(Fold &fold, const Event &event, ItemBytes items) {
  Life *life = fold.lives.find(event.wsi);
  if (life == nullptr) return;
  Connection &connection = life->connection;
  Stack stack = stack_in(items);
  if (connection.created_stack.empty()) connection.created_stack = stack;
  if (is_bind(event.value)) connection.bound_stack = std::move(stack);
}

void fold_user_left(Fold &fold, const Event &event, ItemBytes items) {
  const Life *life = fold.lives.find(event.wsi);
  if (life != nullptr) fold.observer.on_connection_event(life->connection, event, items);
}

}  // namespace wsitrace
