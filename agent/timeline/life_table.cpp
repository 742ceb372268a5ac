// SPDX-License-Identifier: MIT
#include "agent/timeline/life_table.h"

#include <algorithm>
#include <atomic>
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

// Lives that are open, of all tables.
std::atomic<size_t> g_open{0};

}  // namespace

LifeTable::~LifeTable() { g_open.fetch_sub(open_, std::memory_order_relaxed); }

bool LifeTable::has_room() const { return open_ < least_ || g_open.load(std::memory_order_relaxed) < most_; }

// A pointer that comes again has a generation that it never had.
void LifeTable::trim() {
  if (places_.size() < kMostPlaces + 2 * open_) return;
  decltype(places_) kept;
  for (auto place = places_.begin(); place != places_.end(); ++place) {
    generations_ = std::max(generations_, place->second.generation);
    if (place->second.life) kept[place->first] = std::move(place.value());
  }
  places_ = std::move(kept);
}

Life *LifeTable::find(uint64_t pointer) {
  if (recent_ != nullptr && recent_->connection.pointer == pointer) return recent_;
  const auto found = places_.find(pointer);
  if (found == places_.end() || !found->second.life) return nullptr;
  return recent_ = found->second.life.get();
}

Life &LifeTable::begin(uint64_t pointer) {
  trim();
  const auto [found, is_new] = places_.try_emplace(pointer);
  Place &place = found.value();
  if (is_new) place.generation = generations_;
  place.life = fresh();
  ++open_;
  g_open.fetch_add(1, std::memory_order_relaxed);
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
  --open_;
  g_open.fetch_sub(1, std::memory_order_relaxed);
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
