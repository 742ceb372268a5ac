// SPDX-License-Identifier: MIT
#include "agent/cli/run/run_command.h"

#include <CLI/CLI.hpp>

#include "agent/cli/run/run_options.h"
#include "agent/cli/run/say_error.h"
#include "agent/cli/run/traced_run.h"
#include "agent/export/text/verdict_text.h"

namespace wsitrace {
namespace {

constexpr const char *kFooter =
    "The exit status is the program's own (128+N for signal N), or with --check that of `wsitrace check` if the "
    "program\n"
    "ended with 0. 127: program not found, 126: not executable.\n"
    "\n"
    "Examples:\n"
    "  wsitrace run -- janus -F /etc/janus               record into janus.PID.wsitrace\n"
    "  wsitrace run -o out.wsitrace -- ./server 8080     choose the file\n"
    "  wsitrace run --serve 127.0.0.1:9100 -- ./server   metrics at http://127.0.0.1:9100/metrics meanwhile\n"
    "  wsitrace run --check -- ./test-suite              fail when a connection leaked\n"
    "  wsitrace run --format json=out.json -- ./server   a report as well";

// REST is what CLI11 left alone: options it does not know, "--", and the program's arguments. A vector option for these would
// take one like "[a,b]" apart.
Expected<std::vector<std::string>> arguments_of(const std::string &program, const std::vector<std::string> &rest) {
  std::vector<std::string> arguments{program};
  if (rest.empty()) return arguments;
  if (rest.front() != "--")
    return unexpected(
        Error{rest.front(), "not an option of `wsitrace run`", "wsitrace run [OPTION...] -- PROGRAM [ARG...]"});
  arguments.insert(arguments.end(), rest.begin() + 1, rest.end());
  return arguments;
}

// On stderr, and only when there is something to say: stdout is the program's.
void say_verdict(const Verdict &verdict, bool verbose) {
  if (verdict.conclusion == Conclusion::kClean && !verbose) return;
  const std::string text = verdict_text(verdict);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

int run(RunOptions options, const std::string &program, const std::vector<std::string> &rest) {
  auto arguments = arguments_of(program, rest);
  if (!arguments) {
    say_error(arguments.error());
    return kUsageStatus;
  }
  options.arguments = std::move(*arguments);
  auto reports = Reports::open(options.formats, options.check);
  if (!reports) {
    say_error(reports.error());
    return kUsageStatus;
  }
  const RunResult result = TracedRun(options, **reports).run();
  if (!result.started) return result.program_status;
  const bool complete = (*reports)->finish();
  if (const auto &verdict = (*reports)->verdict()) say_verdict(*verdict, options.verbose);
  if (result.program_status != 0) return result.program_status;
  if (!complete) return kUsageStatus;
  return (*reports)->verdict() ? (*reports)->verdict()->exit_status() : 0;
}

}  // namespace

void add_run_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<RunOptions>();
  CLI::App *command = app.add_subcommand("run", "Run a program and record its connections");
  command->add_option("-o,--output", options->output, "Trace file (default: PROGRAM.PID.wsitrace)")->type_name("FILE");
  command->add_option("--serve", options->serve, "Serve metrics and report while the program runs")
      ->type_name("HOST:PORT");
  command->add_option("--format", options->formats, "Write a report as well; without FILE to stdout, at the end")
      ->type_name("text|json|ndjson[=FILE]")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--check", options->check, "Look for leaks, and exit as `wsitrace check` does");
  command->add_option("--ring-size", options->ring_slots, "Events a thread may be ahead of wsitrace")
      ->type_name("SLOTS")
      ->check(CLI::Range(kMinRingSlots, kMaxRingSlots))
      ->capture_default_str();
  command->add_flag("-v,--verbose", options->verbose, "Say on stderr what was recorded");
  auto program = std::make_shared<std::string>();
  command->add_option("PROGRAM", *program, "The program; its arguments follow")->required();
  command->prefix_command();
  command->footer(kFooter);
  command->callback(
      [options, program, command, &exit_status] { exit_status = run(*options, *program, command->remaining()); });
}

}  // namespace wsitrace
