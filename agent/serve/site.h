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
//            short lock. One cold thread calls work(), every 10 ms or so; only there content is made. Diagnoses, which take long,
//            may be another thread's work.
// Lifetime:  an exchange may end (client gone, context destroyed) while it is rendered: the worker keeps its own reference
//            and what it rendered is thrown away. The site must outlive the context that uses it.
// Limits:    kMaxOpen exchanges with content from their request to their last byte, then 503; kMostReports reports. Requests for the
//            same thing that wait at the same time share one rendering and one body.
// Access:    as Doors say for the vhost. healthz and the page, which holds no data, need no token.
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

#include "agent/base/mapping.h"
#include "agent/serve/access.h"
#include "agent/serve/doors.h"
#include "agent/serve/kept_answer.h"
#include "agent/serve/live_feed.h"
#include "agent/serve/route.h"

struct lws;

namespace wsitrace {

struct Response {
  unsigned status = 200;
  const char *content_type = "text/plain; charset=utf-8";
  std::shared_ptr<const std::string> body;
  std::shared_ptr<const Mapping> file;  // instead of a body: what is too long for memory
  std::string_view asset;               // instead of either: bytes that stay
  bool gzip = false;
  std::string location;  // of a redirect; empty: it is none

  [[nodiscard]] std::string_view bytes() const {
    if (file != nullptr) return {reinterpret_cast<const char *>(file->data()), file->size()};
    return body != nullptr ? std::string_view(*body) : asset;
  }
};

enum class Method { kGet, kHead, kOther };

// Content of an answer.
struct MadeContent {
  MadeContent(std::string made) : text(std::move(made)) {}  // NOLINT(google-explicit-constructor): most of it is text
  MadeContent(Mapping made) : file(std::move(made)) {}      // NOLINT(google-explicit-constructor)

  std::string text;
  Mapping file;  // valid: instead of the text
};

// What a client asks for; views are valid during Site::open() only.
struct Request {
  Method method = Method::kGet;
  std::string_view path;  // below the mount, with or without leading '/'
  std::string_view uri;   // the whole path, mountpoint included
  Arguments arguments;
  bool too_long = false;         // the arguments were; they are not here
  bool header_too_long = false;  // one that decides who is let in
  std::string_view host, origin, fetch_site, authorization, accept, accept_encoding;  // headers; empty: not sent
};

// One request and its response.
struct Exchange {
  lws *wsi = nullptr;
  std::thread::id thread;  // the service thread of wsi
  Method method = Method::kGet;
  // What has to be rendered, and what tells whether two exchanges may share it; empty: answered from what is at hand. An Error is a
  // 404 that says why.
  std::function<Expected<MadeContent>()> content;
  std::string content_key;
  bool is_slow = false;  // a whole trace is read for it, or all connections are written down

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
  static constexpr const char *kReportKey = "report";
  static constexpr size_t kMaxUriBytes = 1024;  // path and arguments
  static constexpr size_t kMostReports = 4;  // that are being sent; each was made once, for all who asked at that time
  static constexpr size_t kMostTold = 16;    // libwebsockets needs 1 to 2 us for each

  using Made = MadeContent;
  struct Diagnosed {
    Expected<std::string> document;  // or why there is none
    std::string set;                 // the documents of all processes that have one, and why others do not
  };
  struct Content {
    std::function<std::string()> metrics;            // Prometheus text; BOARD is asked before
    std::function<Made()> report;                    // JSON report
    std::function<std::string()> open_metrics = {};  // OpenMetrics text; empty: there is only the other
    LiveBoard *board = nullptr;                      // nullptr: no connections, findings, live
    // What healthz says behind "ok": lines for people, or nothing. Called on service threads; nobody needs a token for it.
    std::function<std::string()> complaints = {};
    // What went wrong, as JSON. It may read whole traces: the answer is kept for a while. It is made for who asks for it, and now and
    // then after METRICS was: whoever makes it lets METRICS show how much there is of what.
    std::function<Diagnosed()> diagnosis = {};
    // The trace of the process PID, as a file; 0: of the only one there is.
    std::function<Expected<Made>(uint32_t pid)> trace = {};
  };

  explicit Site(Content content);
  Site(const Site &) = delete;
  Site &operator=(const Site &) = delete;

  // How work() tells the event loop that responses are finished: lws_cancel_service() is the one call that another thread may
  // make. set_wake({}) before the context is destroyed; once it has returned, no wake is under way any more.
  void set_wake(std::function<void()> wake);

  // What the vhosts let in.
  [[nodiscard]] Doors &doors() { return doors_; }
  // Those who follow api/live.
  [[nodiscard]] LiveFeed &feed() { return feed_; }

  // Service thread: a request. The exchange is the site's until end().
  Exchange *open(lws *wsi, const Request &request, const Access &access = {});
  void end(Exchange *exchange);
  // Service thread: connections of this thread for which something has been finished: responses, messages; each told once, and
  // kMostTold in one call. MORE: there are others to be asked for.
  struct Finished {
    std::vector<lws *> connections;
    bool more = false;
  };
  Finished take_finished();

  // Cold thread: renders what is pending, and what followers are to hear. Returns the number of exchanges answered. Two threads may
  // share it: one makes diagnoses and reports, one at a time, the other all else.
  enum class Share { kAll, kDiagnosis, kAllElse };
  size_t work(Share share = Share::kAll);

  // Exchanges that have not ended, and those among them that wait for work().
  [[nodiscard]] size_t open_count() const;
  [[nodiscard]] size_t pending_count() const;
  [[nodiscard]] uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  using Batch = std::vector<std::shared_ptr<Exchange>>;
  void route(Exchange &exchange, const Request &request, const Access &access) const;
  void answer_metrics(Exchange &exchange, bool open) const;
  void answer_page(Exchange &exchange, const Route &route, const Request &request, const Access &access) const;
  void answer_api(Exchange &exchange, const Route &route, const Request &request) const;
  size_t with_content() const;
  void limit_reports(Exchange &exchange);
  Batch take_batch(bool slow);
  Response render(const Exchange &exchange);
  size_t work_on_exchanges(bool slow);
  void renew_diagnosis();
  void wake();

  const Content content_;
  const std::unique_ptr<KeptAnswer<Diagnosed>> diagnosis_;  // the thread's that makes it; nullptr: there is none
  mutable std::atomic<bool> metrics_shown_{false};          // and the diagnosis was not renewed since
  Doors doors_;
  LiveFeed feed_;
  std::atomic<uint64_t> failures_{0};
  std::atomic<uint64_t> finished_{0};  // finished and not announced; a hint that spares take_finished() the lock

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Exchange>> open_;     // guarded by mutex_, oldest first; so are taken_ and announced_
  std::vector<std::weak_ptr<const void>> reports_;  // guarded by mutex_; bodies, as long as somebody is sent them
  Batch ended_;  // guarded by mutex_; large bodies that the worker frees, because munmap(2) of one takes milliseconds

  std::mutex wake_mutex_;
  std::function<void()> wake_;  // guarded by wake_mutex_
};

}  // namespace wsitrace

#endif
