// SPDX-License-Identifier: MIT
//
// What `wsitrace top` draws from, and what is drawn.
#ifndef WSITRACE_CLI_TOP_TOP_SCREEN_H
#define WSITRACE_CLI_TOP_TOP_SCREEN_H

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

}  // namespace wsitrace

#endif
