// SPDX-License-Identifier: MIT
//
// The report for machines: schema wsitrace.report/1, as one document or as lines (ndjson).
//
//    document  {"schema":...,"connections":[...],"process":{...},"loss":{...},"totals":{...}}
//    lines     {"type":"process","schema":...,"process":{...}}   first, with what is known by then
//              {"type":"connection","connection":{...}}          for each connection
//              {"type":"loss","loss":{...}}  {"type":"totals","totals":{...}}
//              {"type":"end","process":{...}}                    last, with all facts and how the process ended
//
// Order:  connections in the order in which they ended, then those still open by id.
// Memory: follows the open connections; text is handed on in pieces of about kPieceBytes. The same log gives the same bytes.
#ifndef WSITRACE_EXPORT_JSON_REPORT_H
#define WSITRACE_EXPORT_JSON_REPORT_H

#include <functional>
#include <string>
#include <string_view>

#include "agent/export/json/connection_json.h"
#include "agent/timeline/filter.h"
#include "agent/timeline/observers.h"
#include "agent/timeline/timeline.h"
#include "agent/verdict/judge.h"

namespace wsitrace {

enum class JsonShape { kDocument, kLines };

// A LogSink that folds what it hears and writes the report. FILTER chooses connections; loss and totals are of all.
class JsonReport final : public LogSink, private TimelineObserver {
 public:
  using Write = std::function<void(std::string_view)>;
  static constexpr size_t kPieceBytes = 64 * 1024;

  JsonReport(JsonShape shape, Filter filter, Write write);

  void on_process(const ProcessFacts &facts) override;
  void on_string(uint16_t id, std::string_view text) override { timeline_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override { timeline_.on_event(event, items); }
  void on_loss(const Loss &loss) override { timeline_.on_loss(loss); }
  void on_end(const End &end) override { timeline_.on_end(end); }

  // How frames of stacks get their names; without it they have none. Call before the log is read.
  void name_frames(NameFrames name) { name_frames_ = std::move(name); }

  // Writes the rest; call once, when the log has ended or as much of it as there is.
  void finish();

  [[nodiscard]] const Timeline &timeline() const { return timeline_; }

 private:
  void on_connection_closed(const Connection &connection) override;
  void add(const Connection &connection);
  void begin();
  void finish_document(uint64_t findings);
  void finish_lines(uint64_t findings);
  void flush(size_t at_least);

  JsonShape shape_;
  Filter filter_;
  Write write_;
  Judge judge_;
  Observers both_{{this, &judge_}};
  Timeline timeline_{both_};
  NameFrames name_frames_ = addresses_only;
  std::string text_;
  bool begun_ = false;
  bool any_ = false;
};

}  // namespace wsitrace

#endif
