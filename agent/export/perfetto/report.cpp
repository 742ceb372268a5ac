// SPDX-License-Identifier: MIT
#include "agent/export/perfetto/report.h"

#include <algorithm>

namespace wsitrace {

SliceReport::SliceReport(SliceFormat format, Filter filter, Write write)
    : writer_(format == SliceFormat::kPerfetto ? perfetto_writer() : chrome_writer()),
      filter_(std::move(filter)),
      write_(std::move(write)),
      timeline_(*this) {}

void SliceReport::on_process(const ProcessFacts &facts) {
  timeline_.on_process(facts);
  begin();
}

void SliceReport::begin() {
  if (begun_) return;
  begun_ = true;
  writer_->begin(text_, timeline_.process());
}

bool SliceReport::shows_all() const {
  return !filter_.cls && !filter_.vhost && !filter_.state && !filter_.id && !filter_.open_only;
}

void SliceReport::add(const Connection &connection) {
  if (!filter_.matches(connection)) return;
  begin();
  SliceList list = slices_of(connection);
  // What carries a stream may be left out by the filter; its track is there all the same. A track is named once, so where
  // the connection itself may still come, or has come, it has no name here.
  if (connection.parent && !shows_all()) {
    const uint64_t id = *connection.parent;
    list.tracks.push_back({connection_track(id), kProcessTrack, filter_.id ? "#" + std::to_string(id) : std::string()});
  }
  writer_->add(text_, list);
  flush(kPieceBytes);
}

Slice SliceReport::end_of_log() const {
  Slice slice;
  const End *end = timeline_.end();
  const Loss &loss = timeline_.loss();
  slice.instant = true;
  slice.category = "log";
  slice.name = loss.lost > 0 ? "end of the log, " + std::to_string(loss.lost) + " events lost" : "end of the log";
  const Ns seen_ns = std::max(timeline_.last_event_ns(), timeline_.process().started_mono_ns);
  slice.begin_ns = std::max(seen_ns, end != nullptr ? end->mono_ns.value_or(0) : 0);
  slice.end_ns = slice.begin_ns;
  slice.args.push_back({"ended", end != nullptr ? end->kind : std::string("not yet")});
  slice.args.push_back({"recorded", static_cast<int64_t>(loss.recorded)});
  slice.args.push_back({"lost", static_cast<int64_t>(loss.lost)});
  return slice;
}

void SliceReport::finish() {
  begin();
  timeline_.for_each_open([this](const Connection &connection) { add(connection); });
  writer_->finish(text_, end_of_log());
  flush(1);
}

void SliceReport::flush(size_t at_least) {
  if (text_.size() < at_least) return;
  write_(text_);
  text_.clear();
}

}  // namespace wsitrace
