// SPDX-License-Identifier: MIT
//
// The cold thread of a test: renders what a Site has pending, as the collector's loop does.
#ifndef WSITRACE_TESTS_SERVE_WORKER_H
#define WSITRACE_TESTS_SERVE_WORKER_H

#include <atomic>
#include <chrono>
#include <thread>

#include "agent/serve/site.h"

namespace wsitrace {

class Worker {
 public:
  explicit Worker(Site &site)
      : thread_([this, &site] {
          while (!stop_.load()) {
            site.work();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }) {}
  ~Worker() {
    stop_.store(true);
    thread_.join();
  }
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Waits for what another thread brings about; false after 20 s.
template <typename Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 20'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace wsitrace

#endif
