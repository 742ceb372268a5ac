// SPDX-License-Identifier: MIT
#include "agent/timeline/life_table.h"

#include <utility>

namespace wsitrace {
namespace {

constexpr size_t kMaxSpareItems = 64;  // a spare life holds on to no more bindings or transactions than this

template <typename T>
std::vector<T> emptied(std::vector<T> &items) {
  if (items.capacity() > kMaxSpareItems) return {};
  items.clear();
  return std::move(items);
}

void reset(Life &life) {
  auto bindings = emptied(life.connection.bindings);
  auto transactions = emptied(life.connection.transactions);
  life = Life{};
  life.connection.bindings = std::move(bindings);
  life.connection.transactions = std::move(transactions);
}

}  // namespace

Life *LifeTable::find(uint64_t pointer) {
  if (recent_ != nullptr && recent_->connection.pointer == pointer) return recent_;
  const auto found = places_.find(pointer);
  if (found == places_.end() || !found->second.life) return nullptr;
  return recent_ = found->second.life.get();
}

Life &LifeTable::begin(uint64_t pointer) {
  Place &place = places_[pointer];
  place.life = fresh();
  Life &life = *place.life;
  life.connection.id = ++last_id_;
  life.connection.pointer = pointer;
  life.connection.generation = ++place.generation;
  link(life);
  recent_ = &life;
  return life;
}

void LifeTable::end(Life &life) {
  if (recent_ == &life) recent_ = nullptr;
  unlink(life);
  const auto found = places_.find(life.connection.pointer);
  std::unique_ptr<Life> ended = std::move(found.value().life);
  if (spares_.size() < kSpareLives) spares_.push_back(std::move(ended));
}

std::unique_ptr<Life> LifeTable::fresh() {
  if (spares_.empty()) return std::make_unique<Life>();
  std::unique_ptr<Life> life = std::move(spares_.back());
  spares_.pop_back();
  reset(*life);
  return life;
}

void LifeTable::link(Life &life) {
  life.older = newest_;
  if (newest_ != nullptr) newest_->newer = &life;
  else oldest_ = &life;
  newest_ = &life;
}

void LifeTable::unlink(Life &life) {
  (life.older != nullptr ? life.older->newer : oldest_) = life.newer;
  (life.newer != nullptr ? life.newer->older : newest_) = life.older;
}

}  // namespace wsitrace
