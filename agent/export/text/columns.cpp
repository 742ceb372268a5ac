// SPDX-License-Identifier: MIT
#include "agent/export/text/columns.h"

#include <algorithm>

#include "agent/text/printable.h"

namespace wsitrace {
namespace {

// SGR parameters, ECMA-48 8.3.117.
std::string_view begin_of(Tint tint) {
  if (tint == Tint::kFaint) return "\x1b[2m";
  return tint == Tint::kWarning ? "\x1b[33m" : "";
}
std::string_view end_of(Tint tint) { return tint == Tint::kNone ? "" : "\x1b[0m"; }

void append_cell(std::string &line, const std::string &cell, size_t width, Align align) {
  const std::string padding(width - std::min(width, width_of(cell)), ' ');
  line += align == Align::kRight ? padding + cell : cell + padding;
}

}  // namespace

Columns::Columns(std::vector<Column> columns, Write write)
    : columns_(std::move(columns)), write_(std::move(write)), widths_(columns_.size()) {
  Row titles;
  for (const Column &column : columns_) titles.push_back(column.title);
  widen(titles);
  held_.push_back({std::move(titles), Tint::kNone});
}

void Columns::widen(const Row &row) {
  for (size_t i = 0; i < widths_.size(); ++i) widths_[i] = std::max(widths_[i], width_of(row[i]));
}

void Columns::add(Row row, Tint tint) {
  widen(row);
  if (released_) return write_row(row, tint);
  held_.push_back({std::move(row), tint});
  if (held_.size() > kLookAhead) release();
}

void Columns::write_row(const Row &row, Tint tint) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i != 0) line += "  ";
    append_cell(line, row[i], widths_[i], columns_[i].align);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  write_(std::string(begin_of(tint)) + line + std::string(end_of(tint)) + "\n");
}

void Columns::release() {
  released_ = true;
  for (const Held &held : held_) write_row(held.row, held.tint);
  held_.clear();
}

void Columns::finish() {
  if (!released_ && held_.size() > 1) release();
}

}  // namespace wsitrace
