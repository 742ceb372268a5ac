// SPDX-License-Identifier: MIT
//
// The report for people: a table of connections, one line each; then totals and loss. With details, the bindings, transactions and
// the session of each connection instead. Text from the host is shown as printable() makes it.
#ifndef WSITRACE_EXPORT_TEXT_TABLE_H
#define WSITRACE_EXPORT_TEXT_TABLE_H

#include <string>

#include "agent/export/report.h"
#include "agent/export/text/columns.h"

namespace wsitrace {

class TextReport final : public Report {
 public:
  explicit TextReport(ReportRequest request);

 private:
  void add(std::string &out, const Connection &connection) override;
  void end(std::string &out) override;

  std::string lines_;  // of columns_, until they are handed on
  Columns columns_;
  bool any_ = false;
};

}  // namespace wsitrace

#endif
