// SPDX-License-Identifier: MIT
//
// The rows of a live board: one for each connection that is open or has ended not long ago, in the order of their last change.
//
//    add() --> open row --close()--> ended row --(the oldest beyond the limit)--> gone
//
// Versions: each change of any row takes the next number. Who has seen everything up to version V is behind by the rows whose
//           version is larger, each once, and by the entries of gone_since(V).
// Memory:   sizeof(Row) and about 32 bytes of index for each row; an ended one also owns its connection. The log of what is gone
//           holds kKeptGone entries.
// Threads:  one, or a lock around.
#ifndef WSITRACE_EXPORT_LIVE_ROW_TABLE_H
#define WSITRACE_EXPORT_LIVE_ROW_TABLE_H

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/timeline/connection.h"

namespace wsitrace {

class LiveProcess;

struct Row {
  LiveProcess *process = nullptr;          // nullptr: the place is free
  const Connection *connection = nullptr;  // the timeline's, or kept.get()
  std::unique_ptr<const Connection> kept;  // once it has ended
  // What rows are chosen and sorted by, beside each other in memory.
  uint64_t id = 0;
  Ns opened_ns = 0;
  uint64_t transactions = 0;
  std::string_view vhost;
  ConnectionClass cls = ConnectionClass::kInternal;
  State state = State::kHandshake;
  uint64_t version = 0;
  uint32_t older = 0, newer = 0;  // rows by version; kNoRow at the ends
};

struct Gone {
  uint64_t version = 0;
  uint32_t pid = 0;
  uint64_t id = 0;
};

class RowTable {
 public:
  static constexpr uint32_t kNoRow = UINT32_MAX;
  static constexpr size_t kKeptGone = 16'384;

  // Keeps the ENDED_KEPT rows that ended last.
  explicit RowTable(size_t ended_kept) : ended_kept_(ended_kept) {}

  // CONNECTION stays where it is until close() or remove().
  uint32_t add(LiveProcess &process, const Connection &connection);
  // The connection has changed.
  void touch(uint32_t row);
  // The connection has ended: it is copied. Returns the row that had to make room, which is to be removed.
  [[nodiscard]] std::optional<uint32_t> close(uint32_t row);
  // PID: of the process, for the log of what is gone.
  void remove(uint32_t row, uint32_t pid);

  [[nodiscard]] const Row &operator[](uint32_t row) const { return rows_[row]; }
  [[nodiscard]] uint64_t version() const { return version_; }
  // Something beside the rows has changed: the next version is that of it.
  uint64_t count_change() { return ++version_; }
  // Rows whose version is larger, oldest change first.
  [[nodiscard]] std::vector<uint32_t> changed_since(uint64_t version) const;
  // Nothing: what was gone by then is not all known any more.
  [[nodiscard]] std::optional<std::vector<Gone>> gone_since(uint64_t version) const;
  // Ended ones, in the order in which they ended.
  [[nodiscard]] const std::deque<uint32_t> &ended() const { return ended_; }
  // All places; those without a process are free.
  [[nodiscard]] const std::vector<Row> &all() const { return rows_; }

 private:
  void fill(Row &row);
  void link_newest(uint32_t row);
  void unlink(uint32_t row);

  size_t ended_kept_;
  std::vector<Row> rows_;
  std::vector<uint32_t> free_;
  std::deque<uint32_t> ended_;
  std::deque<Gone> gone_;
  uint64_t forgotten_gone_ = 0;  // version of the last entry that is not in gone_ any more
  uint64_t version_ = 0;
  uint32_t oldest_ = kNoRow, newest_ = kNoRow;
};

}  // namespace wsitrace

#endif
