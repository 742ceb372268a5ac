// SPDX-License-Identifier: MIT
#include "agent/cli/commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

#include "agent/cli/formats/report_outputs.h"
#include "agent/cli/numbers.h"
#include "agent/cli/output.h"
#include "agent/cli/remote/trace_source.h"
#include "agent/collect/read_log.h"
#include "agent/diagnosis/judged_log.h"
#include "agent/export/text/event_lines.h"

namespace wsitrace {
namespace {

constexpr const char *kReportFooter =
    "FILE may be a finished trace, a trace still being written, or the ring "
    "left behind by a killed program. Of a trace that was\n"
    "cut off, what precedes is shown, and one line on stderr says so; the exit status is 0.\n"
    "\n"
    "Examples:\n"
    "  wsitrace report janus.4711.wsitrace                    a table of all connections\n"
    "  wsitrace report janus.4711.wsitrace --open             those that are still there\n"
    "  wsitrace report janus.4711.wsitrace --sort idle --utc  the longest idle first, with the time of day\n"
    "  wsitrace report janus.4711.wsitrace --conn 7           everything about one connection\n"
    "  wsitrace report janus.4711.wsitrace --format ndjson    one JSON object a line\n"
    "  wsitrace report janus.4711.wsitrace --format perfetto=janus.pftrace    for https://ui.perfetto.dev\n"
    "  wsitrace report janus.4711.wsitrace --events           what was recorded, event by event\n"
    "  wsitrace report http://127.0.0.1:9464/4711 --open      of a process that an agent serves";

struct ReportOptions {
  std::string file;  // as the user wrote it
  std::string path;  // what is read
  RemoteAccess access;
  std::vector<std::string> formats{"text"};
  std::string cls, vhost, sort;
  uint64_t connection = 0;
  uint32_t pid = 0;
  bool open = false;
  bool utc = false;
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

Expected<WantedFormats> formats_of(const ReportOptions &options) {
  auto wanted = parse_formats(options.formats);
  if (!wanted) return wanted;
  if (const auto verdicts = take(*wanted, is_of_verdicts_only); !verdicts.empty())
    return unexpected(verdicts[0].refused("is a format of verdicts, not of reports", "use `wsitrace check`"));
  return wanted;
}

int status_of(const Expected<ReadLog> &read, bool written) {
  if (!read) complain(read.error());
  else if (read->cut_off) complain(*read->cut_off);
  return read && written ? 0 : kUsageStatus;
}

int show_events(const ReportOptions &options) {
  Output output = Output::to_stdout();
  EventLines lines([&output](std::string_view text) { output.write(text); });
  const auto read = read_log(options.path, lines, options.pid);
  const auto written = output.finish();
  if (!written) complain(written.error());
  return status_of(read, written.has_value());
}

ReportChoice choice_of(const ReportOptions &options) {
  ReportChoice choice{.filter = filter_of(options), .details = options.connection != 0, .sort = {}, .utc = options.utc};
  const auto sort = std::find(std::begin(kSortKeys), std::end(kSortKeys), options.sort);
  if (sort != std::end(kSortKeys)) choice.sort = static_cast<SortKey>(sort - std::begin(kSortKeys));
  return choice;
}

int show_reports(const ReportOptions &options, ReportOutputs &outputs) {
  JudgedLog log;
  outputs.begin(log, choice_of(options));
  const auto read = read_log(options.path, log.timeline, options.pid);
  const bool any = read || !log.timeline.heard_nothing();
  const int status = status_of(read, any ? outputs.finish() : outputs.abandon());
  const uint64_t known = log.timeline.totals().opened;
  if (status != 0 || options.connection <= known) return status;
  complain(no_such_connection(options.connection, options.file, known));
  return kUsageStatus;
}

int run(ReportOptions options) {
  const auto source = TraceSource::open(options.file, options.access);
  if (!source) {
    complain(source.error());
    return kUsageStatus;
  }
  options.path = source->path();
  if (options.events) return show_events(options);
  auto outputs = formats_of(options).and_then(
      [](const WantedFormats &wanted) { return ReportOutputs::open(wanted, ReportOutputs::Stdout::kAtOnce); });
  if (outputs) return show_reports(options, *outputs);
  complain(outputs.error());
  return kUsageStatus;
}

}  // namespace

void add_report_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App *command = app.add_subcommand("report", "Show the connections in a trace");
  command->add_option("FILE", options->file, "Trace or ring file, or the URL of a live wsitrace")->required();
  CLI::Option *format =
      command->add_option("--format", options->formats, "Write the report in this format; without FILE to stdout")
          ->type_name(format_names(is_of_reports) + "[=FILE]")
          ->allow_extra_args(false);
  CLI::Option *events = command->add_flag("--events", options->events, "Show the raw events instead")->excludes(format);
  command->add_flag("--open", options->open, "Only connections that are still open")->excludes(events);
  command->add_option("--sort", options->sort, "Order of the table's rows: when they ended, or the largest first")
      ->type_name("KEY")
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kSortKeys), std::end(kSortKeys))))
      ->excludes(format)
      ->excludes(events);
  command->add_flag("--utc", options->utc, "In the table, show when they were opened as date and time (UTC)")
      ->excludes(format)
      ->excludes(events);
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
  add_access_options(*command, options->access);
  command->footer(kReportFooter);
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace wsitrace
