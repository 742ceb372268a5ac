// SPDX-License-Identifier: MIT
//
// The report for people: a table of connections, one line each, in the order in which they ended, then those still open; then
// totals and loss. With details, the bindings, transactions and the session of each connection below its line.
//
// Memory: follows the open connections. Text from the host is shown as printable() makes it.
#ifndef WSITRACE_EXPORT_TEXT_TABLE_H
#define WSITRACE_EXPORT_TEXT_TABLE_H

#include <functional>
#include <optional>
#include <string_view>

#include "agent/export/text/columns.h"
#include "agent/timeline/filter.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

struct TextOptions {
  bool colour = false;   // the output is a terminal
  bool details = false;  // everything about each connection
};

// A LogSink that folds what it hears and writes the report. FILTER chooses lines; totals and loss are of all.
class TextReport final : public LogSink, private TimelineObserver {
 public:
  using Write = std::function<void(std::string_view)>;

  TextReport(TextOptions options, Filter filter, Write write);

  void on_process(const ProcessFacts &facts) override { timeline_.on_process(facts); }
  void on_string(uint16_t id, std::string_view text) override { timeline_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override { timeline_.on_event(event, items); }
  void on_loss(const Loss &loss) override { timeline_.on_loss(loss); }
  void on_end(const End &end) override { timeline_.on_end(end); }

  // Writes the rest; call once, when the log has ended or as much of it as there is.
  void finish();

  [[nodiscard]] const Timeline &timeline() const { return timeline_; }

 private:
  void on_connection_closed(const Connection &connection) override;
  void add(const Connection &connection);
  [[nodiscard]] Columns columns();

  TextOptions options_;
  Filter filter_;
  Write write_;
  Timeline timeline_;
  Columns columns_;
  uint64_t shown_ = 0;
};

}  // namespace wsitrace

#endif
