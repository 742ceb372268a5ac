// SPDX-License-Identifier: MIT
//
// What prometheus-cpp's data model (1.0) cannot hold: exemplars, and what a scrape has cost. Beside its MetricFamily, not instead.
//
// Who uses it: Metrics is one; render_open_metrics() and render_metrics() look whether what they are given is one. Whoever puts
//              several Metrics together and wants to keep their exemplars is one, too.
// Source:      https://prometheus.io/docs/specs/om/open_metrics_spec/ (Exemplars)
#ifndef WSITRACE_EXPORT_PROMETHEUS_EXPOSED_H
#define WSITRACE_EXPORT_PROMETHEUS_EXPOSED_H

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <vector>

namespace wsitrace {

// The connection that was counted last in a bucket. Rendered as connection="PID/ID", as the live API calls it.
struct Exemplar {
  uint32_t pid = 0;  // 0: there is none
  uint64_t connection = 0;
  double value = 0;
  int64_t unix_ns = 0;
};

// A family with an exemplar for each bucket of each of its metrics, in their order. Empty: the family has none.
struct ExposedFamily {
  prometheus::MetricFamily family;
  std::vector<std::vector<Exemplar>> exemplars;
};

class Exposed : public prometheus::Collectable {
 public:
  [[nodiscard]] virtual std::vector<ExposedFamily> collect_exposed() const = 0;
  // A scrape was rendered; the next one tells what it took. Any thread.
  virtual void on_rendered(double seconds, uint64_t bytes) const = 0;
};

}  // namespace wsitrace

#endif
