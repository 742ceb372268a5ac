// SPDX-License-Identifier: MIT
#include "agent/cli/explain_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "agent/cli/numbers.h"
#include "agent/cli/output.h"
#include "agent/collect/trace_file.h"
#include "agent/export/explain/explainer.h"

namespace wsitrace {
namespace {

constexpr const char *kExplainFooter =
    "Without --conn, whatever is odd is explained, worst first: connections that were never destroyed, never serviced "
    "or never\n"
    "completed what they began; failed handshakes, timeouts, aborted and refused requests, ends for unknown reasons.\n"
    "\n"
    "Examples:\n"
    "  wsitrace explain janus.4711.wsitrace              what is odd in it?\n"
    "  wsitrace explain janus.4711.wsitrace --conn 7     what is connection 7, what happened on it, why did it end?";

constexpr size_t kColumns = 100;  // on a terminal; elsewhere one sentence a line

struct ExplainOptions {
  std::string file;
  uint64_t connection = 0;
  uint32_t pid = 0;
};

using Wanted = std::vector<Explainer::Wanted>;

Error no_such_connection(const ExplainOptions &options, uint64_t known) {
  const std::string have = known == 0   ? "it has no connections"
                           : known == 1 ? "it has id 1 only"
                                        : "it has ids 1 to " + std::to_string(known);
  return {"--conn " + std::to_string(options.connection), "no such connection in " + options.file, have};
}

Expected<ReadLog> explain(const ExplainOptions &options, const Wanted &wanted, Output &output) {
  const size_t width = isatty(STDOUT_FILENO) == 1 ? kColumns : 0;
  Timeline timeline;
  Explainer explainer(timeline, wanted, width, [&output](std::string_view text) { output.write(text); });
  timeline.add(explainer);
  auto read = read_log(options.file, timeline, options.pid);
  if (!read && timeline.heard_nothing()) return read;
  const bool found = explainer.finish();
  if (!read || found || options.connection == 0) return read;
  return unexpected(no_such_connection(options, timeline.totals().opened));
}

std::string summary(const Survey &survey, uint64_t opened) {
  const std::string connections = std::to_string(opened) + (opened == 1 ? " connection" : " connections");
  if (survey.odd().empty()) return "nothing odd in " + connections + "\n";
  return std::to_string(survey.count()) + " odd in " + connections + "\n\n";
}

Expected<ReadLog> explain_odd(const ExplainOptions &options, Output &output) {
  Timeline timeline;
  Survey survey(timeline);
  timeline.add(survey);
  auto read = read_log(options.file, timeline, options.pid);
  if (!read && timeline.heard_nothing()) return read;
  survey.finish();
  output.write(summary(survey, timeline.totals().opened));
  if (const uint64_t lost = timeline.loss().lost; lost > 0 && survey.odd().empty())
    output.write(std::to_string(lost) + " events were lost: something odd may be among them\n");
  if (survey.odd().empty()) return read;
  Wanted wanted;
  for (const OddConnection &odd : survey.odd()) wanted.push_back({odd.id, odd.oddity});
  auto explained = explain(options, wanted, output);
  if (const std::string rest = survey.rest(); !rest.empty()) output.write("\n" + rest);
  return explained;
}

int run(const ExplainOptions &options) {
  Output output = Output::to_stdout();
  const auto explained = options.connection == 0 ? explain_odd(options, output)
                                                 : explain(options, {{options.connection, std::nullopt}}, output);
  const auto written = output.finish();
  if (!explained) complain(explained.error());
  else if (explained->cut_off) complain(*explained->cut_off);
  if (!written) complain(written.error());
  return explained && written ? 0 : kUsageStatus;
}

}  // namespace

void add_explain_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App *command = app.add_subcommand("explain", "Tell in plain words what happened on a connection");
  command->add_option("FILE", options->file, "Trace or ring file")->required();
  command->add_option("--conn", options->connection, "The connection with this id, odd or not")
      ->type_name("ID")
      ->check(counting_number());
  command
      ->add_option("--pid", options->pid, "Of a ring file: the process to explain (default: the first that recorded)")
      ->type_name("PID");
  command->footer(kExplainFooter);
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace wsitrace
