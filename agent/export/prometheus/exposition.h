// SPDX-License-Identifier: MIT
//
// The text of a scrape, in either of the two formats that Prometheus reads. Series and values are the same in both, down to the
// spelling of `le`, so that a target may be scraped in one today and in the other tomorrow.
//
//                     Prometheus text 0.0.4            OpenMetrics 1.0
//    family           TYPE a_total counter             TYPE a counter; its samples are a_total
//    gauge x_info     gauge                            info
//    unit             –                                UNIT, from the end of the name
//    exemplars        –                                behind the buckets
//    end              –                                # EOF
//
// Counters, gauges and histograms; families of other types are left out.
// Source: https://prometheus.io/docs/specs/om/open_metrics_spec/, https://prometheus.io/docs/instrumenting/exposition_formats/
#ifndef WSITRACE_EXPORT_PROMETHEUS_EXPOSITION_H
#define WSITRACE_EXPORT_PROMETHEUS_EXPOSITION_H

#include <string>
#include <string_view>
#include <vector>

#include "agent/export/prometheus/exposed.h"

namespace wsitrace {

class Exposition {
 public:
  enum class Format { kText, kOpenMetrics };

  explicit Exposition(Format format) : format_(format) {}
  // The text of all FAMILIES.
  std::string render(const std::vector<ExposedFamily> &families);

 private:
  using Labels = std::vector<prometheus::ClientMetric::Label>;

  void add_family(const ExposedFamily &exposed);
  void add_metadata(std::string_view name, const prometheus::MetricFamily &family);
  void add_histogram(const std::string &name, const prometheus::ClientMetric &metric,
                     const std::vector<Exemplar> *exemplars);
  // NAME SUFFIX {LABELS,le="LE"}, with a blank at the end; LE: empty for none.
  void begin_sample(std::string_view name, std::string_view suffix, const Labels &labels, std::string_view le);
  void add_sample(std::string_view name, std::string_view suffix, const Labels &labels, double value);
  void add_exemplar(const Exemplar &exemplar);
  void add_escaped(std::string_view text, bool quotes);
  void add_number(double value);

  Format format_;
  std::string out_;
};

}  // namespace wsitrace

#endif
