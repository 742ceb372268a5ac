// SPDX-License-Identifier: MIT
//
// An answer that takes long to make, because a whole trace has to be read for it. It is made when somebody asks, and kept for a while.
//
// Kept:    kKeptNs, or kTimesAsLong as long as it took to make, whichever is longer. So it costs at most one part in kTimesAsLong of
//          the thread, however many ask however often.
// Threads: one at a time.
// Errors:  that there is no answer is kept, too; what MAKE throws is not.
#ifndef WSITRACE_SERVE_KEPT_ANSWER_H
#define WSITRACE_SERVE_KEPT_ANSWER_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/expected.h"

namespace wsitrace {

class KeptAnswer {
 public:
  using Make = std::function<Expected<std::string>()>;
  using Clock = std::function<uint64_t()>;  // nanoseconds
  static constexpr uint64_t kKeptNs = 1'000'000'000;
  static constexpr uint64_t kTimesAsLong = 10;

  KeptAnswer(Make make, Clock clock) : make_(std::move(make)), clock_(std::move(clock)) {}

  Expected<std::string> get();

 private:
  const Make make_;
  const Clock clock_;
  std::optional<Expected<std::string>> answer_;
  uint64_t until_ns_ = 0;
};

}  // namespace wsitrace

#endif
