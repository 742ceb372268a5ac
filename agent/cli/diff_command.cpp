// SPDX-License-Identifier: MIT
#include "agent/cli/commands.h"

#include <CLI/CLI.hpp>

#include "agent/cli/formats/format.h"
#include "agent/cli/output.h"
#include "agent/cli/remote/trace_source.h"
#include "agent/collect/read_log.h"
#include "agent/compare/comparison.h"
#include "agent/compare/tally.h"
#include "agent/diagnosis/judged_log.h"

namespace wsitrace {
namespace {

constexpr const char *kDiffFooter =
    "Exit status: 0 nothing that a rule selects got worse (without rules "
    "always), 1 a rule is broken, 2 usage or unreadable\n"
    "input, 3 a rule could not be judged (events were lost, no end, too few samples), and none is broken.\n"
    "\n"
    "A RULE is WHAT, WHAT>AMOUNT or WHAT<AMOUNT: it is broken when WHAT grew "
    "(<: fell) by more than AMOUNT; without one, when it\n"
    "grew at all. Quote it for the shell. WHAT is\n"
    "  findings[:KIND]   leaks   lost   open      what `wsitrace check` finds; leaked; events lost; open at the end\n"
    "  outcome[:OUTCOME]   status[:CLASS]         of transactions: completed, aborted, ...; 2xx, 5xx, ...\n"
    "  close[:REASON]   by[:WHO]                  why connections ended, and who ended them: peer, local, lws\n"
    "  class, origin, role, vhost, protocol[:NAME]   connections   transactions   sessions\n"
    "  latency[:MEASURE[.QUANTILE]]               tls, response, "
    "transaction, session, connection; p50, p90, p99, max\n"
    "Without a name after the colon it is any of them. AMOUNT is a number "
    "or a percentage (10%), of a latency a time (us, ms,\n"
    "s) or a percentage. A latency has changed when it has 20 samples "
    "in both traces and p50 or p90 are more than 1.25\n"
    "times or less than 0.8 times what they were, and by more than 1 ms.\n"
    "\n"
    "Examples:\n"
    "  wsitrace diff before.wsitrace after.wsitrace\n"
    "  wsitrace diff before.wsitrace after.wsitrace --fail-on findings --fail-on leaks --fail-on outcome:aborted\n"
    "  wsitrace diff before.wsitrace after.wsitrace --fail-on 'close:timeout>10%' --fail-on 'outcome:completed<0'\n"
    "  wsitrace diff before.wsitrace after.wsitrace --fail-on 'latency:transaction.p90>20%' --format json";

struct DiffOptions {
  std::string before, after;
  RemoteAccess access;
  std::string format = "text";
  std::vector<std::string> fail_on;
  std::pair<uint32_t, uint32_t> pids{0, 0};
};

Expected<std::vector<Rule>> parse_rules(const std::vector<std::string> &texts) {
  std::vector<Rule> rules;
  for (const std::string &text : texts) {
    auto rule = parse_rule(text);
    if (!rule) return unexpected(rule.error());
    rules.push_back(std::move(*rule));
  }
  return rules;
}

Expected<Summary> summary_of(const std::string &file, const RemoteAccess &access, uint32_t pid) {
  const auto source = TraceSource::open(file, access);
  if (!source) return unexpected(source.error());
  JudgedLog log;
  Tally tally;
  log.timeline.add(tally);
  return read_log(source->path(), log.timeline, pid).map([&](const ReadLog &read) {
    if (read.cut_off) complain(*read.cut_off);
    return tally.summary(log.timeline, log.verdict());
  });
}

Expected<int> diff(const DiffOptions &options) {
  const auto rules = parse_rules(options.fail_on);
  if (!rules) return unexpected(rules.error());
  auto before = summary_of(options.before, options.access, options.pids.first);
  if (!before) return unexpected(before.error());
  auto after = summary_of(options.after, options.access, options.pids.second);
  if (!after) return unexpected(after.error());
  const Comparison comparison = compare(std::move(*before), std::move(*after), *rules);
  Output output = Output::to_stdout();
  output.write(parse_format(options.format)->format->comparison(comparison, output.is_terminal()));
  return output.finish().map([&] { return comparison.exit_status(); });
}

int run(const DiffOptions &options) {
  const auto status = diff(options);
  if (status) return *status;
  complain(status.error());
  return kUsageStatus;
}

}  // namespace

void add_diff_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App *command = app.add_subcommand("diff", "Compare two traces of the same workload");
  command->add_option("BEFORE", options->before, "Trace or ring file, or the URL of a live wsitrace")->required();
  command->add_option("AFTER", options->after, "Trace or ring file, or the URL of a live wsitrace")->required();
  command->add_option("--format", options->format, "Output format")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(names_of_formats(is_of_comparisons)))
      ->capture_default_str();
  command->add_option("--fail-on", options->fail_on, "Exit with 1 when this got worse; may be given several times")
      ->type_name("RULE")
      ->allow_extra_args(false);
  command->add_option("--pid", options->pids, "Of ring files: the processes to compare; 0 for the first that recorded")
      ->type_name("PID PID");
  add_access_options(*command, options->access);
  command->footer(kDiffFooter);
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace wsitrace
