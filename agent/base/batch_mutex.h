// SPDX-License-Identifier: MIT
//
// A mutex that a thread may keep while it does many things that each want it: for these it costs a comparison then, not two atomic
// operations.
//
//    batch.keep();
//    for (...) { const std::lock_guard lock(batch); ... }   in functions that know nothing of the batch
//    batch.give_back();
#ifndef WSITRACE_BASE_BATCH_MUTEX_H
#define WSITRACE_BASE_BATCH_MUTEX_H

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

namespace wsitrace {

class BatchMutex {
 public:
  // Not twice. Whoever keeps it gives it back from the same thread.
  void keep() {
    mutex_.lock();
    keeper_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  void give_back() {
    keeper_.store(std::thread::id(), std::memory_order_relaxed);
    mutex_.unlock();
  }

  void lock() {
    if (!is_kept_here()) mutex_.lock();
  }
  void unlock() {
    if (!is_kept_here()) mutex_.unlock();
  }

 private:
  // Only the keeper ever reads its own id there, which it wrote itself: no order is needed.
  [[nodiscard]] bool is_kept_here() const {
    return keeper_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

  std::mutex mutex_;
  std::atomic<std::thread::id> keeper_{};
};

// Keeps one between two calls, where the calls that belong together may come from outside of a block.
class Keeping {
 public:
  explicit Keeping(BatchMutex &mutex) : mutex_(mutex) {}
  ~Keeping() { end(); }
  Keeping(const Keeping &) = delete;
  Keeping &operator=(const Keeping &) = delete;

  void begin() {
    if (!std::exchange(keeps_, true)) mutex_.keep();
  }
  // Nothing, if it has not begun.
  void end() {
    if (std::exchange(keeps_, false)) mutex_.give_back();
  }

 private:
  BatchMutex &mutex_;
  bool keeps_ = false;
};

}  // namespace wsitrace

#endif
