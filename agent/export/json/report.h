// SPDX-License-Identifier: MIT
//
// The report for machines: schema wsitrace.report/1, as one document or as lines (ndjson).
//
//    document  {"schema":...,"connections":[...],"process":{...},"loss":{...},"totals":{...}}
//    lines     {"type":"process","schema":...,"process":{...}}   first, with what is known by then
//              {"type":"connection","connection":{...}}          for each connection
//              {"type":"loss","loss":{...}}  {"type":"totals","totals":{...}}
//              {"type":"end","process":{...}}                    last, with all facts and how the process ended
#ifndef WSITRACE_EXPORT_JSON_REPORT_H
#define WSITRACE_EXPORT_JSON_REPORT_H

#include <utility>

#include "agent/export/report.h"
#include "agent/text/connection_json.h"

namespace wsitrace {

enum class JsonShape { kDocument, kLines };

class JsonReport final : public Report {
 public:
  JsonReport(JsonShape shape, ReportRequest request) : Report(std::move(request)), shape_(shape) {}

 private:
  void begin(std::string &out) override;
  void add(std::string &out, const Connection &connection) override;
  void end(std::string &out) override;

  JsonShape shape_;
  bool any_ = false;
};

}  // namespace wsitrace

#endif
