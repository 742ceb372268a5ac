// SPDX-License-Identifier: MIT
#include "agent/cli/agent/program_metrics.h"

#include <algorithm>
#include <iterator>

#include "agent/export/prometheus/process_metrics.h"

namespace wsitrace {
namespace {

ExposedFamily agent_family(const char *name, const char *help, prometheus::MetricType type) {
  ExposedFamily family;
  family.family.name = name;
  family.family.help = help;
  family.family.type = type;
  return family;
}

void add_series(ExposedFamily &to, std::vector<prometheus::ClientMetric::Label> labels, size_t value) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (to.family.type == prometheus::MetricType::Counter) metric.counter.value = static_cast<double>(value);
  else metric.gauge.value = static_cast<double>(value);
  to.family.metric.push_back(std::move(metric));
}

// Of METRICS that hear of no process the rest is only zeroes.
std::vector<ExposedFamily> of_no_program(const Metrics &metrics) {
  auto families = metrics.collect_exposed();
  const auto rest = std::remove_if(families.begin(), families.end(), [](const ExposedFamily &exposed) {
    const std::string &name = exposed.family.name;
    return !name.starts_with("wsitrace_scrape_") && name != "wsitrace_traces_not_diagnosed";
  });
  families.erase(rest, families.end());
  return families;
}

}  // namespace

// Counts a process of PROGRAM while its log goes on.
class ProgramMetrics::Process final : public TimelineObserver {
 public:
  Process(ProgramMetrics &owner, Program &program) : owner_(owner), program_(program) {
    const std::lock_guard lock(owner_.mutex_);
    ++program_.processes;
  }
  void on_log_ended(const Timeline &timeline) override {
    const std::lock_guard lock(owner_.mutex_);
    --program_.processes;
    ++program_.ended[static_cast<size_t>(timeline.ending().value_or(Ending::kUnknown))];
  }

 private:
  ProgramMetrics &owner_;
  Program &program_;
};

std::vector<std::shared_ptr<TimelineObserver>> ProgramMetrics::observers(const std::string &program_untrusted,
                                                                         const JudgedLog &log) {
  Program &program = program_of(program_untrusted);
  return {std::make_shared<ProcessMetrics>(program.metrics, log), std::make_shared<Process>(*this, program)};
}

ProgramMetrics::Program &ProgramMetrics::program_of(const std::string &name_untrusted) {
  const std::lock_guard lock(mutex_);
  auto &place = programs_[names_.index_of(name_untrusted)];
  if (place == nullptr) place = std::make_unique<Program>();
  return *place;
}

void ProgramMetrics::add_sampled(const std::string &program_untrusted, std::string_view protocol, int reason,
                                 uint64_t for_ns) {
  program_of(program_untrusted).metrics.add_sampled(protocol, reason, for_ns);
}

void ProgramMetrics::set_rings(const RingCounts &rings) {
  const std::lock_guard lock(mutex_);
  rings_ = rings;
}

void ProgramMetrics::set_diagnosed(const std::map<std::string, SeverityCounts> &by_program_untrusted, uint64_t unix_ns,
                                   uint64_t traces_not_read) {
  const std::lock_guard lock(mutex_);
  std::map<size_t, SeverityCounts> counts;
  for (const auto &[program, found] : by_program_untrusted) counts[names_.index_of(program)].add(found);
  for (size_t i = 0; i < programs_.size(); ++i) {
    if (programs_[i] == nullptr) continue;
    const auto found = counts.find(i);
    programs_[i]->metrics.set_diagnosed(found == counts.end() ? std::nullopt
                                                              : std::optional(Diagnosed{found->second, unix_ns}));
  }
  own_.set_not_diagnosed(traces_not_read);
}

std::vector<ExposedFamily> ProgramMetrics::collect_exposed() const {
  std::vector<ExposedFamily> families;
  std::vector<std::pair<std::string, const Metrics *>> programs;
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < programs_.size(); ++i)
      if (programs_[i] != nullptr) programs.emplace_back(names_.shown(i), &programs_[i]->metrics);
  }
  for (const auto &[name, metrics] : programs) merge_families(families, metrics->collect_exposed(), "program", name);
  merge_families(families, own_families(), {}, {});
  merge_families(families, of_no_program(own_), {}, {});
  return families;
}

std::vector<prometheus::MetricFamily> ProgramMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  for (ExposedFamily &exposed : collect_exposed()) families.push_back(std::move(exposed.family));
  return families;
}

std::vector<ExposedFamily> ProgramMetrics::own_families() const {
  using prometheus::MetricType;
  auto observed = agent_family("wsitrace_agent_processes", "Processes that are being observed.", MetricType::Gauge);
  auto ended = agent_family("wsitrace_agent_processes_ended_total", "Observed processes that ended, by how they ended.",
                            MetricType::Counter);
  auto rings =
      agent_family("wsitrace_agent_rings", "Ring files in the agent's directory, by what the agent does with them.",
                   MetricType::Gauge);
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < programs_.size(); ++i) {
    if (programs_[i] == nullptr) continue;
    add_series(observed, {{"program", names_.shown(i)}}, programs_[i]->processes);
    for (size_t how = 0; how < std::size(kEndingNames); ++how)
      add_series(ended, {{"program", names_.shown(i)}, {"ended", kEndingNames[how]}}, programs_[i]->ended[how]);
  }
  add_series(rings, {{"fate", "made"}}, rings_.made);
  add_series(rings, {{"fate", "taken_over"}}, rings_.taken_over);
  add_series(rings, {{"fate", "left_to_owner"}}, rings_.left_to_owner);
  add_series(rings, {{"fate", "refused"}}, rings_.refused);
  std::vector<ExposedFamily> families;
  for (ExposedFamily *family : {&observed, &ended, &rings})
    if (!family->family.metric.empty()) families.push_back(std::move(*family));
  return families;
}

void merge_families(std::vector<ExposedFamily> &into, std::vector<ExposedFamily> from, const std::string &name,
                    const std::string &value) {
  for (ExposedFamily &family : from) {
    if (!name.empty())
      for (prometheus::ClientMetric &metric : family.family.metric)
        metric.label.insert(metric.label.begin(), {name, value});
    const auto present = std::find_if(
        into.begin(), into.end(), [&](const ExposedFamily &other) { return other.family.name == family.family.name; });
    if (present == into.end()) {
      into.push_back(std::move(family));
      continue;
    }
    // Exemplars go with the metrics one to one, or there are none.
    const bool exemplars = !present->exemplars.empty() || !family.exemplars.empty();
    if (exemplars) present->exemplars.resize(present->family.metric.size());
    if (exemplars) family.exemplars.resize(family.family.metric.size());
    std::move(family.family.metric.begin(), family.family.metric.end(), std::back_inserter(present->family.metric));
    std::move(family.exemplars.begin(), family.exemplars.end(), std::back_inserter(present->exemplars));
  }
}

}  // namespace wsitrace
