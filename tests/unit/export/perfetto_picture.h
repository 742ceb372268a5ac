// SPDX-License-Identifier: MIT
//
// What a trace viewer shows of a file: tracks, and slices on them with their depth, read back from either format. Times are
// nanoseconds since the process's start, as in the JSON report.
#ifndef WSITRACE_TESTS_UNIT_EXPORT_PERFETTO_PICTURE_H
#define WSITRACE_TESTS_UNIT_EXPORT_PERFETTO_PICTURE_H

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/export/perfetto/report.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {

struct DrawnTrack {
  std::string name;
  uint64_t parent = 0;  // Perfetto only
};

struct DrawnSlice {
  uint64_t track = 0;
  size_t depth = 0;
  std::string name;
  std::vector<std::string> categories;
  int64_t begin_ns = 0;
  std::optional<int64_t> end_ns;  // none: it never closed
  bool instant = false;
  nlohmann::json args = nlohmann::json::object();

  [[nodiscard]] bool is(std::string_view category) const { return !categories.empty() && categories[0] == category; }
  [[nodiscard]] nlohmann::json arg(const char *key) const { return args.contains(key) ? args[key] : nlohmann::json(); }
};

struct Picture {
  std::map<uint64_t, DrawnTrack> tracks;
  std::vector<DrawnSlice> slices;   // of one track in the order of their beginnings
  std::vector<std::string> faults;  // what no viewer would make sense of
  std::string process;

  // The track whose name begins with PREFIX, 0: none.
  [[nodiscard]] uint64_t track_named(const std::string &prefix) const;
  [[nodiscard]] std::vector<DrawnSlice> on(uint64_t track, std::string_view category) const;
  // The only slice of that name, or a nameless one.
  [[nodiscard]] DrawnSlice slice_named(std::string_view name) const;
};

Picture perfetto_picture(std::string_view trace);
Picture chrome_picture(std::string_view json);

// WORDS of the script language (script.h) as a trace.
std::string slices_as_text(SliceFormat format, std::string_view words, Form form = Form::kPreload,
                           const Filter &filter = {});
inline Picture picture_of(SliceFormat format, std::string_view words, Form form = Form::kPreload,
                          const Filter &filter = {}) {
  const std::string text = slices_as_text(format, words, form, filter);
  return format == SliceFormat::kPerfetto ? perfetto_picture(text) : chrome_picture(text);
}

// Every connection, binding, transaction, session and close that the JSON report of the same log has is in the picture, with
// the same times and facts, and nothing else is.
void expect_like_report(const Picture &picture, std::string_view words, Form form);

}  // namespace wsitrace::test

#endif
