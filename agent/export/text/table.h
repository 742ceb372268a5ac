// SPDX-License-Identifier: MIT
//
// The report for people: a table of connections, one line each; then how many ended how, and loss. With details, the bindings, transactions and
// the session of each connection instead. Text from the host is shown as printable() makes it.
#ifndef WSITRACE_EXPORT_TEXT_TABLE_H
#define WSITRACE_EXPORT_TEXT_TABLE_H

#include <map>
#include <string>
#include <vector>

#include "agent/export/report.h"
#include "agent/export/text/columns.h"

namespace wsitrace {

class TextReport final : public Report {
 public:
  explicit TextReport(ReportRequest request);

 private:
  void add(std::string &out, const Connection &connection) override;
  void end(std::string &out) override;

  void count(const Connection &connection);
  [[nodiscard]] std::string connections_line() const;

  std::string lines_;  // of columns_, until they are handed on
  Columns columns_;
  struct Held {
    uint64_t place;
    Columns::Row row;
    Tint tint;
  };
  std::vector<Held> held_;                // all rows, where they are to be sorted
  std::map<std::string, uint64_t> ends_;  // connections by how they ended
  uint64_t listeners_ = 0, streams_ = 0, internals_ = 0;
  bool any_ = false;
};

}  // namespace wsitrace

#endif
