// SPDX-License-Identifier: MIT
//
// The metrics of several programs as one target: those of each program with the label `program`, and those of the agent itself.
//
// Bound:   kMaxPrograms names, all further programs share "overflow" (CappedNames); each has the series of one Metrics.
// Threads: any.
// Source:  https://prometheus.io/docs/instrumenting/writing_clientlibs/ (labels)
#ifndef WSITRACE_CLI_AGENT_PROGRAM_METRICS_H
#define WSITRACE_CLI_AGENT_PROGRAM_METRICS_H

#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/diagnosis/judged_log.h"
#include "agent/export/prometheus/capped_names.h"
#include "agent/export/prometheus/metrics.h"

namespace wsitrace {

// Ring files in the agent's directory, by what it does about them.
struct RingCounts {
  size_t made = 0, taken_over = 0, left_to_owner = 0, refused = 0;
};

class ProgramMetrics final : public Exposed {
 public:
  static constexpr size_t kMaxPrograms = CappedNames::kMaxNames;

  // For the log of one more process, LOG; this outlives them.
  std::vector<std::shared_ptr<TimelineObserver>> observers(const std::string &program_untrusted, const JudgedLog &log);
  // What Collector::sample_callbacks() tells of a process of PROGRAM.
  void add_sampled(const std::string &program_untrusted, std::string_view protocol, int reason, uint64_t for_ns);
  void set_rings(const RingCounts &rings);
  // What was found in the traces by program (its name is not trusted), and how many could not be read.
  void set_diagnosed(const std::map<std::string, SeverityCounts> &by_program_untrusted, uint64_t unix_ns,
                     uint64_t traces_not_read);

  std::vector<prometheus::MetricFamily> Collect() const override;
  std::vector<ExposedFamily> collect_exposed() const override;
  void on_rendered(double seconds, uint64_t bytes) const override { own_.on_rendered(seconds, bytes); }

 private:
  class Process;
  // The words of End::kind; what else a damaged ring may lead to is not a label, but the first of them.
  struct Program {
    Metrics metrics;
    size_t processes = 0;  // that are observed now
    std::array<size_t, std::size(kEndingNames)>
        ended{};  // by how; all of them from the beginning, so that a rate() sees the first
  };
  [[nodiscard]] std::vector<ExposedFamily> own_families() const;
  Program &program_of(const std::string &name_untrusted);

  Metrics own_;  // of no program: what the scrapes cost
  mutable std::mutex mutex_;
  CappedNames names_;
  std::array<std::unique_ptr<Program>, CappedNames::kIndices> programs_;
  RingCounts rings_;
};

// Adds FROM to INTO: families of one name become one, each of FROM's series with the label NAME=VALUE in front unless NAME is empty.
void merge_families(std::vector<ExposedFamily> &into, std::vector<ExposedFamily> from, const std::string &name,
                    const std::string &value);

}  // namespace wsitrace

#endif
