// SPDX-License-Identifier: MIT
//
// The report for trace viewers: tracks and slices (slices.h), as a Perfetto trace or as Chrome's JSON. A stream may come before the
// connection that carries it, or after; both formats join them by number.
#ifndef WSITRACE_EXPORT_PERFETTO_REPORT_H
#define WSITRACE_EXPORT_PERFETTO_REPORT_H

#include <memory>

#include "agent/export/perfetto/writer.h"
#include "agent/export/report.h"

namespace wsitrace {

enum class SliceFormat { kPerfetto, kChrome };

class SliceReport final : public Report {
 public:
  SliceReport(SliceFormat format, ReportRequest request);

 private:
  void begin(std::string &out) override;
  void add(std::string &out, const Connection &connection) override;
  void end(std::string &out) override;
  [[nodiscard]] Slice end_of_log() const;

  std::unique_ptr<SliceWriter> writer_;
};

}  // namespace wsitrace

#endif
