// SPDX-License-Identifier: MIT
//
// A thread that runs one function again and again. The function returns how long to wait before the next time; nudge() ends the
// wait. All signals are blocked in it: the host's handlers never run there.
#ifndef WSITRACE_ENTRY_INPROCESS_COLD_THREAD_H
#define WSITRACE_ENTRY_INPROCESS_COLD_THREAD_H

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace wsitrace {

class ColdThread {
 public:
  using Turn = std::function<std::chrono::milliseconds()>;

  // Throws std::system_error when there is no thread to be had.
  explicit ColdThread(Turn turn);
  ~ColdThread() { stop(); }
  ColdThread(const ColdThread &) = delete;
  ColdThread &operator=(const ColdThread &) = delete;

  void nudge();
  // Returns when a turn that began after this call is over (or the thread has stopped).
  void wait_for_turn();
  // Waits for the turn that is under way. In a forked child, where the thread does not exist, it does nothing.
  void stop();

 private:
  void run();

  Turn turn_;
  const pid_t pid_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool nudged_ = false;
  uint64_t begun_ = 0, over_ = 0;  // turns
  std::thread thread_;
};

}  // namespace wsitrace

#endif
