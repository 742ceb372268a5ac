// SPDX-License-Identifier: MIT
#include "agent/serve/served_site.h"

#include <chrono>
#include <utility>

namespace wsitrace {

Expected<void> ServedSite::start(const ServeOptions &options) {
  auto server = Server::start(options, site_);
  if (!server) return unexpected(server.error());
  server_ = std::move(*server);
  worker_ = std::thread([this] { work(Site::Share::kAllElse); });
  diagnoser_ = std::thread([this] { work(Site::Share::kDiagnosis); });
  return {};
}

void ServedSite::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
  if (diagnoser_.joinable()) diagnoser_.join();
  server_.reset();
}

void ServedSite::work(Site::Share share) {
  constexpr std::chrono::milliseconds kPause{10};
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    site_.work(share);
    lock.lock();
    changed_.wait_for(lock, kPause, [this] { return stopping_; });
  }
}

}  // namespace wsitrace
