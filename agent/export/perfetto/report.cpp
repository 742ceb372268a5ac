// SPDX-License-Identifier: MIT
#include "agent/export/perfetto/report.h"

#include <algorithm>
#include <utility>

#include "agent/export/perfetto/slices.h"

namespace wsitrace {
namespace {

bool shows_all(const Filter &filter) {
  return !filter.cls && !filter.vhost && !filter.state && !filter.id && !filter.open_only;
}

}  // namespace

SliceReport::SliceReport(SliceFormat format, ReportRequest request)
    : Report(std::move(request)), writer_(format == SliceFormat::kPerfetto ? perfetto_writer() : chrome_writer()) {}

void SliceReport::begin(std::string &out) { writer_->begin(out, timeline().process()); }

void SliceReport::add(std::string &out, const Connection &connection) {
  const Filter &filter = request().choice.filter;
  SliceList list = slices_of(connection);
  // What carries a stream may be left out by the filter; its track is there all the same. A track is named once, so where
  // the connection itself may still come, or has come, it has no name here.
  if (connection.parent && !shows_all(filter)) {
    const uint64_t id = *connection.parent;
    list.tracks.push_back({connection_track(id), kProcessTrack, filter.id ? "#" + std::to_string(id) : std::string()});
  }
  writer_->add(out, list);
}

Slice SliceReport::end_of_log() const {
  Slice slice;
  const End *end = timeline().end();
  const Loss &loss = timeline().loss();
  slice.instant = true;
  slice.category = "log";
  slice.name = "end of the log";
  if (loss.lost > 0) slice.name += ", " + std::to_string(loss.lost) + (loss.lost == 1 ? " event lost" : " events lost");
  const Ns seen_ns = std::max(timeline().last_event_ns(), timeline().process().started_mono_ns);
  slice.begin_ns = std::max(seen_ns, end != nullptr ? end->mono_ns.value_or(0) : 0);
  slice.end_ns = slice.begin_ns;
  slice.args.push_back({"ended", end != nullptr ? end->kind : std::string("not yet")});
  slice.args.push_back({"recorded", static_cast<int64_t>(loss.recorded)});
  slice.args.push_back({"lost", static_cast<int64_t>(loss.lost)});
  return slice;
}

void SliceReport::end(std::string &out) { writer_->finish(out, end_of_log()); }

}  // namespace wsitrace
