// SPDX-License-Identifier: MIT
#include "agent/export/report.h"

#include <utility>

namespace wsitrace {

void Report::begin_once() {
  if (!std::exchange(begun_, true)) begin(text_);
}

void Report::on_connection_closed(const Connection &connection) {
  if (!request_.choice.filter.matches(connection)) return;
  begin_once();
  add(text_, connection);
  flush(kPieceBytes);
}

void Report::finish() {
  begin_once();
  timeline().for_each_open([this](const Connection &connection) { on_connection_closed(connection); });
  end(text_);
  flush(1);
}

void Report::flush(size_t at_least) {
  if (text_.size() < at_least) return;
  request_.write(text_);
  text_.clear();
}

}  // namespace wsitrace
