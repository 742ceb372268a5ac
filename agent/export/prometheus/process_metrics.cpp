// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/process_metrics.h"

namespace wsitrace {

void ProcessMetrics::on_process(const ProcessFacts &facts) {
  metrics_.add_process(facts);
  timeline_.on_process(facts);
}

void ProcessMetrics::on_loss(const Loss &loss) {
  metrics_.add_loss(loss_, loss);
  loss_ = loss;
  timeline_.on_loss(loss);
}

void ProcessMetrics::on_end(const End &end) {
  timeline_.on_end(end);
  timeline_.for_each_open([this](const Connection &connection) { metrics_.forget_open(connection); });
}

}  // namespace wsitrace
