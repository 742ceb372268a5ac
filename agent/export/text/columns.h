// SPDX-License-Identifier: MIT
//
// Aligned columns without knowing all rows: the widths follow the first kLookAhead rows, later ones widen a column from where
// they are.
#ifndef WSITRACE_EXPORT_TEXT_COLUMNS_H
#define WSITRACE_EXPORT_TEXT_COLUMNS_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wsitrace {

enum class Align { kLeft, kRight };
// A terminal's colour of one row; kNone for no escape codes at all.
enum class Tint { kNone, kFaint, kWarning };

class Columns {
 public:
  using Write = std::function<void(std::string_view)>;
  using Row = std::vector<std::string>;  // printable text
  static constexpr size_t kLookAhead = 500;

  struct Column {
    std::string title;
    Align align;
  };

  Columns(std::vector<Column> columns, Write write);

  void add(Row row, Tint tint = Tint::kNone);
  // Writes what is still held back. Nothing at all when there was no row.
  void finish();

 private:
  struct Held {
    Row row;
    Tint tint;
  };
  void widen(const Row &row);
  void write_row(const Row &row, Tint tint);
  void release();

  std::vector<Column> columns_;
  Write write_;
  std::vector<size_t> widths_;
  std::vector<Held> held_;
  bool released_ = false;
};

}  // namespace wsitrace

#endif
