// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "agent/collect/read_log.h"
#include "tests/unit/collect/fake_host.h"
#include "tests/unit/collect/test_trace.h"
#include "tests/unit/collect/transcript.h"
#include "wsitrace/layout.h"

namespace wsitrace {
namespace {

using testing::HasSubstr;
using testing::Not;

class TraceDamageTest : public testing::Test {
 protected:
  TraceDamageTest() {
    write_test_trace(path);
    whole = bytes_of(path);
    tell_test_log(original);
    original.on_end(test_end());
  }
  // The line of the error, or nothing; LOG holds what was told, CUT_OFF what was said about the end.
  std::string reading(const std::string &bytes) {
    const Fd memory(::memfd_create("trace", MFD_CLOEXEC));  // thousands of readings; a disk would be slow
    EXPECT_EQ(::write(memory.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    log = Transcript();
    name = "/proc/self/fd/" + std::to_string(memory.get());
    const auto read = read_log(name, log);
    cut_off = read && read->cut_off ? read->cut_off->line() : std::string();
    return read ? std::string() : read.error().line();
  }
  // What was told is the beginning of the original.
  [[nodiscard]] bool told_a_prefix() const {
    return log.lines.size() <= original.lines.size() &&
           std::equal(log.lines.begin(), log.lines.end(), original.lines.begin());
  }

  TestDirectory directory;
  std::string path = directory.file("trace");
  std::string whole, name, cut_off;
  Transcript original, log;
};

TEST_F(TraceDamageTest, CutOffAnywhereBehindItsHeaderItTellsWhatPrecedesAndSaysSo) {
  for (size_t length = sizeof(TraceHeader); length < whole.size(); ++length) {
    ASSERT_EQ(reading(whole.substr(0, length)), "") << length;
    ASSERT_THAT(cut_off, HasSubstr("wsitrace: " + name + ": cut off after ")) << length;
    ASSERT_THAT(cut_off, Not(HasSubstr("\n")));
    ASSERT_TRUE(told_a_prefix()) << length;
    ASSERT_FALSE(log.end.has_value()) << length;
  }
}

TEST_F(TraceDamageTest, CutOffWithinItsHeaderItIsRefused) {
  for (size_t length = 0; length < sizeof(TraceHeader); ++length) {
    const std::string line = reading(whole.substr(0, length));
    const char *expected = length == 0                   ? "empty"
                           : length < sizeof kTraceMagic ? "not a file"
                                                         : "cut off within its header";
    ASSERT_THAT(line, HasSubstr("wsitrace: " + name + ": " + expected)) << length;
    ASSERT_TRUE(log.lines.empty()) << length;
  }
}

TEST_F(TraceDamageTest, WholeOrDamagedItIsNotCutOff) {
  EXPECT_EQ(reading(whole), "");
  EXPECT_EQ(cut_off, "");
  whole[sizeof(TraceHeader) + sizeof(ChunkHeader)] ^= 1;
  EXPECT_THAT(reading(whole), HasSubstr("a chunk's checksum is wrong"));
  EXPECT_EQ(cut_off, "");
}

TEST_F(TraceDamageTest, NoFlippedBitMakesAnotherLog) {
  int unnoticed = 0;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    const std::string line = reading(bytes) + cut_off;
    ASSERT_TRUE(told_a_prefix()) << "bit " << bit;
    if (!line.empty()) continue;
    ++unnoticed;
    ASSERT_EQ(log.lines, original.lines) << "bit " << bit;
  }
  EXPECT_EQ(unnoticed, 128) << "the bits of the session and of the reserved field";
}

TEST_F(TraceDamageTest, EmptyFileIsSaidToBeEmpty) { EXPECT_THAT(reading(""), HasSubstr(": empty (")); }

TEST_F(TraceDamageTest, ForeignFileIsRefused) {
  EXPECT_THAT(reading("#!/bin/sh\necho hello\n"), HasSubstr("not a file of wsitrace"));
  EXPECT_THAT(reading("wsi"), HasSubstr("not a file of wsitrace"));
}

TEST_F(TraceDamageTest, LaterVersionIsRefusedByItsNumber) {
  const uint32_t later = kTraceVersion + 1;
  std::memcpy(&whole[offsetof(TraceHeader, version)], &later, sizeof later);
  EXPECT_THAT(reading(whole), HasSubstr("trace of version 2, this wsitrace reads 1"));
}

TEST_F(TraceDamageTest, SomethingBehindTheEndIsDamage) {
  EXPECT_THAT(reading(whole + "x"), HasSubstr("something follows its end"));
}

TEST_F(TraceDamageTest, ChunkLongerThanAllowedIsDamage) {
  const uint32_t too_long = kMaxChunkBytes + 1;
  std::memcpy(&whole[sizeof(TraceHeader) + offsetof(ChunkHeader, bytes)], &too_long, sizeof too_long);
  EXPECT_THAT(reading(whole), HasSubstr("a chunk's header is wrong"));
}

TEST_F(TraceDamageTest, ChunkLeftOutIsDamage) {
  ChunkHeader first;
  std::memcpy(&first, &whole[sizeof(TraceHeader)], sizeof first);
  whole.erase(sizeof(TraceHeader), sizeof first + first.bytes);
  EXPECT_THAT(reading(whole), HasSubstr("damaged after 0 events"));
}

TEST_F(TraceDamageTest, DirectoryAndMissingFileAreNamed) {
  EXPECT_THAT(read_log(directory.file(""), log).error().line(), HasSubstr("not a regular file"));
  EXPECT_THAT(read_log(directory.file("none"), log).error().line(), HasSubstr("none: No such file or directory"));
}

}  // namespace
}  // namespace wsitrace
