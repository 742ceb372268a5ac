// SPDX-License-Identifier: MIT
#include "agent/serve/kept_answer.h"

#include <algorithm>

namespace wsitrace {

Expected<std::string> KeptAnswer::get() {
  const uint64_t asked_ns = clock_();
  if (answer_ && asked_ns < until_ns_) return *answer_;
  answer_.reset();
  Expected<std::string> made = make_();
  const uint64_t made_ns = clock_();
  until_ns_ = made_ns + std::max(kKeptNs, kTimesAsLong * (made_ns - asked_ns));
  answer_ = made;
  return made;
}

}  // namespace wsitrace
