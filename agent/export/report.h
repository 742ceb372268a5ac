// SPDX-License-Identifier: MIT
//
// A report: hears a timeline, and writes the connections in the order in which they ended, then those still open by id, with what its
// format has to say before and after them.
//
// Who makes it: the format (agent/export/format.h). Whoever owns the Timeline adds it there, and calls finish() once, when the log has
//               ended or as much of it as there is.
// Memory:       follows the open connections; text is handed on in pieces of about kPieceBytes. The same log gives the same bytes.
#ifndef WSITRACE_EXPORT_REPORT_H
#define WSITRACE_EXPORT_REPORT_H

#include <functional>
#include <string>
#include <string_view>

#include "agent/diagnosis/judge.h"
#include "agent/timeline/filter.h"
#include "agent/timeline/frame.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

// The order of a table's rows. X(enumerator, name on the command line)
#define WSITRACE_SORT_KEYS(X) \
  X(kEnded, "ended") X(kOpened, "opened") X(kLasted, "lasted") X(kIdle, "idle") X(kTransactions, "transactions")
enum class SortKey {
#define WSITRACE_SORT_KEY(enumerator, name) enumerator,
  WSITRACE_SORT_KEYS(WSITRACE_SORT_KEY)
#undef WSITRACE_SORT_KEY
};
inline constexpr const char *kSortKeys[] = {
#define WSITRACE_SORT_KEY(enumerator, name) name,
    WSITRACE_SORT_KEYS(WSITRACE_SORT_KEY)
#undef WSITRACE_SORT_KEY
};

// What the user chose.
struct ReportChoice {
  Filter filter;                   // of connections; what is said of the whole log is of all
  bool details = false;            // everything about each connection, where the format leaves that out otherwise
  SortKey sort = SortKey::kEnded;  // of the text's table: opened earliest first, all others largest first
  bool utc = false;                // in the text's table: points in time by the clock on the wall
};

// What a report is made of, and where it goes.
struct ReportRequest {
  using Write = std::function<void(std::string_view)>;

  const Timeline &timeline;  // outlives the report, as JUDGE does
  const Judge &judge;        // hears the same timeline
  ReportChoice choice;
  bool colour = false;                      // the output is a terminal
  NameFrames name_frames = addresses_only;  // how frames of stacks get their names
  Write write;
};

class Report : public TimelineObserver {
 public:
  static constexpr size_t kPieceBytes = 64 * 1024;

  explicit Report(ReportRequest request) : request_(std::move(request)) {}

  void finish();

 protected:
  // Each appends to OUT.
  virtual void begin(std::string & /*out*/) {}
  virtual void add(std::string &out, const Connection &connection) = 0;
  virtual void end(std::string &out) = 0;

  [[nodiscard]] const ReportRequest &request() const { return request_; }
  [[nodiscard]] const Timeline &timeline() const { return request_.timeline; }

 private:
  [[nodiscard]] bool hears_events() const override { return false; }
  void on_process_known(const ProcessFacts &) override { begin_once(); }
  void on_connection_closed(const Connection &connection) override;
  void begin_once();
  void flush(size_t at_least);

  ReportRequest request_;
  std::string text_;
  bool begun_ = false;
};

}  // namespace wsitrace

#endif
