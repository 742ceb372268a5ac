// SPDX-License-Identifier: MIT
//
// How long something took, over all of a trace: a log-linear histogram, after the idea of http://hdrhistogram.org.
//
// Shape:   durations below 64 ns have a bucket each; above, every power of two is cut into 32 buckets of the same width.
//          A quantile is the upper edge of its bucket and so at most 1/32 too large, never above the maximum, which is exact.
// Memory:  15 KiB at most, however many samples. The same samples in any order give the same answers.
#ifndef WSITRACE_COMPARE_DISTRIBUTION_H
#define WSITRACE_COMPARE_DISTRIBUTION_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wsitrace {

class Distribution {
 public:
  void add(uint64_t duration_ns);

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t max_ns() const { return max_ns_; }
  // The smallest duration that PER_CENT of the samples do not exceed (nearest rank); 0 without samples.
  [[nodiscard]] uint64_t quantile_ns(uint64_t per_cent) const;

 private:
  std::vector<uint64_t> buckets_;  // as many as the largest sample needs
  uint64_t count_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace wsitrace

#endif
