// SPDX-License-Identifier: MIT
//
// The report for trace viewers: a LogSink that folds what it hears and writes tracks and slices (slices.h), as a Perfetto
// trace or as Chrome's JSON.
//
// Order:  connections in the order in which they ended, then those still open by id. A stream may come before the connection
//         that carries it, or after; both formats join them by number.
// Memory: follows the open connections; text is handed on in pieces of about kPieceBytes. The same log gives the same bytes.
#ifndef WSITRACE_EXPORT_PERFETTO_REPORT_H
#define WSITRACE_EXPORT_PERFETTO_REPORT_H

#include <functional>

#include "agent/export/perfetto/writer.h"
#include "agent/timeline/filter.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

enum class SliceFormat { kPerfetto, kChrome };

// FILTER chooses connections.
class SliceReport final : public LogSink, private TimelineObserver {
 public:
  using Write = std::function<void(std::string_view)>;
  static constexpr size_t kPieceBytes = 64 * 1024;

  SliceReport(SliceFormat format, Filter filter, Write write);

  void on_process(const ProcessFacts &facts) override;
  void on_string(uint16_t id, std::string_view text) override { timeline_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override { timeline_.on_event(event, items); }
  void on_loss(const Loss &loss) override { timeline_.on_loss(loss); }
  void on_end(const End &end) override { timeline_.on_end(end); }

  // Writes the rest; call once, when the log has ended or as much of it as there is.
  void finish();

  [[nodiscard]] const Timeline &timeline() const { return timeline_; }

 private:
  void on_connection_closed(const Connection &connection) override { add(connection); }
  void add(const Connection &connection);
  void begin();
  [[nodiscard]] bool shows_all() const;
  [[nodiscard]] Slice end_of_log() const;
  void flush(size_t at_least);

  std::unique_ptr<SliceWriter> writer_;
  Filter filter_;
  Write write_;
  Timeline timeline_;
  std::string text_;
  bool begun_ = false;
};

}  // namespace wsitrace

#endif
