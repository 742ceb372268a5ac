// SPDX-License-Identifier: MIT
#include "agent/export/live/selection.h"

#include <algorithm>
#include <tuple>

#include "agent/export/live/live_process.h"

namespace wsitrace {
namespace {

struct SortKey {
  uint64_t first;
  uint64_t id;
  uint32_t process;
  bool over;  // sorts behind those that are open
  uint32_t row;

  bool operator<(const SortKey &other) const {
    return std::tie(over, first, process, id) < std::tie(other.over, other.first, other.process, other.id);
  }
};

bool is_open(const Row &row) { return row.kept == nullptr && !row.process->has_ended(); }

bool is_wanted(const Row &row, const ConnectionQuery &query) {
  if (row.process == nullptr) return false;
  if (query.cls && row.cls != *query.cls) return false;
  if (query.state && row.state != *query.state) return false;
  return !query.vhost || row.vhost == *query.vhost;
}

uint64_t first_key(const Row &row, RowSort sort) {
  switch (sort) {
    case RowSort::kId: return 0;
    case RowSort::kTransactions: return UINT64_MAX - row.transactions;
    default: return row.opened_ns;
  }
}

template <typename Wanted>
Selection page_of(const RowTable &table, const ConnectionQuery &query, Wanted wanted) {
  std::vector<SortKey> keys;
  const std::vector<Row> &rows = table.all();
  for (uint32_t at = 0; at < rows.size(); ++at) {
    const Row &row = rows[at];
    if (wanted(row)) keys.push_back({first_key(row, query.sort), row.id, row.process->number(), !is_open(row), at});
  }
  Selection selection;
  selection.total = keys.size();
  if (query.offset >= keys.size()) return selection;
  const auto first = keys.begin() + static_cast<ptrdiff_t>(query.offset);
  const auto last = first + static_cast<ptrdiff_t>(std::min(query.limit, keys.size() - query.offset));
  std::nth_element(keys.begin(), first, keys.end());
  std::partial_sort(first, last, keys.end());
  for (auto key = first; key != last; ++key) selection.rows.push_back(key->row);
  return selection;
}

}  // namespace

Selection select_rows(const RowTable &table, const ConnectionQuery &query) {
  return page_of(table, query, [&](const Row &row) { return is_wanted(row, query); });
}

Selection select_open_rows(const RowTable &table, size_t limit) {
  ConnectionQuery query;
  query.limit = limit;
  return page_of(table, query, [](const Row &row) { return row.process != nullptr && is_open(row); });
}

}  // namespace wsitrace
