// SPDX-License-Identifier: MIT
#include <cstdio>

#include "agent/export/perfetto/writer.h"
#include "agent/text/json_text.h"

namespace wsitrace {
namespace {

// A track is a thread of the process here, because the format knows nothing else. Threads do not nest, so those of streams
// are sorted behind that of their connection.
class ChromeWriter final : public SliceWriter {
 public:
  void begin(std::string &out, const ProcessFacts &process) override;
  void add(std::string &out, const SliceList &list) override;
  void finish(std::string &out, const Slice &last) override;

 private:
  // Opens an event; the caller goes on and closes it.
  JsonObject event(std::string &out, const char *phase, TrackId track);
  template <typename Value>
  void name(std::string &out, const char *what, TrackId track, const char *key, const Value &value);
  void add_slice(std::string &out, const Slice &slice);
  void add_time(JsonObject &object, const char *name, int64_t ns) const;

  uint32_t pid_ = 0;
  Ns started_ns_ = 0;
  bool any_ = false;
};

JsonObject ChromeWriter::event(std::string &out, const char *phase, TrackId track) {
  out += any_ ? ",\n" : "\n";
  any_ = true;
  JsonObject object(out);
  object.text("ph", phase);
  object.number("pid", pid_);
  object.number("tid", track == kProcessTrack ? 1 : track);
  return object;
}

void append_value(std::string &out, std::string_view text) { append_json(out, text); }
void append_value(std::string &out, uint64_t number) { append_json(out, number); }

template <typename Value>
void ChromeWriter::name(std::string &out, const char *what, TrackId track, const char *key, const Value &value) {
  JsonObject object = event(out, "M", track);
  object.text("name", what);
  JsonObject args(object.key("args"));
  append_value(args.key(key), value);
  args.close();
  object.close();
}

// The format's unit is the microsecond; ours are its thousandths.
void ChromeWriter::add_time(JsonObject &object, const char *name, int64_t ns) const {
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%s%lld.%03d", ns < 0 ? "-" : "",
                                   static_cast<long long>(ns < 0 ? -(ns / 1000) : ns / 1000),
                                   static_cast<int>(ns < 0 ? -(ns % 1000) : ns % 1000));
  object.key(name).append(text, static_cast<size_t>(length));
}

void add_args(JsonObject &object, const Slice &slice) {
  JsonObject args(object.key("args"));
  for (const SliceArg &arg : slice.args) {
    if (const auto *text = std::get_if<std::string>(&arg.value)) args.text(arg.name, *text);
    else if (const auto *number = std::get_if<int64_t>(&arg.value)) append_json(args.key(arg.name), *number);
    else args.truth(arg.name, std::get<bool>(arg.value));
  }
  if (slice.never_closed) args.truth(kNeverClosed, true);
  args.close();
}

void ChromeWriter::add_slice(std::string &out, const Slice &slice) {
  JsonObject object = event(out, slice.instant ? "i" : slice.end_ns ? "X" : "B", slice.track);
  object.text("name", slice.name);
  std::string category(slice.category);
  if (slice.never_closed) category.append(",").append(kNeverClosed);
  object.text("cat", category);
  add_time(object, "ts", static_cast<int64_t>(slice.begin_ns - started_ns_));
  if (slice.instant) object.text("s", slice.track == kProcessTrack ? "p" : "t");
  else if (slice.end_ns) add_time(object, "dur", static_cast<int64_t>(*slice.end_ns - slice.begin_ns));
  add_args(object, slice);
  object.close();
}

void ChromeWriter::begin(std::string &out, const ProcessFacts &process) {
  pid_ = process.pid;
  started_ns_ = process.started_mono_ns;
  out += "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  name(out, "process_name", kProcessTrack, "name", std::string_view(process.program));
  name(out, "thread_name", kProcessTrack, "name", std::string_view("log"));
}

void ChromeWriter::add(std::string &out, const SliceList &list) {
  for (const Track &track : list.tracks) {
    if (track.name.empty()) continue;
    name(out, "thread_name", track.id, "name", std::string_view(track.name));
    name(out, "thread_sort_index", track.id, "sort_index", track.parent == kProcessTrack ? track.id : track.parent);
  }
  for (const Slice &slice : list.slices) add_slice(out, slice);
}

void ChromeWriter::finish(std::string &out, const Slice &last) {
  add_slice(out, last);
  out += "\n]}\n";
}

}  // namespace

std::unique_ptr<SliceWriter> chrome_writer() { return std::make_unique<ChromeWriter>(); }

}  // namespace wsitrace
