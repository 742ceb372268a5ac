// SPDX-License-Identifier: MIT
#include "agent/serve/site.h"

#include <algorithm>

#include "agent/base/clock.h"

namespace wsitrace {
namespace {

Response answer(unsigned status, std::string text) {
  Response response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::move(text));
  return response;
}

bool same_content(const Exchange &a, const Exchange &b) {
  return a.content_key == b.content_key && a.response.content_type == b.response.content_type;
}

// One line for people.
std::string line_of(const Error &error) {
  return error.why + (error.hint.empty() ? "" : " (" + error.hint + ")") + "\n";
}

}  // namespace

Site::Site(Content content)
    : content_(std::move(content)),
      diagnosis_(content_.diagnosis ? std::make_unique<KeptAnswer<Diagnosed>>(content_.diagnosis, monotonic_ns)
                                    : nullptr),
      feed_(content_.board) {}

void Site::set_wake(std::function<void()> wake) {
  const std::lock_guard lock(wake_mutex_);
  wake_ = std::move(wake);
}

Exchange *Site::open(lws *wsi, const Request &request, const Access &access) {
  auto exchange = std::make_shared<Exchange>();
  exchange->wsi = wsi;
  exchange->thread = std::this_thread::get_id();
  exchange->method = request.method;
  route(*exchange, request, access);
  const std::lock_guard lock(mutex_);
  if (exchange->content && with_content() >= kMaxOpen) {
    exchange->content = nullptr;
    exchange->response = answer(503, "too many requests are open\n");
  }
  limit_reports(*exchange);
  if (!exchange->content) {
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
  if (exchange->content) {
    ended_.push_back(std::move(*found));
  } else {
    small = std::move(*found);
  }
  open_.erase(found);
}

Site::Finished Site::take_finished() {
  Finished finished;
  finished.connections = feed_.take_ready();  // followers are few
  if (finished_.load(std::memory_order_acquire) == 0) return finished;
  const std::lock_guard lock(mutex_);
  for (const auto &exchange : open_) {
    if (exchange->announced_ || !exchange->ready() || exchange->thread != std::this_thread::get_id()) continue;
    finished.more = finished.connections.size() >= kMostTold;
    if (finished.more) break;
    exchange->announced_ = true;
    finished_.fetch_sub(1, std::memory_order_relaxed);
    finished.connections.push_back(exchange->wsi);
  }
  return finished;
}

// Slow readers hold on to large bodies.
void Site::limit_reports(Exchange &exchange) {
  if (!exchange.content || exchange.content_key != kReportKey) return;
  reports_.erase(std::remove_if(reports_.begin(), reports_.end(), [](const auto &body) { return body.expired(); }),
                 reports_.end());
  if (reports_.size() < kMostReports) return;
  exchange.content = nullptr;
  exchange.response = answer(503, "too many reports are being sent: wait for one to end\n");
}

size_t Site::with_content() const {
  return static_cast<size_t>(
      std::count_if(open_.begin(), open_.end(), [](const auto &e) { return static_cast<bool>(e->content); }));
}

Site::Batch Site::take_batch(bool slow) {
  Batch batch;
  Batch to_free;
  const std::lock_guard lock(mutex_);
  to_free.swap(ended_);
  for (const auto &exchange : open_) {
    if (exchange->taken_ || !exchange->content || exchange->is_slow != slow) continue;
    if (!batch.empty() && !same_content(*batch.front(), *exchange)) continue;
    exchange->taken_ = true;
    batch.push_back(exchange);
  }
  return batch;
}

void Site::wake() {
  const std::lock_guard lock(wake_mutex_);
  if (wake_) wake_();
}

size_t Site::work(Share share) {
  size_t answered = 0;
  if (share != Share::kDiagnosis) {
    answered += work_on_exchanges(false);
    try {
      if (feed_.work(monotonic_ns()) > 0) wake();
    } catch (...) {
      failures_.fetch_add(1, std::memory_order_relaxed);  // out of memory: they are told with the next turn
    }
  }
  if (share != Share::kAllElse) {
    answered += work_on_exchanges(true);
    renew_diagnosis();
  }
  return answered;
}

// For the next scrape: none waits for it.
void Site::renew_diagnosis() {
  if (diagnosis_ == nullptr || !metrics_shown_.exchange(false, std::memory_order_relaxed)) return;
  try {
    diagnosis_->renew();
  } catch (...) {
    failures_.fetch_add(1, std::memory_order_relaxed);
  }
}

size_t Site::work_on_exchanges(bool slow) {
  size_t answered = 0;
  for (Batch batch = take_batch(slow); !batch.empty(); batch = take_batch(slow)) {
    const Response response = render(*batch.front());
    {
      const std::lock_guard lock(mutex_);
      if (batch.front()->content_key == kReportKey)
        reports_.push_back(response.file != nullptr ? std::weak_ptr<const void>(response.file)
                                                    : std::weak_ptr<const void>(response.body));
      for (const auto &exchange : batch) {
        if (std::find(open_.begin(), open_.end(), exchange) == open_.end()) continue;  // ended meanwhile
        exchange->response = response;
        exchange->ready_.store(true, std::memory_order_release);
        finished_.fetch_add(1, std::memory_order_release);
        ++answered;
      }
    }
    wake();
  }
  return answered;
}

Response Site::render(const Exchange &exchange) {
  try {
    Expected<Made> made = exchange.content();
    if (!made) return answer(404, line_of(made.error()));
    Response response;
    response.content_type = exchange.response.content_type;
    if (made->file.valid()) response.file = std::make_shared<const Mapping>(std::move(made->file));
    else response.body = std::make_shared<const std::string>(std::move(made->text));
    return response;
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
