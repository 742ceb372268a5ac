// SPDX-License-Identifier: MIT
//
// Who follows a live board over api/live, and what each of them is to be told next. It knows nothing of sockets; live_session.h
// connects it to libwebsockets.
//
//                     work(): renders hello or changes
//     [waits] ------------------------------------------> [has a message]
//        ^                                                       |
//        +------ finish(): the service thread has sent it -------+
//
// Pace:    a message every 250 ms at most, and one every 2 s when nothing is new.
// Slow:    there is at most one message for each; meanwhile the board alone knows what is new. Who took more than kStaleNs over a
//          message is told everything anew (hello).
// Full:    a newcomer takes the place of who has followed for longest, if that is kLeastNs or more: nobody is kept out for good.
// Shared:  those at the same position get the same bytes, rendered once.
// Threads: service threads call follow(), leave(), take_ready() and finish(), held by a short lock only; one cold thread calls work().
#ifndef WSITRACE_SERVE_LIVE_FEED_H
#define WSITRACE_SERVE_LIVE_FEED_H

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/export/live/live_board.h"

struct lws;

namespace wsitrace {

struct Follower {
  lws *wsi = nullptr;
  std::thread::id thread;  // the service thread of wsi

  // Service thread only, while has_message().
  size_t sent_bytes = 0;
  std::shared_ptr<const std::string> message;  // the worker's while there is none to send; it frees it, too
  [[nodiscard]] bool has_message() const { return ready_.load(std::memory_order_acquire); }
  [[nodiscard]] bool is_given_up() const { return given_up_.load(std::memory_order_relaxed); }

 private:
  friend class LiveFeed;
  std::atomic<bool> ready_{false};    // release store by the worker, pairs with has_message(); and back by finish()
  std::atomic<uint64_t> done_ns_{0};  // when the last message was sent; relaxed, ordered by ready_
  bool announced_ = false;            // guarded by the feed's mutex, as the next two
  std::atomic<bool> given_up_{false};
  uint64_t began_ns_ = 0;
  // Worker only.
  bool fresh_ = true;
  uint64_t position_ = 0;
  uint64_t rendered_ns_ = 0;
};

class LiveFeed {
 public:
  static constexpr size_t kMostFollowers = 32;
  static constexpr uint64_t kPaceNs = 250'000'000;
  static constexpr uint64_t kHeartbeatNs = 2'000'000'000;
  static constexpr uint64_t kStaleNs = 5'000'000'000;
  static constexpr uint64_t kLeastNs = 30'000'000'000;

  // BOARD may be nullptr: there is nothing to follow. It outlives this.
  explicit LiveFeed(const LiveBoard *board) : board_(board) {}

  // Whether there is one for a newcomer, or can be: then GIVEN_UP, if it is set, is to be closed.
  struct Room {
    bool exists = false;
    lws *given_up = nullptr;  // of this thread
  };
  Room make_room(uint64_t now_ns);
  // nullptr: no room. The follower is the feed's until leave().
  Follower *follow(lws *wsi, uint64_t now_ns);
  void leave(Follower *follower);
  // Connections of this thread whose message has got ready since the last call.
  std::vector<lws *> take_ready();
  // The last byte was handed on.
  static void finish(Follower &follower, uint64_t now_ns);

  // Returns the number of messages that have got ready.
  size_t work(uint64_t now_ns);

  [[nodiscard]] size_t follower_count() const;

 private:
  struct Rendered;
  [[nodiscard]] size_t staying() const;
  [[nodiscard]] bool is_due(Follower &follower, uint64_t now_ns) const;

  const LiveBoard *board_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Follower>> followers_;  // guarded by mutex_
  std::atomic<size_t> ready_{0};                      // not announced yet; a hint that spares take_ready() the lock
};

}  // namespace wsitrace

#endif
