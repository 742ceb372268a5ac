// SPDX-License-Identifier: MIT
#include "agent/cli/check_command.h"

#include <CLI/CLI.hpp>

#include "agent/cli/output.h"
#include "agent/collect/trace_file.h"
#include "agent/export/json/verdict_json.h"
#include "agent/export/text/verdict_text.h"

namespace wsitrace {
namespace {

constexpr const char *kCheckFooter =
    "Exit status: 0 nothing found, 1 findings, 2 usage or unreadable input, 3 inconclusive (events were lost, or the\n"
    "program did not end by itself, so that \"nothing found\" cannot be promised).\n"
    "\n"
    "Examples:\n"
    "  wsitrace check server.4711.wsitrace\n"
    "  wsitrace check server.4711.wsitrace --format text --format json=verdict.json";

struct CheckOptions {
  std::string file;
  std::vector<std::string> formats{"text"};
  uint32_t pid = 0;
};

// "text" or "json=FILE".
struct Wanted {
  std::string format;
  std::string file;  // empty: stdout
};

Expected<Wanted> parse_format(const std::string &text) {
  const size_t equals = text.find('=');
  Wanted wanted{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
  if (wanted.format != "text" && wanted.format != "json")
    return unexpected(Error{"--format " + text, "no such format", "text and json are there"});
  if (equals != std::string::npos && wanted.file.empty())
    return unexpected(Error{"--format " + text, "no file after '='", "leave the '=' out for stdout"});
  return wanted;
}

Expected<Verdict> judge_file(const CheckOptions &options) {
  TimelineObserver nobody;
  Timeline timeline(nobody);
  return read_log(options.file, timeline, options.pid).map([&] { return judge(timeline); });
}

Expected<void> write_verdict(const Verdict &verdict, const Wanted &wanted) {
  auto output = wanted.file.empty() ? Expected<Output>(Output::to_stdout()) : Output::to_file(wanted.file);
  if (!output) return unexpected(output.error());
  output->write(wanted.format == "json" ? verdict_json(verdict) : verdict_text(verdict));
  return output->finish();
}

Expected<int> check(const CheckOptions &options) {
  std::vector<Wanted> all_wanted;
  for (const std::string &format : options.formats) {
    auto wanted = parse_format(format);
    if (!wanted) return unexpected(wanted.error());
    all_wanted.push_back(*wanted);
  }
  const auto verdict = judge_file(options);
  if (!verdict) return unexpected(verdict.error());
  for (const Wanted &wanted : all_wanted)
    if (const auto written = write_verdict(*verdict, wanted); !written) return unexpected(written.error());
  return verdict->exit_status();
}

int run(const CheckOptions &options) {
  const auto status = check(options);
  if (status) return *status;
  complain(status.error());
  return kUsageStatus;
}

}  // namespace

void add_check_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App *command = app.add_subcommand("check", "Look for leaks in a trace");
  command->add_option("FILE", options->file, "Trace or ring file")->required();
  command->add_option("--format", options->formats, "Write the verdict as text or json; without FILE to stdout")
      ->type_name("text|json[=FILE]")
      ->allow_extra_args(false);
  command->add_option("--pid", options->pid, "Of a ring file: the process to check (default: the first that recorded)")
      ->type_name("PID");
  command->footer(kCheckFooter);
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace wsitrace
