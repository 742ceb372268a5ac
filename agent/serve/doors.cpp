// SPDX-License-Identifier: MIT
#include "agent/serve/doors.h"

namespace wsitrace {

Doors::Doors() {
  Access locked;
  locked.locked = true;
  nobody_ = std::make_shared<const Access>(std::move(locked));
}

void Doors::set(const lws_vhost *vhost, Access access) {
  const std::lock_guard lock(mutex_);
  doors_[vhost].access = std::make_shared<const Access>(std::move(access));
}

void Doors::forget(const lws_vhost *vhost) {
  const std::lock_guard lock(mutex_);
  doors_.erase(vhost);
}

std::shared_ptr<const Access> Doors::access(const lws_vhost *vhost) const {
  const std::lock_guard lock(mutex_);
  const auto door = doors_.find(vhost);
  return door == doors_.end() || door->second.access == nullptr ? nobody_ : door->second.access;
}

void Doors::learn_mount(const lws_vhost *vhost, std::string_view mountpoint) {
  if (mountpoint == "/") mountpoint = {};
  const std::lock_guard lock(mutex_);
  auto &mounts = doors_[vhost].mounts;
  if (mounts.size() < kMostMounts && mounts.find(mountpoint) == mounts.end()) mounts.emplace(mountpoint);
}

bool Doors::has_mount(const lws_vhost *vhost, std::string_view mountpoint) const {
  const std::lock_guard lock(mutex_);
  const auto door = doors_.find(vhost);
  return door != doors_.end() && door->second.mounts.find(mountpoint) != door->second.mounts.end();
}

}  // namespace wsitrace
