// SPDX-License-Identifier: MIT
#include "agent/collect/read_log.h"
#include "agent/collect/trace_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "agent/base/fd.h"
#include "agent/collect/trace_reader.h"
#include "tests/unit/collect/fake_host.h"
#include "tests/unit/collect/test_trace.h"
#include "tests/unit/collect/transcript.h"

namespace wsitrace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

class TraceFileTest : public testing::Test {
 protected:
  TestDirectory directory;
  std::string path = directory.file("host.4711.wsitrace");
  Transcript log;
};

TEST_F(TraceFileTest, WhatWasWrittenIsRead) {
  Transcript written;
  tell_test_log(written);
  written.on_end(test_end());
  write_test_trace(path);
  ASSERT_TRUE(read_log(path, log));
  EXPECT_EQ(log.lines, written.lines);
}

TEST_F(TraceFileTest, LogOfManyChunksIsRead) {
  constexpr int kEvents = 101'009;
  Transcript written;
  tell_test_log(written, kEvents);
  written.on_end(test_end());
  write_test_trace(path, kEvents);
  ASSERT_GT(bytes_of(path).size(), 5u * kMaxChunkBytes);
  ASSERT_TRUE(read_log(path, log));
  EXPECT_EQ(log.lines, written.lines);
}

TEST_F(TraceFileTest, MoreStringsThanAChunkHoldsAreRead) {
  const auto writer = *TraceWriter::create(path, 1);
  const std::string text(UINT16_MAX, 'x');
  for (uint16_t id = 1; id <= 37; ++id) writer->on_string(id, text);
  writer->on_end(test_end());
  ASSERT_TRUE(read_log(path, log));
  EXPECT_THAT(log.strings, SizeIs(37));
  EXPECT_EQ(log.strings[36].second, text);
}

TEST_F(TraceFileTest, ItemsAreFilledUpToWholeSlots) {
  const auto writer = *TraceWriter::create(path, 1);
  const std::byte item[] = {std::byte{kItemMethod}, std::byte{1}, std::byte{'G'}};
  writer->on_event(test_event(1), item);
  writer->on_end(test_end());
  ASSERT_TRUE(read_log(path, log));
  ASSERT_THAT(log.events, SizeIs(1));
  EXPECT_EQ(log.events[0].extra, 1u);
}

TEST_F(TraceFileTest, TraceIsReadableByItsGroupOnly) {
  const mode_t old_mask = ::umask(0);
  write_test_trace(path);
  ::umask(old_mask);
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0640u);
}

TEST_F(TraceFileTest, TraceStillBeingWrittenIsReadUpToItsLastFlush) {
  const auto writer = *TraceWriter::create(path, 1);
  tell_test_log(*writer);
  writer->flush();
  writer->on_event(test_event(101), {});
  const auto read = read_log(path, log);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->cut_off) << "its writer holds the lock";
  EXPECT_THAT(log.events, SizeIs(6));
  EXPECT_EQ(log.loss.lost, 7u);
  EXPECT_FALSE(log.end.has_value());
  writer->on_end(test_end());
  Transcript whole;
  ASSERT_TRUE(read_log(path, whole));
  EXPECT_THAT(whole.events, SizeIs(7));
  EXPECT_TRUE(whole.end.has_value());
}

TEST_F(TraceFileTest, ReaderGoesOnWhereItStopped) {
  const auto writer = *TraceWriter::create(path, 1009);
  tell_test_log(*writer, 11);
  writer->flush();
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  Transcript seen;
  TraceReader reader(fd.get(), path, seen);
  ASSERT_TRUE(reader.read());
  EXPECT_FALSE(reader.ended());
  const size_t first = seen.events.size();
  ASSERT_TRUE(reader.read());
  EXPECT_THAT(seen.events, SizeIs(first));
  writer->on_event(test_event(23), {});
  writer->on_end(test_end());
  ASSERT_TRUE(reader.read());
  EXPECT_TRUE(reader.ended());
  EXPECT_THAT(seen.events, SizeIs(first + 1));
}

TEST_F(TraceFileTest, ChunkHalfWrittenByALiveWriterIsNoError) {
  const auto writer = *TraceWriter::create(path, 1);
  tell_test_log(*writer);
  writer->flush();
  std::ofstream(path, std::ios::app | std::ios::binary) << "half a chunk head" << std::string(37, '\0');
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 40);
  EXPECT_TRUE(read_log(path, log));
  EXPECT_THAT(log.events, SizeIs(6));
}

TEST_F(TraceFileTest, TraceWhoseWriterDiedIsCutOff) {
  { tell_test_log(**TraceWriter::create(path, 1)); }
  const auto read = read_log(path, log);
  ASSERT_TRUE(read) << read.error().line();
  ASSERT_TRUE(read->cut_off);
  EXPECT_THAT(read->cut_off->line(), HasSubstr("cut off after 6 events"));
  EXPECT_THAT(log.events, SizeIs(6));
  EXPECT_FALSE(log.end.has_value());
}

TEST_F(TraceFileTest, FileThatIsBeingWrittenIsNotWrittenTwice) {
  const auto writer = *TraceWriter::create(path, 1);
  const auto second = TraceWriter::create(path, 2);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().line(), HasSubstr("another wsitrace is writing it"));
}

TEST_F(TraceFileTest, DirectoryThatIsNotThereIsNamed) {
  const auto writer = TraceWriter::create(directory.file("none/trace"), 1);
  ASSERT_FALSE(writer);
  EXPECT_THAT(writer.error().line(), HasSubstr("none/trace: No such file or directory"));
}

// A limit on the size of files stands in for a full disk: writes fail in the middle of a chunk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit now{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit &) = delete;
  FileSizeLimit &operator=(const FileSizeLimit &) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST_F(TraceFileTest, FullDiskIsAnErrorAndTheRestIsCountedAsLost) {
  const auto writer = *TraceWriter::create(path, 1);
  tell_test_log(*writer);
  writer->flush();
  constexpr int kMore = 101;
  {
    const FileSizeLimit limit(std::filesystem::file_size(path) + 1009);
    for (int value = 0; value < kMore; ++value) writer->on_event(test_event(value), {});
    writer->flush();
    ASSERT_NE(writer->error(), nullptr);
    EXPECT_THAT(writer->error()->line(), HasSubstr(path + ": File too large"));
    writer->on_event(test_event(kMore), {});
    writer->on_loss({5 + kMore + 1, 7, {{"ring_full", 7}}});
    writer->on_end(test_end());
  }
  EXPECT_NE(writer->error(), nullptr);
  ASSERT_TRUE(read_log(path, log)) << "there was room for the last word";
  EXPECT_THAT(log.events, SizeIs(6));
  EXPECT_EQ(log.loss.recorded, 5u);
  EXPECT_THAT(log.loss.by_cause, ElementsAre(Pair("ring_full", 7u), Pair("trace_write", kMore + 1)));
  EXPECT_EQ(log.end, test_end());
}

TEST_F(TraceFileTest, DiskThatStaysFullLeavesATraceThatIsCutOff) {
  const auto writer = *TraceWriter::create(path, 1);
  tell_test_log(*writer);
  writer->flush();
  {
    const FileSizeLimit limit(std::filesystem::file_size(path) + 3);
    writer->on_event(test_event(101), {});
    writer->on_end(test_end());
  }
  EXPECT_NE(writer->error(), nullptr);
  const auto read = read_log(path, log);
  ASSERT_TRUE(read) << read.error().line();
  ASSERT_TRUE(read->cut_off);
  EXPECT_THAT(read->cut_off->line(), HasSubstr("cut off after 6 events"));
}

}  // namespace
}  // namespace wsitrace
