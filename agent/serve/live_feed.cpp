// SPDX-License-Identifier: MIT
#include "agent/serve/live_feed.h"

#include <algorithm>
#include <map>
#include <utility>

namespace wsitrace {

struct LiveFeed::Rendered {
  std::shared_ptr<const std::string> text;
  uint64_t position = 0;
  bool tells = true;
};

size_t LiveFeed::staying() const {
  return static_cast<size_t>(
      std::count_if(followers_.begin(), followers_.end(), [](const auto &f) { return !f->given_up_; }));
}

// Only its own service thread may close a connection.
LiveFeed::Room LiveFeed::make_room(uint64_t now_ns) {
  if (board_ == nullptr) return {};
  const std::lock_guard lock(mutex_);
  if (staying() < kMostFollowers) return {true, nullptr};
  const auto may_go = [&](const auto &f) {
    return !f->given_up_ && f->thread == std::this_thread::get_id() && now_ns - f->began_ns_ >= kLeastNs;
  };
  const auto oldest =
      std::find_if(followers_.begin(), followers_.end(), may_go);  // they stand in the order of their coming
  if (oldest == followers_.end()) return {};
  (*oldest)->given_up_ = true;
  return {true, (*oldest)->wsi};
}

Follower *LiveFeed::follow(lws *wsi, uint64_t now_ns) {
  auto follower = std::make_shared<Follower>();
  follower->wsi = wsi;
  follower->thread = std::this_thread::get_id();
  follower->began_ns_ = now_ns;
  const std::lock_guard lock(mutex_);
  if (board_ == nullptr || staying() >= kMostFollowers) return nullptr;
  return followers_.emplace_back(std::move(follower)).get();
}

void LiveFeed::leave(Follower *follower) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(followers_.begin(), followers_.end(), [&](const auto &f) { return f.get() == follower; });
  if (found == followers_.end()) return;
  if (follower->has_message() && !follower->announced_) ready_.fetch_sub(1, std::memory_order_relaxed);
  followers_.erase(found);
}

std::vector<lws *> LiveFeed::take_ready() {
  std::vector<lws *> ready;
  if (ready_.load(std::memory_order_acquire) == 0) return ready;
  const std::lock_guard lock(mutex_);
  for (const auto &follower : followers_) {
    if (follower->announced_ || !follower->has_message() || follower->thread != std::this_thread::get_id()) continue;
    follower->announced_ = true;
    ready_.fetch_sub(1, std::memory_order_relaxed);
    ready.push_back(follower->wsi);
  }
  return ready;
}

void LiveFeed::finish(Follower &follower, uint64_t now_ns) {
  follower.sent_bytes = 0;
  follower.done_ns_.store(now_ns, std::memory_order_relaxed);
  follower.ready_.store(false, std::memory_order_release);
}

bool LiveFeed::is_due(Follower &follower, uint64_t now_ns) const {
  if (follower.has_message()) return false;
  const uint64_t done_ns = follower.done_ns_.load(std::memory_order_relaxed);
  if (follower.rendered_ns_ != 0 && done_ns > follower.rendered_ns_ + kStaleNs) follower.fresh_ = true;
  return follower.rendered_ns_ == 0 || now_ns - follower.rendered_ns_ >= kPaceNs;
}

size_t LiveFeed::work(uint64_t now_ns) {
  std::vector<std::shared_ptr<Follower>> due;
  {
    const std::lock_guard lock(mutex_);
    for (const auto &follower : followers_)
      if (is_due(*follower, now_ns)) due.push_back(follower);
  }
  std::map<std::pair<bool, uint64_t>, Rendered> shared;
  size_t told = 0;
  for (const auto &follower : due) {
    auto &rendered = shared[{follower->fresh_, follower->position_}];
    if (rendered.text == nullptr) {
      LiveMessage message = follower->fresh_ ? board_->hello(now_ns) : board_->changes(follower->position_, now_ns);
      rendered = {std::make_shared<const std::string>(std::move(message.text)), message.position, message.tells};
    }
    if (!rendered.tells && now_ns - follower->rendered_ns_ < kHeartbeatNs) continue;
    follower->fresh_ = false;
    follower->position_ = rendered.position;
    follower->rendered_ns_ = now_ns;
    const std::lock_guard lock(mutex_);
    if (std::find(followers_.begin(), followers_.end(), follower) == followers_.end()) continue;  // has left meanwhile
    follower->message = rendered.text;
    follower->announced_ = false;
    follower->ready_.store(true, std::memory_order_release);
    ready_.fetch_add(1, std::memory_order_release);
    ++told;
  }
  return told;
}

size_t LiveFeed::follower_count() const {
  const std::lock_guard lock(mutex_);
  return followers_.size();
}

}  // namespace wsitrace
