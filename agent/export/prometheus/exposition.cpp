// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/exposition.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

namespace wsitrace {
namespace {

using prometheus::MetricType;

constexpr std::string_view kTotal = "_total";
constexpr std::string_view kInfo = "_info";
constexpr size_t kBytesPerScrape = 1 << 15;

const char *type_name(MetricType type) {
  switch (type) {
    case MetricType::Counter: return "counter";
    case MetricType::Gauge: return "gauge";
    case MetricType::Histogram: return "histogram";
    default: return nullptr;
  }
}

std::string_view without(std::string_view suffix, std::string_view name) {
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

std::string_view unit_of(std::string_view name) {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (name.ends_with(unit)) return unit;
  }
  return {};
}

// The shortest text that reads back as VALUE, never in exponents, with a point: as both formats' users write `le`.
std::string bound_text(double bound) {
  if (bound == std::numeric_limits<double>::infinity()) return "+Inf";
  std::array<char, 400> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), bound, std::chars_format::fixed).ptr;
  std::string text(digits.begin(), end);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::string Exposition::render(const std::vector<ExposedFamily> &families) {
  out_.reserve(kBytesPerScrape);
  for (const ExposedFamily &exposed : families) add_family(exposed);
  if (format_ == Exposition::Format::kOpenMetrics) out_ += "# EOF\n";
  return std::move(out_);
}

void Exposition::add_family(const ExposedFamily &exposed) {
  const prometheus::MetricFamily &family = exposed.family;
  if (type_name(family.type) == nullptr) return;
  std::string_view name = family.name;
  if (format_ == Exposition::Format::kOpenMetrics && family.type == MetricType::Counter) name = without(kTotal, name);
  if (format_ == Exposition::Format::kOpenMetrics && family.type == MetricType::Gauge) name = without(kInfo, name);
  add_metadata(name, family);
  for (size_t i = 0; i < family.metric.size(); ++i) {
    const prometheus::ClientMetric &metric = family.metric[i];
    if (family.type == MetricType::Counter) add_sample(family.name, {}, metric.label, metric.counter.value);
    else if (family.type == MetricType::Gauge) add_sample(family.name, {}, metric.label, metric.gauge.value);
    else add_histogram(family.name, metric, i < exposed.exemplars.size() ? &exposed.exemplars[i] : nullptr);
  }
}

void Exposition::add_metadata(std::string_view name, const prometheus::MetricFamily &family) {
  const bool open = format_ == Exposition::Format::kOpenMetrics;
  out_.append("# HELP ").append(name).append(" ");
  add_escaped(family.help, open);
  const bool info = open && name.size() < family.name.size() && family.type == MetricType::Gauge;
  out_.append("\n# TYPE ").append(name).append(" ").append(info ? "info" : type_name(family.type)).append("\n");
  const std::string_view unit = unit_of(name);
  if (open && !unit.empty()) out_.append("# UNIT ").append(name).append(" ").append(unit).append("\n");
}

void Exposition::add_histogram(const std::string &name, const prometheus::ClientMetric &metric,
                               const std::vector<Exemplar> *exemplars) {
  for (size_t i = 0; i < metric.histogram.bucket.size(); ++i) {
    const auto &bucket = metric.histogram.bucket[i];
    begin_sample(name, "_bucket", metric.label, bound_text(bucket.upper_bound));
    add_number(static_cast<double>(bucket.cumulative_count));
    if (exemplars != nullptr && i < exemplars->size()) add_exemplar((*exemplars)[i]);
    out_ += '\n';
  }
  add_sample(name, "_count", metric.label, static_cast<double>(metric.histogram.sample_count));
  add_sample(name, "_sum", metric.label, metric.histogram.sample_sum);
}

void Exposition::add_sample(std::string_view name, std::string_view suffix, const Labels &labels, double value) {
  begin_sample(name, suffix, labels, {});
  add_number(value);
  out_ += '\n';
}

void Exposition::begin_sample(std::string_view name, std::string_view suffix, const Labels &labels,
                              std::string_view le) {
  out_.append(name).append(suffix);
  char before = '{';
  for (const auto &label : labels) {
    out_ += before;
    out_.append(label.name).append("=\"");
    add_escaped(label.value, true);
    out_ += '"';
    before = ',';
  }
  if (!le.empty()) {
    out_ += before;
    out_.append("le=\"").append(le).append("\"");
  }
  if (!labels.empty() || !le.empty()) out_ += '}';
  out_ += ' ';
}

void Exposition::add_exemplar(const Exemplar &exemplar) {
  if (format_ != Exposition::Format::kOpenMetrics || exemplar.pid == 0) return;
  out_.append(" # {connection=\"").append(std::to_string(exemplar.pid)).append("/");
  out_.append(std::to_string(exemplar.connection)).append("\"} ");
  add_number(exemplar.value);
  std::array<char, 32> time{};
  const int64_t unix_ms = exemplar.unix_ns / 1'000'000;
  std::snprintf(time.data(), time.size(), " %lld.%03d", static_cast<long long>(unix_ms / 1000),
                static_cast<int>(unix_ms % 1000));
  out_ += time.data();
}

void Exposition::add_escaped(std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out_ += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out_ += '\\';
    out_ += c;
  }
}

void Exposition::add_number(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers up to here are told as such
  std::array<char, 32> digits{};
  const bool whole = std::fabs(value) <= kExact && value == std::trunc(value);
  const char *end = whole ? std::to_chars(digits.begin(), digits.end(), static_cast<int64_t>(value)).ptr
                          : std::to_chars(digits.begin(), digits.end(), value).ptr;
  out_.append(digits.data(), static_cast<size_t>(end - digits.data()));
}

}  // namespace wsitrace
