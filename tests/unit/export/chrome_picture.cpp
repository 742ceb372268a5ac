// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <sstream>

#include "tests/unit/export/perfetto_picture.h"

namespace wsitrace::test {
namespace {

using Json = nlohmann::json;

int64_t nanoseconds(const Json &microseconds) { return std::llround(microseconds.get<double>() * 1000); }

std::vector<std::string> split(const std::string &list) {
  std::vector<std::string> out;
  std::istringstream in(list);
  for (std::string word; std::getline(in, word, ',');) out.push_back(word);
  return out;
}

DrawnSlice slice_from(const Json &event) {
  DrawnSlice slice;
  slice.track = event["tid"];
  slice.name = event["name"];
  slice.categories = split(event["cat"]);
  slice.begin_ns = nanoseconds(event["ts"]);
  slice.instant = event["ph"] == "i";
  if (event["ph"] == "X") slice.end_ns = slice.begin_ns + nanoseconds(event["dur"]);
  if (slice.instant) slice.end_ns = slice.begin_ns;
  slice.args = event["args"];
  return slice;
}

bool ended_before(const DrawnSlice &before, const DrawnSlice &slice) {
  if (!before.end_ns) return false;
  return slice.instant ? *before.end_ns < slice.begin_ns : *before.end_ns <= slice.begin_ns;
}

// What overlaps without lying within the other is nothing that a viewer could draw on one track.
void nest(Picture &picture) {
  std::map<uint64_t, std::vector<const DrawnSlice *>> begun;
  for (DrawnSlice &slice : picture.slices) {
    auto &stack = begun[slice.track];
    while (!stack.empty() && ended_before(*stack.back(), slice)) stack.pop_back();
    if (!stack.empty() && stack.back()->end_ns && slice.end_ns.value_or(INT64_MAX) > *stack.back()->end_ns)
      picture.faults.push_back(slice.name + " reaches out of " + stack.back()->name);
    slice.depth = stack.size();
    if (!slice.instant) stack.push_back(&slice);
  }
}

}  // namespace

Picture chrome_picture(std::string_view text) {
  Picture picture;
  const Json document = Json::parse(text);
  for (const Json &event : document["traceEvents"]) {
    if (event["pid"] != 4711) picture.faults.push_back("event of another process");
    const std::string phase = event["ph"];
    if (phase != "M") {
      picture.slices.push_back(slice_from(event));
      if (phase != "X" && phase != "B" && phase != "i") picture.faults.push_back("unexpected phase " + phase);
    } else if (event["name"] == "process_name") {
      picture.process = event["args"]["name"];
    } else if (event["name"] == "thread_name") {
      picture.tracks[event["tid"]].name = event["args"]["name"];
    }
  }
  std::stable_sort(picture.slices.begin(), picture.slices.end(),
                   [](const DrawnSlice &a, const DrawnSlice &b) { return a.begin_ns < b.begin_ns; });
  nest(picture);
  for (const DrawnSlice &slice : picture.slices) {
    if (picture.tracks.count(slice.track) == 0) picture.faults.push_back("slice on a track without a name");
  }
  return picture;
}

}  // namespace wsitrace::test
