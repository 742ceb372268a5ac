// SPDX-License-Identifier: MIT
#include "agent/cli/commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "agent/base/output_file.h"
#include "agent/cli/check/allow_files.h"
#include "agent/cli/formats/verdict_outputs.h"
#include "agent/cli/output.h"
#include "agent/cli/run/reports.h"
#include "agent/cli/run/run_options.h"
#include "agent/cli/run/traced_run.h"
#include "agent/cli/serve_flags.h"
#include "agent/export/text/verdict_text.h"

namespace wsitrace {
namespace {

constexpr const char *kFooter =
    "The exit status is the program's own (128+N for signal N), or with "
    "--check that of `wsitrace check` if the program\n"
    "ended with 0. 127: program not found, 126: not executable.\n"
    "\n"
    "Examples:\n"
    "  wsitrace run -- janus -F /etc/janus               record into janus.PID.wsitrace\n"
    "  wsitrace run -o out.wsitrace -- ./server 8080     choose the file\n"
    "  wsitrace run --serve 127.0.0.1:9100 -- ./server   metrics at http://127.0.0.1:9100/metrics meanwhile\n"
    "  wsitrace run --check -- ./test-suite              fail when something leaked\n"
    "  wsitrace run --check --stacks -- ./test-suite     and say who made what leaked\n"
    "  wsitrace run --check --allow known.txt --format junit=leaks.xml --format github -- ./test-suite\n"
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

// Formats that both a report and a verdict have are those of the report.
struct Formats {
  WantedFormats report, verdict;
};
Expected<Formats> formats_of(const RunOptions &options) {
  auto wanted = parse_formats(options.formats);
  if (!wanted) return unexpected(wanted.error());
  Formats formats;
  formats.verdict = take(*wanted, is_of_verdicts_only);
  formats.report = std::move(*wanted);
  if (!formats.verdict.empty() && !options.check)
    return unexpected(formats.verdict[0].refused("is a format of verdicts, and there will be none", "add --check"));
  return formats;
}

// What --check needs, opened before the program starts.
struct Gate {
  AllowList allowed;
  VerdictOutputs outputs;
};
Expected<Gate> open_gate(const RunOptions &options, const Formats &formats) {
  auto allowed = read_allow_files(options.allow);
  if (!allowed) return unexpected(allowed.error());
  auto outputs = VerdictOutputs::open(formats.verdict);
  if (!outputs) return unexpected(outputs.error());
  return Gate{std::move(*allowed), std::move(*outputs)};
}

// On stderr, and only when there is something to say: stdout is the program's.
void say_verdict(const Check &check, const std::vector<ExampleTexts> &examples, bool verbose) {
  const bool stale =
      std::any_of(check.rules.begin(), check.rules.end(), [](const RuleUse &rule) { return rule.is_stale(); });
  if (check.conclusion() == Conclusion::kClean && check.trouble_count() == 0 && !verbose && !stale) return;
  const std::string text = verdict_text(check, examples);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

// The exit status of a check.
int pass_gate(const RunOptions &options, Gate &gate, Reports &reports, const RunResult &result) {
  Check check;
  check.verdicts = reports.verdicts(result.traces);
  for (Verdict &verdict : check.verdicts) gate.allowed.apply(verdict);
  check.rules = gate.allowed.uses();
  check.strict_allow = options.strict_allow;
  const auto examples = reports.examples(check.verdicts, result.traces);
  const auto judged = [&](const Unobserved &process) {
    return process.judged || std::any_of(check.verdicts.begin(), check.verdicts.end(),
                                         [&](const Verdict &verdict) { return verdict.pid == process.pid; });
  };
  for (const Unobserved &process : result.unobserved)
    if (!judged(process)) check.verdicts.push_back(process.verdict());
  say_verdict(check, examples, options.verbose);
  complain_of_stale_rules(check);
  if (const auto written = gate.outputs.write(check, examples); !written) {
    complain(written.error());
    return kUsageStatus;
  }
  return check.exit_status();
}

int run_traced(const RunOptions &options, Reports &reports, Gate &gate) {
  const RunResult result = TracedRun(options, reports).run();
  const bool complete = !result.started || reports.finish();
  const int checked = options.check ? pass_gate(options, gate, reports, result) : 0;
  if (!result.started || result.program_status != 0) return result.program_status;
  return complete ? checked : kUsageStatus;
}

Expected<int> run(RunOptions &options, const std::string &program, const std::vector<std::string> &rest) {
  auto arguments = arguments_of(program, rest);
  if (!arguments) return unexpected(arguments.error());
  options.arguments = std::move(*arguments);
  // Refused before the program starts, or its trace would be lost.
  if (!options.output.empty())
    if (const auto output = check_output_file(options.output); !output) return unexpected(output.error());
  const auto formats = formats_of(options);
  if (!formats) return unexpected(formats.error());
  auto gate = open_gate(options, *formats);
  if (!gate) return unexpected(gate.error());
  auto reports = Reports::open(formats->report, options.check, options.require_closed);
  if (!reports) return unexpected(reports.error());
  return run_traced(options, **reports, *gate);
}

int status_of(const Expected<int> &status) {
  if (status) return *status;
  complain(status.error());
  return kUsageStatus;
}

}  // namespace

void add_run_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<RunOptions>();
  CLI::App *command = app.add_subcommand("run", "Run a program and record its connections");
  command->add_option("-o,--output", options->output, "Trace file (default: PROGRAM.PID.wsitrace)")->type_name("FILE");
  CLI::Option *serve =
      command->add_option("--serve", options->serve.listen, "Serve the page, metrics and report while the program runs")
          ->type_name("HOST:PORT");
  add_serve_flags(*command, *serve, options->serve);
  command
      ->add_option("--format", options->formats,
                   "Write a report as well, or with --check a verdict; without FILE to stdout, at the end")
      ->type_name(format_names(is_of_reports) + "[=FILE], verdict: " + format_names(is_of_verdicts_only) + "[=FILE]")
      ->allow_extra_args(false);
  CLI::Option *check =
      command->add_flag("--check", options->check, "Look for leaks, and exit as `wsitrace check` does");
  CLI::Option *allow = command->add_option("--allow", options->allow, "Findings that are accepted, one rule a line")
                           ->type_name("FILE")
                           ->allow_extra_args(false)
                           ->needs(check);
  command->add_flag("--strict-allow", options->strict_allow, "Fail on rules that allowed nothing")->needs(allow);
  command->add_flag("--require-closed", options->require_closed, kRequireClosedHelp)->needs(check);
  command->add_flag("--stacks", options->stacks,
                    "Record where the program stood when a connection was made and bound; findings show it (costs the "
                    "program some microseconds for each)");
  command->add_flag(
      "--session-memory", options->session_memory,
      "Find memory that the program put on a connection and left there at DROP; for programs that set the "
      "user pointer to NULL when they free it");
  command->add_flag("--no-args", options->no_arguments, "Do not record the program's arguments");
  command->add_option("--ring-size", options->ring_slots, "Events a thread may be ahead of wsitrace")
      ->type_name("SLOTS")
      ->check(CLI::Range(kMinRingSlots, kMaxRingSlots))
      ->capture_default_str();
  command->add_flag("-v,--verbose", options->verbose, "Say on stderr what was recorded");
  auto program = std::make_shared<std::string>();
  command->add_option("PROGRAM", *program, "The program; its arguments follow")->required();
  command->prefix_command();
  command->footer(kFooter);
  command->callback([options, program, command, &exit_status] {
    exit_status = status_of(run(*options, *program, command->remaining()));
  });
}

}  // namespace wsitrace
