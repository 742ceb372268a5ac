// SPDX-License-Identifier: MIT
#include "agent/cli/run/reports.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <utility>

#include "agent/cli/run/say_error.h"
#include "agent/collect/trace_file.h"
#include "agent/export/json/report.h"
#include "agent/export/text/table.h"
#include "agent/symbols/symbols.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {
namespace {

constexpr const char *kText = "text";
constexpr const char *kJson = "json";
constexpr const char *kLines = "ndjson";

using File = std::unique_ptr<FILE, int (*)(FILE *)>;

File open_file(const std::string &path) {
  return {path.empty() ? std::tmpfile() : std::fopen(path.c_str(), "we"), std::fclose};
}

// https://no-color.org
bool no_colour() {
  const char *value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

bool copy_to_stdout(FILE *from) {
  char piece[64 * 1024];
  std::rewind(from);
  for (size_t bytes = 0; (bytes = std::fread(piece, 1, sizeof piece, from)) > 0;)
    if (std::fwrite(piece, 1, bytes, stdout) != bytes) return false;
  return std::ferror(from) == 0 && std::fflush(stdout) == 0;
}

}  // namespace

Expected<WantedReport> parse_format(const std::string &text) {
  const size_t equals = text.find('=');
  WantedReport wanted{text.substr(0, equals), equals != std::string::npos ? text.substr(equals + 1) : ""};
  if (wanted.format != kText && wanted.format != kJson && wanted.format != kLines)
    return unexpected(Error{"--format " + text, "no such format",
                            "text, json and ndjson are there; with --check also junit, sarif and github"});
  if (equals != std::string::npos && wanted.file.empty())
    return unexpected(Error{"--format " + text, "no file after '='", "leave the '=' out for stdout"});
  return wanted;
}

std::unique_ptr<Report> report_of(const std::string &format, ReportRequest request) {
  if (format == kText) return std::make_unique<TextReport>(std::move(request));
  return std::make_unique<JsonReport>(format == kJson ? JsonShape::kDocument : JsonShape::kLines, std::move(request));
}

// One of the reports, and where its text goes.
class Reports::One {
 public:
  One(const WantedReport &wanted, File file)
      : format_(wanted.format),
        name_(wanted.file.empty() ? "stdout" : wanted.file),
        to_stdout_(wanted.file.empty()),
        file_(std::move(file)) {}

  std::shared_ptr<Report> begin(const JudgedLog &log) {
    symbols_ = std::make_unique<Symbols>(log.timeline.modules());
    report_ = report_of(format_, {.timeline = log.timeline,
                                  .judge = log.judge,
                                  .filter = {},
                                  .colour = to_stdout_ && ::isatty(STDOUT_FILENO) == 1 && !no_colour(),
                                  .details = false,
                                  .name_frames = symbols_->namer(),
                                  .write = [this](std::string_view piece) { write(piece); }});
    return report_;
  }

  // NOTHING: a log that was told nothing, for the report of a run in which no process recorded.
  Expected<void> finish(const JudgedLog &nothing) {
    if (!report_) begin(nothing);
    report_->finish();
    if (error_ == 0 && std::fflush(file_.get()) != 0) error_ = errno;
    if (error_ == 0 && to_stdout_ && !copy_to_stdout(file_.get())) error_ = errno;
    if (error_ != 0) return unexpected(system_error(name_, error_, "the report is not complete"));
    return {};
  }

 private:
  void write(std::string_view piece) {
    if (error_ == 0 && std::fwrite(piece.data(), 1, piece.size(), file_.get()) != piece.size()) error_ = errno;
  }

  std::string format_;
  std::string name_;
  bool to_stdout_;
  File file_;
  int error_ = 0;
  std::unique_ptr<Symbols> symbols_;
  std::shared_ptr<Report> report_;
};

Expected<std::unique_ptr<Reports>> Reports::open(const std::vector<std::string> &formats, bool check) {
  std::unique_ptr<Reports> reports(new Reports(check));
  for (const std::string &format : formats) {
    const auto wanted = parse_format(format);
    if (!wanted) return unexpected(wanted.error());
    File file = open_file(wanted->file);
    if (file == nullptr)
      return unexpected(system_error("--format " + format, errno, "choose a file that you may write"));
    reports->reports_.push_back(std::make_shared<One>(*wanted, std::move(file)));
  }
  return reports;
}

std::shared_ptr<LogSink> Reports::sink(bool first, const std::shared_ptr<LiveProcess> &live) {
  const bool reported = first && !reports_.empty();
  if (!reported && !check_) return live;
  const auto log = live ? std::shared_ptr<JudgedLog>(live, &live->log()) : std::make_shared<JudgedLog>();
  logs_.push_back(log);
  if (reported)
    for (const auto &report : reports_) live ? live->add(report->begin(*log)) : log->timeline.add(report->begin(*log));
  return live ? live : std::shared_ptr<LogSink>(log, &log->timeline);
}

bool Reports::finish() {
  bool complete = true;
  const JudgedLog nothing;
  for (const auto &report : reports_) {
    const auto finished = report->finish(nothing);
    if (finished) continue;
    complete = false;
    say_error(finished.error());
  }
  return complete;
}

std::vector<Verdict> Reports::verdicts() const {
  std::vector<Verdict> verdicts;
  if (!check_) return verdicts;
  for (const auto &log : logs_) {
    verdicts.push_back(log->verdict());
    Symbols symbols(log->timeline.modules());
    verdicts.back().name_frames(symbols.namer());
  }
  return verdicts;
}

std::vector<ExampleTexts> Reports::examples(const std::vector<Verdict> &verdicts,
                                            const std::vector<WrittenTrace> &traces) const {
  std::vector<ExampleTexts> examples;
  for (size_t i = 0; i < verdicts.size() && i < logs_.size(); ++i) {
    const Timeline &timeline = logs_[i]->timeline;
    const auto wanted = examples_for(verdicts[i]);
    examples.push_back(open_examples(wanted, timeline));
    if (examples.back().size() == wanted.size()) continue;
    const auto trace = std::find_if(traces.begin(), traces.end(), [&](const WrittenTrace &written) {
      return written.pid == timeline.process().pid && written.started_ns == timeline.process().started_mono_ns;
    });
    if (trace == traces.end()) continue;
    Timeline again;
    Examples closed(again, wanted);
    again.add(closed);
    if (read_log(trace->path, again)) examples.back() = closed.texts();
  }
  return examples;
}

std::string json_report(const std::string &trace_path) {
  std::string text;
  JudgedLog log;
  Symbols symbols(log.timeline.modules());
  JsonReport report(JsonShape::kDocument, {.timeline = log.timeline,
                                           .judge = log.judge,
                                           .filter = {},
                                           .name_frames = symbols.namer(),
                                           .write = [&](std::string_view piece) { text += piece; }});
  log.timeline.add(report);
  const auto read = read_log(trace_path, log.timeline);
  if (!read) throw std::runtime_error(read.error().line());
  report.finish();
  return text;
}

}  // namespace wsitrace
