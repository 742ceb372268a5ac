// SPDX-License-Identifier: MIT
//
// The report of the process itself while it goes on: a log that can be asked for the document at any time.
//
// Memory:  follows the open connections, plus the KEPT that ended last.
// Threads: any; one mutex. report() renders under it: for cold threads only.
#ifndef WSITRACE_ENTRY_INPROCESS_LIVE_REPORT_H
#define WSITRACE_ENTRY_INPROCESS_LIVE_REPORT_H

#include <mutex>
#include <string>

#include "agent/export/json/history.h"

namespace wsitrace {

class LiveReport final : public LogSink {
 public:
  explicit LiveReport(size_t kept) : history_(kept), timeline_(history_) {}

  void on_process(const ProcessFacts &facts) override;
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &loss) override;
  void on_end(const End &end) override;

  [[nodiscard]] std::string report() const;

 private:
  mutable std::mutex mutex_;  // guards both
  History history_;
  Timeline timeline_;
};

}  // namespace wsitrace

#endif
