// SPDX-License-Identifier: MIT
//
// A histogram with fixed buckets, counted without a lock of its own, and the buckets for each thing that is measured.
// Each has at most kMaxBounds bounds: a histogram costs its bounds + 3 series. Of what fell into a bucket it keeps the last
// exemplar; room for these is made with the first one.
// Source: https://prometheus.io/docs/practices/histograms/ (a bound must lie where a question is asked).
#ifndef WSITRACE_EXPORT_PROMETHEUS_HISTOGRAM_H
#define WSITRACE_EXPORT_PROMETHEUS_HISTOGRAM_H

#include <prometheus/client_metric.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "agent/export/prometheus/exposed.h"

namespace wsitrace {

inline constexpr size_t kMaxBounds = 8;
using Bounds = std::array<double, kMaxBounds>;

// Seconds a connection lived: from "refused at once" over lws's default timeouts (5 s keep-alive in lwsws, 20 s for the
// first request) to what lives for hours because it is meant to.
inline constexpr Bounds kConnectionSeconds = {0.001, 0.01, 0.1, 1, 5, 20, 300, 3600};
// Seconds from request to the end of the response: loopback handlers need tens of microseconds, users notice 0.1 s,
// stop waiting after some seconds.
inline constexpr Bounds kTransactionSeconds = {0.0001, 0.0005, 0.0025, 0.01, 0.05, 0.25, 1, 10};
// Seconds a kept-alive connection waits for its next request; the bounds from 1 on are keep-alive timeouts in common
// use (lwsws 5 s, nginx 75 s), so that the effect of choosing one can be read off.
inline constexpr Bounds kKeepaliveIdleSeconds = {0.001, 0.01, 0.1, 1, 5, 15, 30, 75};
// Seconds of a TLS handshake: resumed on loopback, full, one and more round trips, lost packets, stuck (lws gives up by its
// timeout, 5 to 20 s).
inline constexpr Bounds kTlsHandshakeSeconds = {0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 2, 10};
// Seconds a websocket session lived: failed at once, a page view, idle timeouts of proxies (60 s), a working day.
inline constexpr Bounds kSessionSeconds = {0.1, 1, 10, 60, 300, 1800, 7200, 28800};
// Seconds of a callback that kept its event loop: noticed, disturbing (0.5 s), the limits of health checks and of clients' patience, and lws's
// own timeouts (5 and 20 s).
inline constexpr Bounds kSlowCallbackSeconds = {0.25, 0.5, 1, 2.5, 5, 10, 20, 60};
// Transactions per connection: 0 never asked, 1 no keep-alive; 100 and 1000 are keep-alive limits of common servers.
inline constexpr Bounds kTransactionsPerConnection = {0, 1, 2, 5, 10, 25, 100, 1000};

class Histogram {
 public:
  void observe(const Bounds &bounds, const Exemplar &seen) {
    size_t bucket = 0;
    while (bucket < kMaxBounds && seen.value > bounds[bucket]) ++bucket;
    ++counts_[bucket];
    ++count_;
    sum_ += seen.value;
    if (seen.pid == 0) return;
    if (exemplars_ == nullptr) exemplars_ = std::make_unique<Exemplars>();
    (*exemplars_)[bucket] = seen;
  }

  [[nodiscard]] bool empty() const { return count_ == 0; }

  [[nodiscard]] prometheus::ClientMetric::Histogram snapshot(const Bounds &bounds) const {
    prometheus::ClientMetric::Histogram out;
    out.sample_count = count_;
    out.sample_sum = sum_;
    uint64_t cumulative = 0;
    for (size_t i = 0; i <= kMaxBounds; ++i) {
      cumulative += counts_[i];
      out.bucket.push_back({cumulative, i < kMaxBounds ? bounds[i] : std::numeric_limits<double>::infinity()});
    }
    return out;
  }

  // One for each bucket.
  [[nodiscard]] std::vector<Exemplar> exemplars() const {
    if (exemplars_ == nullptr) return std::vector<Exemplar>(kMaxBounds + 1);
    return {exemplars_->begin(), exemplars_->end()};
  }

 private:
  using Exemplars = std::array<Exemplar, kMaxBounds + 1>;

  std::array<uint64_t, kMaxBounds + 1> counts_{};
  uint64_t count_ = 0;
  double sum_ = 0;
  std::unique_ptr<Exemplars> exemplars_;
};

}  // namespace wsitrace

#endif
