// SPDX-License-Identifier: MIT
#include "agent/entry/inprocess/cold_thread.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace wsitrace {

ColdThread::ColdThread(Turn turn) : turn_(std::move(turn)), pid_(getpid()) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ColdThread::nudge() {
  {
    const std::lock_guard lock(mutex_);
    nudged_ = true;
  }
  changed_.notify_one();
}

void ColdThread::stop() {
  if (!thread_.joinable()) return;
  if (pid_ != getpid()) return thread_.detach();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ColdThread::run() {
  pthread_setname_np(pthread_self(), "wsitrace");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const std::chrono::milliseconds pause = turn_();
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return stopping_ || nudged_; });
    nudged_ = false;
  }
}

}  // namespace wsitrace
