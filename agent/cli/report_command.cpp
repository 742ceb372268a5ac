// SPDX-License-Identifier: MIT
#include "agent/cli/report_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "agent/cli/numbers.h"
#include "agent/cli/output.h"
#include "agent/collect/trace_file.h"
#include "agent/export/json/report.h"
#include "agent/export/perfetto/report.h"
#include "agent/export/text/event_lines.h"
#include "agent/export/text/table.h"
#include "agent/symbols/symbols.h"
#include "agent/verdict/judged_log.h"

namespace wsitrace {
namespace {

constexpr const char *kReportFooter =
    "FILE may be a finished trace, a trace still being written, or the ring left behind by a killed program. Of a "
    "trace "
    "that was\n"
    "cut off, what precedes is shown, and one line on stderr says so; the exit status is 0.\n"
    "\n"
    "Examples:\n"
    "  wsitrace report janus.4711.wsitrace                    a table of all connections\n"
    "  wsitrace report janus.4711.wsitrace --open             those that are still there\n"
    "  wsitrace report janus.4711.wsitrace --conn 7           everything about one connection\n"
    "  wsitrace report janus.4711.wsitrace --format ndjson    one JSON object a line\n"
    "  wsitrace report janus.4711.wsitrace --format perfetto > janus.pftrace    for https://ui.perfetto.dev\n"
    "  wsitrace report janus.4711.wsitrace --events           what was recorded, event by event";

struct ReportOptions {
  std::string file;
  std::string format = "text";
  std::string cls, vhost;
  uint64_t connection = 0;
  uint32_t pid = 0;
  bool open = false;
  bool events = false;
};

Filter filter_of(const ReportOptions &options) {
  Filter filter;
  filter.open_only = options.open;
  if (!options.cls.empty()) filter.cls = class_named(options.cls);
  if (!options.vhost.empty()) filter.vhost = options.vhost;
  if (options.connection != 0) filter.id = options.connection;
  return filter;
}

std::unique_ptr<Report> report_of(const std::string &format, ReportRequest request) {
  if (format == "text") return std::make_unique<TextReport>(std::move(request));
  if (format == "perfetto") return std::make_unique<SliceReport>(SliceFormat::kPerfetto, std::move(request));
  if (format == "chrome") return std::make_unique<SliceReport>(SliceFormat::kChrome, std::move(request));
  return std::make_unique<JsonReport>(format == "json" ? JsonShape::kDocument : JsonShape::kLines, std::move(request));
}

Expected<ReadLog> render(const ReportOptions &options, Output &output) {
  const auto write = [&output](std::string_view text) { output.write(text); };
  if (options.events) {
    EventLines lines(write);
    return read_log(options.file, lines, options.pid);
  }
  JudgedLog log;
  Symbols symbols(log.timeline.modules());
  const auto report = report_of(options.format, {.timeline = log.timeline,
                                                 .judge = log.judge,
                                                 .filter = filter_of(options),
                                                 .colour = output.is_terminal(),
                                                 .details = options.connection != 0,
                                                 .name_frames = symbols.namer(),
                                                 .write = write});
  log.timeline.add(*report);
  auto read = read_log(options.file, log.timeline, options.pid);
  if (read || !log.timeline.heard_nothing()) report->finish();
  return read;
}

Expected<void> check_destination(const ReportOptions &options) {
  if (options.format != "perfetto" || isatty(STDOUT_FILENO) != 1) return {};
  return unexpected(Error{"--format perfetto", "is binary, and stdout is a terminal", "write it to a file: > FILE"});
}

int run(const ReportOptions &options) {
  if (const auto checked = check_destination(options); !checked) {
    complain(checked.error());
    return kUsageStatus;
  }
  Output output = Output::to_stdout();
  const auto rendered = render(options, output);
  const auto written = output.finish();
  if (!rendered) complain(rendered.error());
  else if (rendered->cut_off) complain(*rendered->cut_off);
  if (!written) complain(written.error());
  return rendered && written ? 0 : kUsageStatus;
}

}  // namespace

void add_report_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App *command = app.add_subcommand("report", "Show the connections in a trace");
  command->add_option("FILE", options->file, "Trace or ring file")->required();
  CLI::Option *format = command->add_option("--format", options->format, "text, json, ndjson, perfetto or chrome")
                            ->type_name("FORMAT")
                            ->check(CLI::IsMember({"text", "json", "ndjson", "perfetto", "chrome"}))
                            ->capture_default_str();
  CLI::Option *events = command->add_flag("--events", options->events, "Show the raw events instead")->excludes(format);
  command->add_flag("--open", options->open, "Only connections that are still open")->excludes(events);
  command->add_option("--class", options->cls, "Only this class: listener, client or internal")
      ->type_name("CLASS")
      ->check(CLI::IsMember({"listener", "client", "internal"}))
      ->excludes(events);
  command->add_option("--vhost", options->vhost, "Only this vhost")->type_name("NAME")->excludes(events);
  command->add_option("--conn", options->connection, "Only the connection with this id, with all details")
      ->type_name("ID")
      ->check(counting_number())
      ->excludes(events);
  command->add_option("--pid", options->pid, "Of a ring file: the process to report (default: the first that recorded)")
      ->type_name("PID");
  command->footer(kReportFooter);
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace wsitrace
