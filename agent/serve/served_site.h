// SPDX-License-Identifier: MIT
//
// A site on a server of our own, a worker's thread that renders what is asked for, and a diagnoser's: no scrape waits for a diagnosis.
//
// Lifetime: the site outlives it. Before stop(), which the destructor calls, let go of whoever waits in a content of the site.
#ifndef WSITRACE_SERVE_SERVED_SITE_H
#define WSITRACE_SERVE_SERVED_SITE_H

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "agent/serve/server.h"
#include "agent/serve/site.h"

namespace wsitrace {

class ServedSite {
 public:
  explicit ServedSite(Site &site) : site_(site) {}
  ~ServedSite() { stop(); }
  ServedSite(const ServedSite &) = delete;
  ServedSite &operator=(const ServedSite &) = delete;

  // As Server::start().
  Expected<void> start(const ServeOptions &options);
  [[nodiscard]] std::string url() const { return server_->url() + "/"; }
  void stop();

 private:
  void work(Site::Share share);

  Site &site_;
  std::unique_ptr<Server> server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread worker_;
  std::thread diagnoser_;
};

}  // namespace wsitrace

#endif
