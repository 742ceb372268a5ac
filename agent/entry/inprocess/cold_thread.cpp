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
  changed_.notify_all();
}

void ColdThread::wait_for_turn() {
  std::unique_lock lock(mutex_);
  const uint64_t wanted = begun_ + 1;
  nudged_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return stopping_ || over_ >= wanted; });
}

void ColdThread::stop() {
  if (!thread_.joinable()) return;
  if (pid_ != getpid()) return thread_.detach();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ColdThread::run() {
  pthread_setname_np(pthread_self(), "wsitrace");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    ++begun_;
    lock.unlock();
    const std::chrono::milliseconds pause = turn_();
    lock.lock();
    over_ = begun_;
    changed_.notify_all();
    changed_.wait_for(lock, pause, [this] { return stopping_ || nudged_; });
    nudged_ = false;
  }
}

}  // namespace wsitrace
