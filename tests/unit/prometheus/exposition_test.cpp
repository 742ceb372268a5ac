// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "agent/export/prometheus/histogram.h"
#include "agent/export/prometheus/metrics.h"

namespace wsitrace {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using ::testing::HasSubstr;
using ::testing::Not;

using Labels = std::vector<prometheus::ClientMetric::Label>;

ExposedFamily family(const char *name, MetricType type, double value, Labels labels = {}, const char *help = "Words.") {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  metric.gauge.value = value;
  return {{name, help, type, {metric}}, {}};
}

ExposedFamily histogram(std::vector<Exemplar> seen) {
  constexpr Bounds kBounds = {0.0001, 0.25, 1, 10, 300, 3600, 28800, 1e6};
  Histogram counts;
  for (const Exemplar &one : seen) counts.observe(kBounds, one);
  prometheus::ClientMetric metric;
  metric.histogram = counts.snapshot(kBounds);
  return {{"t_seconds", "Words.", MetricType::Histogram, {metric}}, {counts.exemplars()}};
}

std::string text(const ExposedFamily &exposed) { return Exposition(Exposition::Format::kText).render({exposed}); }
std::string open(const ExposedFamily &exposed) {
  return Exposition(Exposition::Format::kOpenMetrics).render({exposed});
}

TEST(Exposition, CounterIsNamedWithItsSuffixInTextAndWithoutInOpenMetrics) {
  const auto counter = family("a_total", MetricType::Counter, 23);
  EXPECT_EQ(text(counter), "# HELP a_total Words.\n# TYPE a_total counter\na_total 23\n");
  EXPECT_EQ(open(counter), "# HELP a Words.\n# TYPE a counter\na_total 23\n# EOF\n");
}

TEST(Exposition, UnitsAndInfosAreOpenMetricsOnly) {
  const auto gauge = family("x_bytes", MetricType::Gauge, 7);
  EXPECT_EQ(text(gauge), "# HELP x_bytes Words.\n# TYPE x_bytes gauge\nx_bytes 7\n");
  EXPECT_EQ(open(gauge), "# HELP x_bytes Words.\n# TYPE x_bytes gauge\n# UNIT x_bytes bytes\nx_bytes 7\n# EOF\n");
  const auto info = family("x_info", MetricType::Gauge, 1, {{"v", "2"}});
  EXPECT_EQ(text(info), "# HELP x_info Words.\n# TYPE x_info gauge\nx_info{v=\"2\"} 1\n");
  EXPECT_EQ(open(info), "# HELP x Words.\n# TYPE x info\nx_info{v=\"2\"} 1\n# EOF\n");
}

TEST(Exposition, NothingBreaksOutOfALabelOrAHelp) {
  const auto gauge = family("x", MetricType::Gauge, 1, {{"v", "a\"b\\c\nd"}, {"w", "e"}}, "\"q\" \\ \n");
  EXPECT_THAT(text(gauge), HasSubstr("# HELP x \"q\" \\\\ \\n\n"));
  EXPECT_THAT(open(gauge), HasSubstr("# HELP x \\\"q\\\" \\\\ \\n\n"));
  for (const std::string &out : {text(gauge), open(gauge)})
    EXPECT_THAT(out, HasSubstr("\nx{v=\"a\\\"b\\\\c\\nd\",w=\"e\"} 1\n"));
}

TEST(Exposition, NumbersReadBackAsTheyWere) {
  const auto shown = [](double value) {
    const std::string out = text(family("x", MetricType::Gauge, value));
    return out.substr(out.rfind(' ') + 1);
  };
  EXPECT_EQ(shown(0), "0\n");
  EXPECT_EQ(shown(100000), "100000\n");
  EXPECT_EQ(shown(-3), "-3\n");
  EXPECT_EQ(shown(9007199254740991), "9007199254740991\n");
  for (const double value : {0.1, 1700000000.123456, 1.0 / 3, 1e300, 1e-300}) EXPECT_EQ(std::stod(shown(value)), value);
}

TEST(Exposition, BoundsAreSpelledTheSameInBothFormats) {
  const auto buckets = histogram({{0, 0, 0.5, 0}});
  for (const std::string &out : {text(buckets), open(buckets)}) {
    for (const char *le : {"0.0001", "0.25", "1.0", "10.0", "300.0", "28800.0", "1000000.0", "+Inf"})
      EXPECT_THAT(out, HasSubstr("t_seconds_bucket{le=\"" + std::string(le) + "\"} "));
    EXPECT_THAT(out, HasSubstr("t_seconds_count 1\nt_seconds_sum 0.5\n"));
  }
}

TEST(Exposition, LastConnectionOfABucketIsItsExemplar) {
  const auto buckets = histogram({{4711, 2, 0.5, 1'700'000'000'250'000'000},
                                  {4711, 7, 0.75, 1'700'000'001'005'999'999},
                                  {4712, 1, 1e9, 1'700'000'002'000'000'000}});
  const std::string out = open(buckets);
  EXPECT_THAT(out, HasSubstr("{le=\"1.0\"} 2 # {connection=\"4711/7\"} 0.75 1700000001.005\n"));
  EXPECT_THAT(out, HasSubstr("{le=\"+Inf\"} 3 # {connection=\"4712/1\"} 1000000000 1700000002.000\n"));
  EXPECT_THAT(out, HasSubstr("{le=\"10.0\"} 2\n"));
  EXPECT_THAT(text(buckets), Not(HasSubstr("connection")));
}

// What other code collects has no exemplars and no cost of its own to tell.
TEST(Exposition, ForeignCollectableIsRendered) {
  struct Foreign final : prometheus::Collectable {
    std::vector<MetricFamily> Collect() const override {
      return {family("a_total", MetricType::Counter, 2).family, family("s", MetricType::Summary, 2).family};
    }
  };
  EXPECT_EQ(render_open_metrics(Foreign()), "# HELP a Words.\n# TYPE a counter\na_total 2\n# EOF\n");
  EXPECT_EQ(render_metrics(Foreign()), "# HELP a_total Words.\n# TYPE a_total counter\na_total 2\n");
}

TEST(Exposition, ScrapeTellsWhatTheOneBeforeCost) {
  const Metrics metrics;
  const std::string first = render_metrics(metrics);
  EXPECT_THAT(first, Not(HasSubstr("wsitrace_scrape_")));
  const std::string second = render_open_metrics(metrics);
  EXPECT_THAT(second, HasSubstr("\nwsitrace_scrape_size_bytes " + std::to_string(first.size()) + "\n"));
  EXPECT_THAT(second, testing::ContainsRegex("\nwsitrace_scrape_duration_seconds [0-9.e-]+\n"));
  EXPECT_THAT(render_metrics(metrics),
              HasSubstr("\nwsitrace_scrape_size_bytes " + std::to_string(second.size()) + "\n"));
}

}  // namespace
}  // namespace wsitrace
