// SPDX-License-Identifier: MIT
//
// The site: the pages that wsitrace serves, and the exchanges with clients that are going on. It knows nothing of sockets:
// http_session.h connects it to libwebsockets, in a server of our own (server.h) or below a mount of a foreign one.
//
//    service thread          open() ------> pending            ready() ------> bytes are copied to the client, end()
//                                              |                  ^
//    worker (cold)                           work(): renders -----+ wake()
//
// Who calls: the service thread(s) of libwebsockets call open(), take_finished() and end() and are never held longer than a
//            short lock. One cold thread calls work(), every 10 ms or so; only there content is made.
// Lifetime:  an exchange may end (client gone, context destroyed) while it is rendered: the worker keeps its own reference
//            and what it rendered is thrown away. The site must outlive the context that uses it.
// Limits:    kMaxOpen exchanges with content from their request to their last byte, then 503. Requests for the same page that
//            wait at the same time share one rendering and one body.
// Errors:    content that throws is a 500 and counted in failures(); nothing is thrown through libwebsockets.
#ifndef WSITRACE_SERVE_SITE_H
#define WSITRACE_SERVE_SITE_H

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct lws;

namespace wsitrace {

struct Response {
  unsigned status = 200;
  const char *content_type = "text/plain; charset=utf-8";
  std::shared_ptr<const std::string> body;
};

enum class Method { kGet, kHead, kOther };

// One request and its response.
struct Exchange {
  lws *wsi = nullptr;
  std::thread::id thread;  // the service thread of wsi
  Method method = Method::kGet;
  const std::function<std::string()> *content = nullptr;  // nullptr: answered from what is at hand

  // Service thread only: how far the response has got.
  bool awaits_body = false;  // of the request; it is read and thrown away first
  bool closes = false;       // the connection ends with this exchange
  bool headers_sent = false;
  size_t sent_bytes = 0;

  Response response;  // belongs to the worker until ready() and does not change after that
  [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }

 private:
  friend class Site;
  std::atomic<bool> ready_{false};  // release store by the worker, pairs with ready()
  bool taken_ = false;              // by the worker
  bool announced_ = false;          // take_finished() has told
};

class Site {
 public:
  static constexpr size_t kMaxOpen = 64;
  static constexpr size_t kMaxUriBytes = 1024;

  struct Content {
    std::function<std::string()> metrics;  // Prometheus text
    std::function<std::string()> report;   // JSON report
  };

  explicit Site(Content content) : content_(std::move(content)) {}
  Site(const Site &) = delete;
  Site &operator=(const Site &) = delete;

  // How work() tells the event loop that responses are finished: lws_cancel_service() is the one call that another thread may
  // make. set_wake({}) before the context is destroyed; once it has returned, no wake is under way any more.
  void set_wake(std::function<void()> wake);

  // Service thread: a request for PATH (below the mount, with or without leading '/'). The exchange is the site's until end().
  Exchange *open(lws *wsi, Method method, std::string_view path);
  void end(Exchange *exchange);
  // Service thread: connections of this thread whose response has been finished since the last call.
  std::vector<lws *> take_finished();

  // Cold thread: renders what is pending. Returns the number of exchanges answered.
  size_t work();

  // Exchanges that have not ended, and those among them that wait for work().
  [[nodiscard]] size_t open_count() const;
  [[nodiscard]] size_t pending_count() const;
  [[nodiscard]] uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  using Batch = std::vector<std::shared_ptr<Exchange>>;
  void route(Exchange &exchange, std::string_view path);
  size_t with_content() const;
  Batch take_batch();
  Response render(const Exchange &exchange);

  const Content content_;
  std::atomic<uint64_t> failures_{0};
  std::atomic<uint64_t> finished_{0};  // finished and not announced; a hint that spares take_finished() the lock

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Exchange>> open_;  // guarded by mutex_, oldest first; so are taken_ and announced_
  Batch ended_;  // guarded by mutex_; large bodies that the worker frees, because munmap(2) of one takes milliseconds

  std::mutex wake_mutex_;
  std::function<void()> wake_;  // guarded by wake_mutex_
};

}  // namespace wsitrace

#endif
