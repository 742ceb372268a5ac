// SPDX-License-Identifier: MIT
#include "agent/export/live/row_table.h"

#include <algorithm>

namespace wsitrace {

uint32_t RowTable::add(LiveProcess &process, const Connection &connection) {
  uint32_t at = 0;
  if (free_.empty()) {
    at = static_cast<uint32_t>(rows_.size());
    rows_.emplace_back();
  } else {
    at = free_.back();
    free_.pop_back();
  }
  Row &row = rows_[at];
  row.process = &process;
  row.connection = &connection;
  fill(row);
  link_newest(at);
  return at;
}

void RowTable::fill(Row &row) {
  const Connection &connection = *row.connection;
  row.id = connection.id;
  row.opened_ns = connection.opened_ns;
  row.transactions = connection.transactions_total;
  row.vhost = connection.vhost;
  row.cls = connection.cls;
  row.state = connection.state;
  row.version = ++version_;
}

void RowTable::touch(uint32_t row) {
  fill(rows_[row]);
  if (newest_ == row) return;
  unlink(row);
  link_newest(row);
}

std::optional<uint32_t> RowTable::close(uint32_t at) {
  Row &row = rows_[at];
  row.kept = std::make_unique<const Connection>(*row.connection);
  row.connection = row.kept.get();
  touch(at);
  ended_.push_back(at);
  if (ended_.size() <= ended_kept_) return std::nullopt;
  return ended_.front();
}

void RowTable::remove(uint32_t at, uint32_t pid) {
  Row &row = rows_[at];
  gone_.push_back({++version_, pid, row.id});
  if (gone_.size() > kKeptGone) {
    forgotten_gone_ = gone_.front().version;
    gone_.pop_front();
  }
  if (row.kept != nullptr) {
    if (ended_.front() == at) ended_.pop_front();
    else ended_.erase(std::find(ended_.begin(), ended_.end(), at));
  }
  unlink(at);
  row = Row{};
  free_.push_back(at);
}

void RowTable::link_newest(uint32_t at) {
  Row &row = rows_[at];
  row.older = newest_;
  row.newer = kNoRow;
  if (newest_ != kNoRow) rows_[newest_].newer = at;
  else oldest_ = at;
  newest_ = at;
}

void RowTable::unlink(uint32_t at) {
  const Row &row = rows_[at];
  if (row.older != kNoRow) rows_[row.older].newer = row.newer;
  else oldest_ = row.newer;
  if (row.newer != kNoRow) rows_[row.newer].older = row.older;
  else newest_ = row.older;
}

std::vector<uint32_t> RowTable::changed_since(uint64_t version) const {
  std::vector<uint32_t> changed;
  for (uint32_t at = newest_; at != kNoRow && rows_[at].version > version; at = rows_[at].older) changed.push_back(at);
  std::reverse(changed.begin(), changed.end());
  return changed;
}

std::optional<std::vector<Gone>> RowTable::gone_since(uint64_t version) const {
  if (version < forgotten_gone_) return std::nullopt;
  const auto first = std::upper_bound(gone_.begin(), gone_.end(), version,
                                      [](uint64_t wanted, const Gone &gone) { return wanted < gone.version; });
  return std::vector<Gone>(first, gone_.end());
}

}  // namespace wsitrace
