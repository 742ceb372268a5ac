// SPDX-License-Identifier: MIT
#include "agent/cli/run/recordings.h"
#include "agent/collect/read_log.h"
#include "agent/lws/callbacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace wsitrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Keeps what it hears.
struct Heard final : LogSink {
  void on_process(const ProcessFacts &facts) override { process = facts; }
  void on_string(uint16_t id, std::string_view text) override { strings.emplace_back(id, text); }
  void on_event(const Event &event, std::span<const std::byte>) override { kinds.push_back(event.kind); }
  void on_loss(const Loss &of_log) override { loss = of_log; }
  void on_end(const End &of_log) override { end = of_log; }

  ProcessFacts process;
  std::vector<std::pair<uint16_t, std::string>> strings;
  std::vector<uint16_t> kinds;
  Loss loss;
  std::optional<End> end;
};

using Sinks = std::vector<std::shared_ptr<LogSink>>;

class RecordingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char directory[] = "/tmp/wsitrace-recordings-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    directory_ = directory;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Recordings record_to(const std::string &output, const Recordings::MoreSinks &more_sinks = {}) {
    return {TraceNames(output), 7, more_sinks, [this](const Error &error) { errors_.push_back(error.line()); }};
  }
  [[nodiscard]] std::string path(const std::string &name) const { return directory_ + "/" + name; }

  static ProcessFacts process(uint32_t pid) {
    ProcessFacts facts;
    facts.pid = pid;
    facts.program = "host";
    facts.attach = "preload";
    return facts;
  }
  static std::shared_ptr<Recording> attach(Recordings &recordings, uint32_t pid) {
    auto recording = recordings.begin();
    recording->on_process(process(pid));
    recording->on_string(1, "default");
    return recording;
  }
  static void event(Recording &recording, uint16_t kind) {
    Event made{};
    made.kind = kind;
    made.time_ns = 1009;
    recording.on_event(made, {});
  }
  static void end(Recording &recording, uint64_t recorded) {
    recording.on_loss({recorded, 0, {}});
    recording.on_end({"exit", 0, std::nullopt});
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(directory_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string directory_;
  std::vector<std::string> errors_;
};

TEST_F(RecordingsTest, TraceHoldsWhatWasToldBeforeTheFirstEventToo) {
  auto recordings = record_to(path("out.wsitrace"));
  const auto recording = attach(recordings, 4711);
  event(*recording, k_WSI_CREATE);
  recording->on_string(2, "echo");
  event(*recording, k_WSI_DESTROY);
  end(*recording, 2);
  Heard heard;
  ASSERT_TRUE(read_log(path("out.wsitrace"), heard));
  EXPECT_EQ(heard.process, process(4711));
  EXPECT_THAT(heard.strings, ElementsAre(std::pair(1, "default"), std::pair(2, "echo")));
  EXPECT_THAT(heard.kinds, ElementsAre(k_WSI_CREATE, k_WSI_DESTROY));
  EXPECT_EQ(heard.loss.recorded, 2u);
  EXPECT_EQ(heard.end, (End{"exit", 0, std::nullopt}));
}

TEST_F(RecordingsTest, FirstToRecordGetsTheFileNotTheFirstToAttach) {
  auto recordings = record_to(path("out.wsitrace"));
  const auto parent = attach(recordings, 11), server = attach(recordings, 13), other = attach(recordings, 17);
  event(*server, k_WSI_CREATE);
  event(*other, k_WSI_CREATE);
  EXPECT_EQ(recordings.first_written(), server.get());
  EXPECT_EQ(server->path(), path("out.wsitrace"));
  EXPECT_EQ(other->path(), path("out.17.wsitrace"));
  EXPECT_EQ(parent->path(), "");
}

TEST_F(RecordingsTest, ProcessThatRecordedNothingMakesNoFile) {
  auto recordings = record_to(path("out.wsitrace"));
  const auto silent = attach(recordings, 11);
  end(*silent, 0);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RecordingsTest, LossWithoutAnEventIsWritten) {
  auto recordings = record_to(path("out.wsitrace"));
  const auto recording = attach(recordings, 11);
  recording->on_loss({0, 3, {{"no_ring", 3}}});
  recording->on_end({});
  Heard heard;
  ASSERT_TRUE(read_log(path("out.wsitrace"), heard));
  EXPECT_EQ(heard.loss.lost, 3u);
}

TEST_F(RecordingsTest, SilentRecordingIsWrittenWithTheReason) {
  auto recordings = record_to(path("out.wsitrace"));
  const auto silent = attach(recordings, 11);
  end(*silent, 0);
  silent->write_silent("libwebsockets is linked statically into it");
  Heard heard;
  ASSERT_TRUE(read_log(path("out.wsitrace"), heard));
  EXPECT_EQ(heard.process.notice, "libwebsockets is linked statically into it");
  EXPECT_EQ(heard.end, (End{"exit", 0, std::nullopt}));
}

TEST_F(RecordingsTest, TraceThatCannotBeMadeIsReportedOnceAndListenersGoOn) {
  auto heard = std::make_shared<Heard>();
  auto recordings = record_to(path("missing/out.wsitrace"), [&](bool) { return Sinks{heard}; });
  const auto recording = attach(recordings, 11);
  for (int i = 0; i < 3; ++i) event(*recording, k_WSI_CREATE);
  recordings.flush();
  end(*recording, 3);
  EXPECT_THAT(errors_, SizeIs(1));
  EXPECT_THAT(heard->kinds, SizeIs(3));
  EXPECT_EQ(recordings.first_written(), nullptr);
  EXPECT_EQ(recordings.recorded(), 3u);
}

TEST_F(RecordingsTest, SinksOfTheFirstHearOneProcessFromItsStart) {
  auto first = std::make_shared<Heard>();
  auto recordings = record_to(path("out.wsitrace"), [&](bool is_first) { return is_first ? Sinks{first} : Sinks{}; });
  const auto silent = attach(recordings, 11), server = attach(recordings, 13), other = attach(recordings, 17);
  event(*server, k_WSI_CREATE);
  event(*other, k_WSI_DESTROY);
  end(*server, 1);
  EXPECT_EQ(first->process.pid, 13u);
  EXPECT_THAT(first->strings, ElementsAre(std::pair(1, "default")));
  EXPECT_THAT(first->kinds, ElementsAre(k_WSI_CREATE));
  EXPECT_TRUE(first->end);
}

TEST_F(RecordingsTest, FullDiskIsReportedOnce) {
  auto recordings = record_to("/dev/full");
  const auto recording = attach(recordings, 11);
  event(*recording, k_WSI_CREATE);
  recordings.flush();
  event(*recording, k_WSI_DESTROY);
  recordings.flush();
  end(*recording, 2);
  EXPECT_THAT(errors_, SizeIs(1));
}

}  // namespace
}  // namespace wsitrace
