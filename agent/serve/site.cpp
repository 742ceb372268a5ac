// SPDX-License-Identifier: MIT
#include "agent/serve/site.h"

#include <algorithm>

namespace wsitrace {
namespace {

constexpr const char *kText = "text/plain; charset=utf-8";
constexpr const char *kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char *kJson = "application/json";

constexpr const char *kIndex =
    "wsitrace\n"
    "  metrics     for Prometheus\n"
    "  api/report  connections, JSON (wsitrace.report/1)\n"
    "  healthz     ok while this server runs\n";

Response answer(unsigned status, std::string text) {
  return {status, kText, std::make_shared<const std::string>(std::move(text))};
}

}  // namespace

void Site::set_wake(std::function<void()> wake) {
  const std::lock_guard lock(wake_mutex_);
  wake_ = std::move(wake);
}

void Site::route(Exchange &exchange, std::string_view path) {
  const size_t bytes = path.size();
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  Response &response = exchange.response;
  if (bytes > kMaxUriBytes) {
    response = answer(414, "the URI is longer than 1 KiB\n");
  } else if (path == "metrics") {
    exchange.content = &content_.metrics;
    response.content_type = kMetricsType;
  } else if (path == "api/report") {
    exchange.content = &content_.report;
    response.content_type = kJson;
  } else if (path == "healthz") {
    response = answer(200, "ok\n");
  } else if (path.empty()) {
    response = answer(200, kIndex);
  } else {
    response = answer(404, "no such page\n");
  }
  if (exchange.method != Method::kOther || response.status != 200) return;
  exchange.content = nullptr;
  response = answer(405, "only GET and HEAD\n");
}

Exchange *Site::open(lws *wsi, Method method, std::string_view path) {
  auto exchange = std::make_shared<Exchange>();
  exchange->wsi = wsi;
  exchange->thread = std::this_thread::get_id();
  exchange->method = method;
  route(*exchange, path);
  const std::lock_guard lock(mutex_);
  if (exchange->content != nullptr && with_content() >= kMaxOpen) {
    exchange->content = nullptr;
    exchange->response = answer(503, "too many requests are open\n");
  }
  if (exchange->content == nullptr) {
    exchange->announced_ = true;
    exchange->ready_.store(true, std::memory_order_release);
  }
  return open_.emplace_back(std::move(exchange)).get();
}

void Site::end(Exchange *exchange) {
  std::shared_ptr<Exchange> small;  // freed after the lock is
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto &e) { return e.get() == exchange; });
  if (found == open_.end()) return;
  if (exchange->ready() && !exchange->announced_) finished_.fetch_sub(1, std::memory_order_relaxed);
  if (exchange->content != nullptr) {
    ended_.push_back(std::move(*found));
  } else {
    small = std::move(*found);
  }
  open_.erase(found);
}

std::vector<lws *> Site::take_finished() {
  std::vector<lws *> finished;
  if (finished_.load(std::memory_order_acquire) == 0) return finished;
  const std::lock_guard lock(mutex_);
  for (const auto &exchange : open_) {
    if (exchange->announced_ || !exchange->ready() || exchange->thread != std::this_thread::get_id()) continue;
    exchange->announced_ = true;
    finished_.fetch_sub(1, std::memory_order_relaxed);
    finished.push_back(exchange->wsi);
  }
  return finished;
}

size_t Site::with_content() const {
  return static_cast<size_t>(
      std::count_if(open_.begin(), open_.end(), [](const auto &e) { return e->content != nullptr; }));
}

Site::Batch Site::take_batch() {
  Batch batch;
  Batch to_free;
  const std::lock_guard lock(mutex_);
  to_free.swap(ended_);
  for (const auto &exchange : open_) {
    if (exchange->taken_ || exchange->content == nullptr) continue;
    if (!batch.empty() && batch.front()->content != exchange->content) continue;
    exchange->taken_ = true;
    batch.push_back(exchange);
  }
  return batch;
}

size_t Site::work() {
  size_t answered = 0;
  for (Batch batch = take_batch(); !batch.empty(); batch = take_batch()) {
    const Response response = render(*batch.front());
    {
      const std::lock_guard lock(mutex_);
      for (const auto &exchange : batch) {
        if (std::find(open_.begin(), open_.end(), exchange) == open_.end()) continue;  // ended meanwhile
        exchange->response = response;
        exchange->ready_.store(true, std::memory_order_release);
        finished_.fetch_add(1, std::memory_order_release);
        ++answered;
      }
    }
    const std::lock_guard lock(wake_mutex_);
    if (wake_) wake_();
  }
  return answered;
}

Response Site::render(const Exchange &exchange) {
  try {
    return {200, exchange.response.content_type, std::make_shared<const std::string>((*exchange.content)())};
  } catch (...) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    return answer(500, "this page could not be rendered\n");
  }
}

size_t Site::pending_count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::count_if(open_.begin(), open_.end(), [](const auto &e) { return !e->ready(); }));
}

size_t Site::open_count() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace wsitrace
