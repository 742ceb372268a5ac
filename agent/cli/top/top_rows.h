// SPDX-License-Identifier: MIT
//
// The rows of `wsitrace top`: which connections, in which order, and the cells of each.
#ifndef WSITRACE_CLI_TOP_TOP_ROWS_H
#define WSITRACE_CLI_TOP_TOP_ROWS_H

#include <array>
#include <string>
#include <vector>

#include "agent/cli/top/top_screen.h"
#include "agent/export/text/columns.h"

namespace wsitrace {

struct TopRow {
  const Connection *connection;  // the log's
  const WatchedFiles::Process *process;
  Ns age_ns = 0;  // of an ended one: how long it lasted
  bool age_known = true;
  int group = 0;  // 0 open, 1 left open by a process that is gone, 2 ended
};

std::vector<TopRow> top_rows(const TopInput &input, const TopChoice &choice);

inline constexpr size_t kTopColumns = 11;
using TopCells = std::array<std::string, kTopColumns>;
struct TopColumn {
  const char *title;
  Align align;
  size_t least;             // cells; as far as it may be narrowed
  bool is_address = false;  // its port is cut last
};
extern const std::array<TopColumn, kTopColumns> kTopColumn;

TopCells cells_of_row(const TopRow &row);
TopName name_of_row(const TopRow &row);

}  // namespace wsitrace

#endif
