// SPDX-License-Identifier: MIT
#include "agent/compare/distribution.h"

#include <algorithm>
#include <bit>

namespace wsitrace {
namespace {

constexpr uint64_t kBucketsPerDoubling = 32;
constexpr int kExactBits = 6;  // 2 * kBucketsPerDoubling durations have a bucket each

size_t bucket_of(uint64_t duration_ns) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(duration_ns)) - kExactBits);
  return static_cast<size_t>(static_cast<uint64_t>(shift) * kBucketsPerDoubling + (duration_ns >> shift));
}

uint64_t upper_edge_ns(size_t bucket) {
  if (bucket < 2 * kBucketsPerDoubling) return bucket;
  const uint64_t shift = bucket / kBucketsPerDoubling - 1;
  const uint64_t step = bucket - shift * kBucketsPerDoubling;
  return ((step + 1) << shift) - 1;
}

}  // namespace

void Distribution::add(uint64_t duration_ns) {
  const size_t bucket = bucket_of(duration_ns);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  max_ns_ = std::max(max_ns_, duration_ns);
}

uint64_t Distribution::quantile_ns(uint64_t per_cent) const {
  const uint64_t rank = std::max<uint64_t>(1, (count_ * per_cent + 99) / 100);
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return std::min(upper_edge_ns(bucket), max_ns_);
  }
  return max_ns_;
}

}  // namespace wsitrace
