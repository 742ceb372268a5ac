// SPDX-License-Identifier: MIT
//
// The logs of one run: one recording per process that attached, each with a trace file of its own from its first event on.
//
//   attached --first event or loss--> writing --end--> done
//       |                                               ^
//       +--end--> silent --(no other has a file)--------+   so that `wsitrace report` can tell why there is nothing
//
// Until a recording writes, it keeps what it was told (facts and strings: bounded by the process block).
// Errors:  a trace file that cannot be made or written is reported once; the program and the other recordings go on.
// Threads: one, that of the collector.
#ifndef WSITRACE_CLI_RUN_RECORDINGS_H
#define WSITRACE_CLI_RUN_RECORDINGS_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/cli/run/trace_names.h"
#include "agent/collect/trace_writer.h"
#include "agent/trace_diagnosis/fresh_traces.h"
#include "wsitrace/log.h"

namespace wsitrace {

class Recordings;

class Recording final : public LogSink {
 public:
  Recording(Recordings &owner, bool has_own_lws) : owner_(owner), has_own_lws_(has_own_lws) {}

  void on_process(const ProcessFacts &facts) override;
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &loss) override;
  void on_end(const End &end) override;
  void on_batch_begun() override;
  void on_batch_ended() override;

  void flush();
  // Makes a trace file even though there is no event; WHY becomes the notice of a process that has none.
  void write_silent(const std::string &why);

  [[nodiscard]] const ProcessFacts &process() const { return process_; }
  [[nodiscard]] const Loss &loss() const { return loss_; }
  [[nodiscard]] const std::string &path() const { return path_; }  // empty: no trace file
  [[nodiscard]] bool is_started() const { return started_; }       // there was an event or a loss
  [[nodiscard]] bool ended() const { return end_.has_value(); }
  [[nodiscard]] bool has_own_lws() const { return has_own_lws_; }
  // It used a libwebsockets that nobody could observe.
  [[nodiscard]] bool has_unobserved_lws() const;

 private:
  void start_writing();
  void end_writing(const End &end);
  void look_for_error();

  Recordings &owner_;
  const bool has_own_lws_;
  std::vector<std::shared_ptr<LogSink>> sinks_;
  std::shared_ptr<TraceWriter> trace_;  // one of sinks_, unless there is none
  bool started_ = false;
  bool in_batch_ = false;
  bool failed_ = false;
  std::string path_;
  ProcessFacts process_;
  std::vector<std::pair<uint16_t, std::string>> strings_;
  Loss loss_;
  std::optional<End> end_;
};

class Recordings {
 public:
  // More sinks for a process that records, which hear its log from the start. FIRST: no other has recorded before.
  using MoreSinks = std::function<std::vector<std::shared_ptr<LogSink>>(bool first)>;
  using ReportError = std::function<void(const Error &)>;

  Recordings(TraceNames names, uint64_t session, MoreSinks more_sinks, ReportError report_error);

  // The sink of a process that attached; for the collector. HAS_OWN_LWS: its program has libwebsockets linked statically.
  std::shared_ptr<Recording> begin(bool has_own_lws = false);
  // Makes what was recorded readable by others.
  void flush();

  [[nodiscard]] const std::vector<std::shared_ptr<Recording>> &all() const { return all_; }
  // The one that the user's FILE belongs to: the first that writes. nullptr: none does.
  [[nodiscard]] const Recording *first_written() const;
  // The traces of all that are or were written, that one's first.
  [[nodiscard]] std::vector<FreshTrace> traces() const;
  [[nodiscard]] uint64_t recorded() const;
  [[nodiscard]] uint64_t lost() const;

 private:
  friend class Recording;
  std::shared_ptr<TraceWriter> open_trace(Recording &recording, std::string &path);
  std::vector<std::shared_ptr<LogSink>> more_sinks();

  TraceNames names_;
  uint64_t session_;
  MoreSinks more_sinks_;
  ReportError report_error_;
  std::vector<std::shared_ptr<Recording>> all_;
  bool any_started_ = false;
  const Recording *first_written_ = nullptr;
};

}  // namespace wsitrace

#endif
