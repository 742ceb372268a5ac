// SPDX-License-Identifier: MIT
#include "agent/cli/commands.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include "agent/base/clock.h"
#include "agent/cli/check/allow_files.h"
#include "agent/cli/formats/report_outputs.h"
#include "agent/cli/formats/verdict_outputs.h"
#include "agent/cli/output.h"
#include "agent/cli/remote/trace_source.h"
#include "agent/collect/read_log.h"
#include "agent/diagnosis/doctor.h"
#include "agent/symbols/symbols.h"

namespace wsitrace {
namespace {

constexpr const char *kCheckFooter =
    "Exit status: 0 no leaks and no faults (trouble is shown, but does not fail the check), 1 findings, 2 usage or\n"
    "unreadable input, 3 inconclusive (events were lost, the trace was cut off, or the program did not end by itself,\n"
    "so \"no leaks\" cannot be promised).\n"
    "\n"
    "An allow-list has one rule a line; `*` stands for any text, all but kind may be left out:\n"
    "  kind=connection_not_destroyed vhost=app protocol=chat program=server count=3   # why it is accepted\n"
    "\n"
    "Examples:\n"
    "  wsitrace check server.4711.wsitrace\n"
    "  wsitrace check server.4711.wsitrace --format text --format json=verdict.json\n"
    "  wsitrace check server.4711.wsitrace --allow known.txt --strict-allow\n"
    "  wsitrace check server.4711.wsitrace --format junit=leaks.xml --format sarif=leaks.sarif --format github\n"
    "  wsitrace check server.4711.wsitrace --format text --format perfetto=server.pftrace    a picture as well";

constexpr uint64_t kFirstPauseNs = 20'000'000, kLongestPauseNs = 200'000'000;
constexpr uint64_t kWriterNs = 500'000'000;  // it drains every 10 ms
constexpr double kLongestSettleS = 3600;

struct CheckOptions {
  std::string file;      // as the user wrote it
  std::string path;      // what is read
  bool is_copy = false;  // nothing will be added to that
  RemoteAccess access;
  std::vector<std::string> formats{"text"};
  std::vector<std::string> allow;
  bool strict_allow = false;
  bool require_closed = false;
  double settle_s = 2;
  uint32_t pid = 0;
};

enum class Life {
  kRunning,  // it may yet close what is open
  kGone,     // no end was written: it was killed, or the end is just being written
  kEnded,    // the log says so, or nobody will write more of it
};
struct Judged {
  Verdict verdict;
  Life life;
  std::optional<Error> cut_off;
};

bool is_alive(uint32_t pid) { return pid != 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM); }

Expected<Judged> judge_file(const CheckOptions &options) {
  JudgedLog log;
  if (options.require_closed) log.judge.require_closed();
  Doctor doctor(log);
  log.timeline.add(doctor);
  return read_log(options.path, log.timeline, options.pid).map([&](const ReadLog &read) {
    doctor.finish();
    Verdict verdict = doctor.verdict();
    verdict.trace = options.file;
    Symbols symbols(log.timeline.modules());
    verdict.name_frames(symbols.namer());
    const Life without_end = is_alive(log.timeline.process().pid) ? Life::kRunning : Life::kGone;
    const bool ended = log.timeline.end() != nullptr || read.cut_off;
    return Judged{std::move(verdict), ended ? Life::kEnded : without_end, read.cut_off};
  });
}

// A program that still runs is given some time to end before it is judged for good; and, once it is gone, whoever writes its trace
// some more to write the end of that.
Expected<Judged> judge_settled(const CheckOptions &options) {
  const uint64_t until_ns = monotonic_ns() + static_cast<uint64_t>(options.settle_s * 1e9);
  uint64_t writer_until_ns = monotonic_ns() + kWriterNs;
  for (uint64_t pause_ns = kFirstPauseNs;; pause_ns = std::min(2 * pause_ns, kLongestPauseNs)) {
    auto judged = judge_file(options);
    if (!judged) return judged;
    const uint64_t now_ns = monotonic_ns();
    if (judged->life == Life::kRunning) writer_until_ns = now_ns + kWriterNs;
    const bool settled =
        options.is_copy || judged->life == Life::kEnded || (judged->life == Life::kGone && now_ns >= writer_until_ns);
    if (settled || now_ns >= until_ns) return judged;
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(pause_ns, until_ns - now_ns)));
  }
}

// What the text shows beside the findings, and reports, take another pass over the log.
struct Again {
  ExampleTexts examples;
  bool complete = true;  // all reports were written
};
Expected<Again> pass_again(const CheckOptions &options, const Verdict *with_examples, ReportOutputs &reports) {
  auto wanted = with_examples != nullptr ? examples_for(*with_examples) : std::set<uint64_t>{};
  if (wanted.empty() && reports.empty()) return Again{};
  JudgedLog log;
  Examples examples(log.timeline, std::move(wanted));
  log.timeline.add(examples);
  reports.begin(log);
  return read_log(options.path, log.timeline, options.pid).map([&](const ReadLog &) {
    return Again{examples.texts(), reports.finish()};
  });
}

// Formats that both a report and a verdict have are those of the verdict.
struct Outputs {
  ReportOutputs reports;
  VerdictOutputs verdicts;
};
Expected<Outputs> open_outputs(const CheckOptions &options) {
  auto wanted = parse_formats(options.formats);
  if (!wanted) return unexpected(wanted.error());
  auto reports = ReportOutputs::open(take(*wanted, is_of_reports_only), ReportOutputs::Stdout::kAtTheEnd);
  if (!reports) return unexpected(reports.error());
  auto verdicts = VerdictOutputs::open(*wanted);
  if (!verdicts) return unexpected(verdicts.error());
  return Outputs{std::move(*reports), std::move(*verdicts)};
}

Expected<int> check(const CheckOptions &options) {
  auto allowed = read_allow_files(options.allow);
  if (!allowed) return unexpected(allowed.error());
  auto outputs = open_outputs(options);
  if (!outputs) return unexpected(outputs.error());
  auto judged = judge_settled(options);
  if (!judged) return unexpected(judged.error());
  if (judged->cut_off) complain(*judged->cut_off);
  allowed->apply(judged->verdict);
  const Check check{{std::move(judged->verdict)}, allowed->uses(), options.strict_allow};
  const Verdict *with_examples = outputs->verdicts.show_examples() ? &check.verdicts.front() : nullptr;
  const auto again = pass_again(options, with_examples, outputs->reports);
  if (!again) return unexpected(again.error());
  if (const auto written = outputs->verdicts.write(check, {again->examples}); !written)
    return unexpected(written.error());
  if (!again->complete) return kUsageStatus;
  complain_of_stale_rules(check);
  return check.exit_status();
}

int run(CheckOptions options) {
  const auto source = TraceSource::open(options.file, options.access);
  const auto status = source.and_then([&](const TraceSource &opened) {
    options.path = opened.path();
    options.is_copy = opened.is_remote();
    return check(options);
  });
  if (status) return *status;
  complain(status.error());
  return kUsageStatus;
}

}  // namespace

void add_check_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App *command = app.add_subcommand("check", "Look for leaks in a trace");
  command->add_option("FILE", options->file, "Trace or ring file, or the URL of a live wsitrace")->required();
  command
      ->add_option("--format", options->formats,
                   "Write the verdict, or a report as well, in this format; without FILE to stdout")
      ->type_name(format_names(is_of_verdicts) + "[=FILE], report: " + format_names(is_of_reports_only) + "[=FILE]")
      ->allow_extra_args(false);
  CLI::Option *allow = command->add_option("--allow", options->allow, "Findings that are accepted, one rule a line")
                           ->type_name("FILE")
                           ->allow_extra_args(false);
  command->add_flag("--strict-allow", options->strict_allow, "Fail on rules that allowed nothing")->needs(allow);
  command->add_flag("--require-closed", options->require_closed, kRequireClosedHelp);
  command->add_option("--settle", options->settle_s, "Wait so long for a program that still runs to end")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, kLongestSettleS))
      ->capture_default_str();
  command->add_option("--pid", options->pid, "Of a ring file: the process to check (default: the first that recorded)")
      ->type_name("PID");
  add_access_options(*command, options->access);
  command->footer(kCheckFooter);
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace wsitrace
