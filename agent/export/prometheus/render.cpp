// SPDX-License-Identifier: MIT
#include <chrono>

#include "agent/export/prometheus/exposition.h"
#include "agent/export/prometheus/metrics.h"

namespace wsitrace {
namespace {

std::vector<ExposedFamily> without_exemplars(std::vector<prometheus::MetricFamily> families) {
  std::vector<ExposedFamily> exposed;
  exposed.reserve(families.size());
  for (prometheus::MetricFamily &family : families) exposed.push_back({std::move(family), {}});
  return exposed;
}

std::string render(const prometheus::Collectable &metrics, Exposition::Format format) {
  const auto *exposed = dynamic_cast<const Exposed *>(&metrics);
  if (exposed == nullptr) return Exposition(format).render(without_exemplars(metrics.Collect()));
  const auto from = std::chrono::steady_clock::now();
  std::string text = Exposition(format).render(exposed->collect_exposed());
  exposed->on_rendered(std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count(), text.size());
  return text;
}

}  // namespace

std::string render_metrics(const prometheus::Collectable &metrics) {
  return render(metrics, Exposition::Format::kText);
}

std::string render_open_metrics(const prometheus::Collectable &metrics) {
  return render(metrics, Exposition::Format::kOpenMetrics);
}

}  // namespace wsitrace
