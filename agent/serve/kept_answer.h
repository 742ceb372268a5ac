// SPDX-License-Identifier: MIT
//
// An answer that takes long to make, because a whole trace has to be read for it. It is made when somebody asks, and kept for a while.
//
// Kept:    kKeptNs, or kTimesAsLong as long as it took to make, whichever is longer. So it costs at most one part in kTimesAsLong of
//          the thread, however many ask however often.
// Renewed: for somebody who does not wait for it, at most every kRenewedNs, or kRenewedTimesAsLong as long as it took to make.
// Threads: one at a time.
// Errors:  that there is no answer is kept, too, if the answer can say so; what MAKE throws is not.
#ifndef WSITRACE_SERVE_KEPT_ANSWER_H
#define WSITRACE_SERVE_KEPT_ANSWER_H

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace wsitrace {

template <typename Answer>
class KeptAnswer {
 public:
  using Make = std::function<Answer()>;
  using Clock = std::function<uint64_t()>;  // nanoseconds
  static constexpr uint64_t kKeptNs = 1'000'000'000;
  static constexpr uint64_t kTimesAsLong = 10;
  static constexpr uint64_t kRenewedNs = 5'000'000'000;
  static constexpr uint64_t kRenewedTimesAsLong = 50;

  KeptAnswer(Make make, Clock clock) : make_(std::move(make)), clock_(std::move(clock)) {}

  const Answer &get() {
    if (!answer_ || clock_() >= until_ns_) make();
    return *answer_;
  }
  // Makes it anew if it is old.
  void renew() {
    if (!answer_ || clock_() >= renew_at_ns_) make();
  }

 private:
  void make() {
    answer_.reset();
    const uint64_t asked_ns = clock_();
    Answer made = make_();
    const uint64_t made_ns = clock_();
    until_ns_ = made_ns + std::max(kKeptNs, kTimesAsLong * (made_ns - asked_ns));
    renew_at_ns_ = made_ns + std::max(kRenewedNs, kRenewedTimesAsLong * (made_ns - asked_ns));
    answer_.emplace(std::move(made));
  }

  const Make make_;
  const Clock clock_;
  std::optional<Answer> answer_;
  uint64_t until_ns_ = 0;
  uint64_t renew_at_ns_ = 0;
};

}  // namespace wsitrace

#endif
