// SPDX-License-Identifier: MIT
//
// Which rows of a board somebody wants to see, and in which order: api/connections.
//
// Order: open ones first, then by the sort key: age (oldest first), id, transactions (most first). Equal ones by process and id.
// Cost:  one pass over all rows, and 32 bytes for each that matches.
#ifndef WSITRACE_EXPORT_LIVE_SELECTION_H
#define WSITRACE_EXPORT_LIVE_SELECTION_H

#include <optional>
#include <string>
#include <vector>

#include "agent/export/live/row_table.h"

namespace wsitrace {

enum class RowSort { kAge, kId, kTransactions };

// An unset member asks for nothing.
struct ConnectionQuery {
  static constexpr size_t kDefaultLimit = 200;
  static constexpr size_t kMaxLimit = 1000;

  std::optional<ConnectionClass> cls;
  std::optional<State> state;
  std::optional<std::string> vhost;
  RowSort sort = RowSort::kAge;
  size_t offset = 0;
  size_t limit = kDefaultLimit;
};

struct Selection {
  size_t total = 0;            // rows that match
  std::vector<uint32_t> rows;  // those of the page, in order
};
Selection select_rows(const RowTable &table, const ConnectionQuery &query);

// The oldest open rows, at most LIMIT; total: how many are open.
Selection select_open_rows(const RowTable &table, size_t limit);

}  // namespace wsitrace

#endif
