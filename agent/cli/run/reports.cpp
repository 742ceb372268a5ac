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

// Any of the exporters' reports, and where its text goes.
class Reports::One final : public LogSink {
 public:
  One(const WantedReport &wanted, File file)
      : name_(wanted.file.empty() ? "stdout" : wanted.file), to_stdout_(wanted.file.empty()), file_(std::move(file)) {
    const auto write_piece = [this](std::string_view piece) { write(piece); };
    if (wanted.format == kText) {
      const bool colour = to_stdout_ && ::isatty(STDOUT_FILENO) == 1 && !no_colour();
      use(std::make_unique<TextReport>(TextOptions{.colour = colour, .details = false}, Filter{}, write_piece));
    } else {
      const JsonShape shape = wanted.format == kJson ? JsonShape::kDocument : JsonShape::kLines;
      auto report = std::make_unique<JsonReport>(shape, Filter{}, write_piece);
      symbols_ = std::make_unique<Symbols>(report->timeline().modules());
      report->name_frames(symbols_->namer());
      use(std::move(report));
    }
  }

  void on_process(const ProcessFacts &facts) override { report_->on_process(facts); }
  void on_string(uint16_t id, std::string_view text) override { report_->on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override { report_->on_event(event, items); }
  void on_loss(const Loss &loss) override { report_->on_loss(loss); }
  void on_end(const End &end) override { report_->on_end(end); }

  Expected<void> finish() {
    complete_();
    if (error_ == 0 && std::fflush(file_.get()) != 0) error_ = errno;
    if (error_ == 0 && to_stdout_ && !copy_to_stdout(file_.get())) error_ = errno;
    if (error_ != 0) return unexpected(system_error(name_, error_, "the report is not complete"));
    return {};
  }

 private:
  template <typename Report>
  void use(std::unique_ptr<Report> report) {
    complete_ = [raw = report.get()] { raw->finish(); };
    report_ = std::move(report);
  }

  void write(std::string_view piece) {
    if (error_ == 0 && std::fwrite(piece.data(), 1, piece.size(), file_.get()) != piece.size()) error_ = errno;
  }

  std::string name_;
  bool to_stdout_;
  File file_;
  int error_ = 0;
  std::unique_ptr<Symbols> symbols_;
  std::unique_ptr<LogSink> report_;
  std::function<void()> complete_;
};

class Reports::Judged final : public LogSink {
 public:
  void on_process(const ProcessFacts &facts) override { timeline_.on_process(facts); }
  void on_string(uint16_t id, std::string_view text) override { timeline_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override { timeline_.on_event(event, items); }
  void on_loss(const Loss &loss) override { timeline_.on_loss(loss); }
  void on_end(const End &end) override { timeline_.on_end(end); }
  [[nodiscard]] Verdict verdict() const {
    Verdict verdict = judge_.verdict(timeline_);
    Symbols symbols(timeline_.modules());
    verdict.name_frames(symbols.namer());
    return verdict;
  }
  [[nodiscard]] const Timeline &timeline() const { return timeline_; }

 private:
  Judge judge_;
  Timeline timeline_{judge_};
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

std::vector<std::shared_ptr<LogSink>> Reports::sinks(bool first) {
  std::vector<std::shared_ptr<LogSink>> sinks;
  if (first) sinks.assign(reports_.begin(), reports_.end());
  if (check_) sinks.push_back(judges_.emplace_back(std::make_shared<Judged>()));
  return sinks;
}

bool Reports::finish() {
  bool complete = true;
  for (const auto &report : reports_) {
    const auto finished = report->finish();
    if (finished) continue;
    complete = false;
    say_error(finished.error());
  }
  return complete;
}

std::vector<Verdict> Reports::verdicts() const {
  std::vector<Verdict> verdicts;
  verdicts.reserve(judges_.size());
  for (const auto &judge : judges_) verdicts.push_back(judge->verdict());
  return verdicts;
}

std::vector<ExampleTexts> Reports::examples(const std::vector<Verdict> &verdicts,
                                            const std::vector<WrittenTrace> &traces) const {
  std::vector<ExampleTexts> examples;
  for (size_t i = 0; i < verdicts.size() && i < judges_.size(); ++i) {
    const Timeline &timeline = judges_[i]->timeline();
    const auto wanted = examples_for(verdicts[i]);
    examples.push_back(open_examples(wanted, timeline));
    if (examples.back().size() == wanted.size()) continue;
    const auto trace = std::find_if(traces.begin(), traces.end(), [&](const WrittenTrace &written) {
      return written.pid == timeline.process().pid && written.started_ns == timeline.process().started_mono_ns;
    });
    if (trace == traces.end()) continue;
    Examples closed(wanted);
    if (read_log(trace->path, closed)) examples.back() = closed.texts();
  }
  return examples;
}

std::string json_report(const std::string &trace_path) {
  std::string text;
  JsonReport report(JsonShape::kDocument, Filter{}, [&](std::string_view piece) { text += piece; });
  Symbols symbols(report.timeline().modules());
  report.name_frames(symbols.namer());
  const auto read = read_log(trace_path, report);
  if (!read) throw std::runtime_error(read.error().line());
  report.finish();
  return text;
}

}  // namespace wsitrace
