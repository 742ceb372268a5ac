// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "agent/export/json/report.h"
#include "tests/unit/export/folded.h"
#include "tests/unit/export/perfetto_picture.h"

namespace wsitrace::test {
namespace {

using Json = nlohmann::json;

Json time_json(const std::optional<int64_t> &at_ns) { return at_ns ? Json(*at_ns) : Json(); }

void expect_times(const DrawnSlice &slice, const Json &begin_ns, const Json &end_ns) {
  EXPECT_EQ(Json(slice.begin_ns), begin_ns) << slice.name;
  EXPECT_EQ(time_json(slice.end_ns), end_ns) << slice.name;
  EXPECT_EQ(slice.arg("never_closed").is_null(), !end_ns.is_null()) << slice.name;
}

void expect_args(const DrawnSlice &slice, const Json &object, std::initializer_list<const char *> keys) {
  for (const char *key : keys) EXPECT_EQ(slice.arg(key), object[key]) << slice.name << " " << key;
}

// Transactions and their phases, depth first.
void expect_transactions(const std::vector<DrawnSlice> &drawn, const std::vector<DrawnSlice> &phases,
                         const Json &told) {
  ASSERT_EQ(drawn.size(), told.size());
  for (size_t i = 0; i < told.size(); ++i) {
    expect_times(drawn[i], told[i]["requested_ns"], told[i]["completed_ns"]);
    expect_args(
        drawn[i], told[i],
        {"index", "version", "method", "path", "status", "protocol", "pipelined", "pipelined_evidence", "outcome"});
    EXPECT_EQ(drawn[i].depth, 1u);
    for (const char *time : {"handled", "responded"}) {
      const Json &at_ns = told[i][std::string(time) + "_ns"];
      const auto ends_there = [&](const DrawnSlice &phase) {
        return phase.name.ends_with(std::string(" to ") + time) && time_json(phase.end_ns) == at_ns;
      };
      EXPECT_EQ(std::any_of(phases.begin(), phases.end(), ends_there), !at_ns.is_null()) << drawn[i].name << time;
    }
  }
}

void expect_bindings(const std::vector<DrawnSlice> &drawn, const Json &told) {
  ASSERT_EQ(drawn.size(), told.size());
  for (size_t i = 0; i < told.size(); ++i) {
    expect_times(drawn[i], told[i]["bound_ns"], told[i]["dropped_ns"]);
    expect_args(drawn[i], told[i], {"protocol", "cause"});
    EXPECT_EQ(drawn[i].depth, 0u);
  }
}

void expect_session(const std::vector<DrawnSlice> &drawn, const Json &told) {
  ASSERT_EQ(drawn.size(), told.is_null() ? 0u : 1u);
  if (told.is_null()) return;
  expect_times(drawn[0], told["established_ns"], told["closed_ns"]);
  expect_args(drawn[0], told, {"protocol", "peer_code", "local_code"});
}

void expect_close(const std::vector<DrawnSlice> &drawn, const Json &told) {
  ASSERT_EQ(drawn.size(), told.is_null() ? 0u : 1u);
  if (told.is_null()) return;
  EXPECT_TRUE(drawn[0].instant);
  expect_args(drawn[0], told, {"reason", "by", "evidence", "detail", "ws_code"});
}

void expect_life(const std::vector<DrawnSlice> &drawn, const Json &told) {
  ASSERT_EQ(drawn.size(), 1u);
  const DrawnSlice &life = drawn[0];
  EXPECT_TRUE(told["opened_ns"].is_null() || told["opened_ns"] == life.begin_ns);
  EXPECT_TRUE(told["closed_ns"].is_null() || told["closed_ns"] == time_json(life.end_ns));
  EXPECT_EQ(life.end_ns.has_value(), told["state"] == "closed");
  EXPECT_EQ(life.arg("never_closed").is_null(), told["state"] == "closed");
  expect_args(life, told,
              {"id", "pointer", "generation", "class", "origin", "evidence", "role", "parent", "vhost", "fd", "local",
               "peer", "target", "state"});
  EXPECT_EQ(life.depth, 0u);
}

}  // namespace

std::string slices_as_text(SliceFormat format, std::string_view words, Form form, const Filter &filter) {
  Folded log;
  return reported<SliceReport>(
      log, log.request(filter), [&](LogSink &sink) { Script(sink, form).play(words); }, format);
}

uint64_t Picture::track_named(const std::string &prefix) const {
  for (const auto &[id, track] : tracks) {
    if (track.name.compare(0, prefix.size(), prefix) == 0) return id;
  }
  return 0;
}

std::vector<DrawnSlice> Picture::on(uint64_t track, std::string_view category) const {
  std::vector<DrawnSlice> out;
  std::copy_if(slices.begin(), slices.end(), std::back_inserter(out),
               [&](const DrawnSlice &slice) { return slice.track == track && slice.is(category); });
  return out;
}

DrawnSlice Picture::slice_named(std::string_view name) const {
  DrawnSlice found;
  for (const DrawnSlice &slice : slices) {
    if (slice.name == name) found = found.name.empty() ? slice : DrawnSlice{};
  }
  return found;
}

void expect_like_report(const Picture &picture, std::string_view words, Form form) {
  Folded log;
  const Json report = Json::parse(reported<JsonReport>(
      log, log.request(), [&](LogSink &sink) { Script(sink, form).play(words); }, JsonShape::kDocument));
  EXPECT_EQ(picture.faults, std::vector<std::string>());
  EXPECT_EQ(picture.process, report["process"]["program"]);
  for (const Json &told : report["connections"]) {
    const std::string prefix = "#" + told["id"].dump();
    SCOPED_TRACE(prefix);
    const uint64_t track = picture.track_named(prefix + " " + told["class"].get<std::string>());
    ASSERT_NE(track, 0u);
    expect_life(picture.on(track, "connection"), told);
    expect_transactions(picture.on(track, "transaction"), picture.on(track, "phase"), told["transactions"]);
    expect_bindings(picture.on(picture.track_named(prefix + " bindings"), "binding"), told["bindings"]);
    expect_session(picture.on(track, "session"), told["session"]);
    expect_close(picture.on(track, "close"), told["close"]);
  }
  const auto lives = std::count_if(picture.slices.begin(), picture.slices.end(),
                                   [](const DrawnSlice &slice) { return slice.is("connection"); });
  EXPECT_EQ(static_cast<size_t>(lives), report["connections"].size());
}

}  // namespace wsitrace::test
