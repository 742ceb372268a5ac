// SPDX-License-Identifier: MIT
//
// One process on a live board: a log that is folded into rows, and that can be asked for the report and the verdict as of now.
//
// Who uses it: LiveBoard::listener() makes it, the collector tells it the log.
// Threads:     any; the board's mutex is held through each call, by what is told and by what is asked, and through each batch.
// Lifetime:    the board outlives it, but that log() may be asked for what it has heard. Once the board has dropped it (another process has its pid, or too many have ended), it
//              listens on without a place there.
#ifndef WSITRACE_EXPORT_LIVE_LIVE_PROCESS_H
#define WSITRACE_EXPORT_LIVE_LIVE_PROCESS_H

#include <tsl/robin_map.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/batch_mutex.h"
#include "agent/diagnosis/census.h"
#include "agent/diagnosis/judged_log.h"
#include "agent/export/live/row_table.h"
#include "agent/timeline/lasting_callbacks.h"

namespace wsitrace {

// What the processes of a board share.
struct LiveRows {
  explicit LiveRows(size_t ended_kept) : table(ended_kept) {}

  BatchMutex mutex;  // guards all of a board
  RowTable table;
  uint64_t lasting_version = 0;  // of the table, when callbacks that last were told, or were over
};

class LiveProcess final : public LogSink, private TimelineObserver {
 public:
  // Both are called with the mutex held.
  struct Board {
    std::function<void(const LiveProcess &)> is_known;  // who it is
    std::function<void()> has_ended;
  };
  // NUMBER: processes of a board in the order of their coming.
  LiveProcess(LiveRows &shared, Board board, uint32_t number);
  ~LiveProcess() override = default;

  // One more who hears the timeline, with the board's mutex held. Before the log begins.
  void add(std::shared_ptr<TimelineObserver> observer);
  // Its judge hears everything before those.
  [[nodiscard]] JudgedLog &log() { return log_; }

  void on_process(const ProcessFacts &facts) override;
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &loss) override;
  void on_end(const End &end) override;
  void on_batch_begun() override;
  void on_batch_ended() override;

  // The document of wsitrace.report/1: what is kept of the ended connections, then the open ones.
  [[nodiscard]] std::string report() const;
  // The same in pieces, each while nothing is locked: the log goes on meanwhile.
  void report(const std::function<void(std::string_view)> &write) const;
  // LOOK is called with the timeline while nobody else uses it.
  void inspect(const std::function<void(const Timeline &)> &look) const;

  // What the board asks; it holds the mutex.
  [[nodiscard]] uint32_t number() const { return number_; }
  [[nodiscard]] bool has_ended() const { return ended_; }
  [[nodiscard]] const Timeline &timeline() const { return log_.timeline; }
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] const Census::Numbers &numbers() const { return numbers_; }
  // The callbacks that keep an event loop now.
  [[nodiscard]] std::vector<LastingCallback> lasting() const;
  void tell_that_asked() { log_.timeline.ask(); }
  // Nothing: not known any more.
  [[nodiscard]] std::optional<uint32_t> row_of(uint64_t id) const;
  // A row of this process was removed from the table.
  void forget(uint64_t id);
  // All rows leave the table; nothing is added any more.
  void leave();

 private:
  [[nodiscard]] std::vector<uint64_t> reported_ids() const;
  void on_connection_event(const Connection &, const Event &event, std::span<const std::byte>) override {
    lasting_.on_connection_event(event);
  }
  void on_loop_heard(const Event &event, std::span<const std::byte> items, const Connection *connection) override {
    if (lasting_.on_loop_heard(event, items, connection)) shared_.lasting_version = shared_.table.count_change();
  }
  void on_connection_opened(const Connection &connection) override;
  void on_connection_changed(const Connection &before, const Connection &now) override {
    numbers_.changed(before, now);
    refresh(now);
  }
  void on_bound(const Connection &connection, const Binding &) override { refresh(connection); }
  void on_dropped(const Connection &connection, const Binding &) override { refresh(connection); }
  void on_transaction_ended(const Connection &connection, const Transaction &) override { refresh(connection); }
  void on_session_opened(const Connection &connection) override { refresh(connection); }
  void on_session_closed(const Connection &connection) override { refresh(connection); }
  void on_connection_closed(const Connection &connection) override;
  void refresh(const Connection &connection);

  void remove(uint32_t row);

  LiveRows &shared_;
  const Board board_;
  const uint32_t number_;
  Keeping batch_;
  bool listed_ = true;
  bool ended_ = false;
  Census::Numbers numbers_;
  LastingCallbacks lasting_;
  tsl::robin_map<uint64_t, uint32_t> rows_;  // by id
  uint64_t recent_id_ = 0;                   // the connection that changed last; 0: none
  uint32_t recent_row_ = 0;
  JudgedLog log_;
};

}  // namespace wsitrace

#endif
