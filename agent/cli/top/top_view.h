// SPDX-License-Identifier: MIT
//
// What `wsitrace top` shows, as lines of text: a header with totals, loss and findings, and the table of connections. Pure: the same
// logs, choice and size give the same lines.
//
//    1 process: http_host (PID 4711), libwebsockets 4.3.5-...
//    23 opened, 11 closed, 12 open; 101 transactions; 1 finding
//    1234 events recorded, 0 lost
//       AGE CLASS    ROLE   VHOST  PROTOCOL  STATE  TRANS PEER             PATH
//     12.3s client   h1     app    http      idle       3 127.0.0.1:40022  /x
//    ...
//    by age  class: all  1-12 of 12                  Enter open  / filter  s sort  c class  ? help  q quit
//
// One row is selected; Enter shows what is known of its connection instead of the table. top_keys.h has what the keys do.
//
// Order: open connections of processes that live, then those that were left open, then ended ones, the last first.
#ifndef WSITRACE_CLI_TOP_TOP_VIEW_H
#define WSITRACE_CLI_TOP_TOP_VIEW_H

#include <optional>
#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "agent/cli/top/watched_files.h"

namespace wsitrace {

enum class TopSort { kAge, kTransactions, kId };

// A row, wherever it is in the table.
struct TopName {
  uint32_t pid = 0;
  uint64_t id = 0;

  bool operator==(const TopName &) const = default;
};

enum class TopMode { kTable, kConnection, kHelp };

// What the user chose with keys.
struct TopChoice {
  TopSort sort = TopSort::kAge;
  std::optional<ConnectionClass> cls;
  std::string filter;   // text that rows have in them, whatever its case
  bool typing = false;  // the filter
  TopMode mode = TopMode::kTable;
  size_t offset = 0;                // first row shown
  std::optional<TopName> selected;  // unset: the first that is shown
  size_t selected_at = 0;           // where it was, for when it is gone
  size_t line = 0;                  // first line shown of what is no table

  void next_sort();
  void next_class();
};

struct TopSize {
  size_t columns = 80;
  size_t lines = 24;
};

enum class TopStyle { kPlain, kFaint, kWarning, kTitles, kSelected };
struct TopLine {
  std::string text;
  TopStyle style = TopStyle::kPlain;
};

struct TopScreen {
  std::vector<TopLine> lines;  // at most as many as the size has, each within its columns
  size_t offset = 0;           // of the first row or line shown, as far as there are any
  size_t page = 0;             // rows or lines that fit
  std::vector<TopName> rows;   // of the table, also those that do not fit
  size_t selected = 0;         // of them
};

struct TopInput {
  std::vector<WatchedFiles::Process> processes;
  std::vector<Error> problems;
  Ns now_ns = 0;  // CLOCK_MONOTONIC
};

TopScreen draw_top(const TopInput &input, const TopChoice &choice, const TopSize &size);
// The same for paper: all rows, and every cell as wide as it needs to be.
std::string print_top(const TopInput &input, const TopChoice &choice);

// "0.4ms", "120ms", "1.23s", "12.3s", "4m05s", "3h07m", "12d04h"
std::string age_text(Ns age_ns);

}  // namespace wsitrace

#endif
