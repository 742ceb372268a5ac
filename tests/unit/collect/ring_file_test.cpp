// SPDX-License-Identifier: MIT
#include "agent/collect/ring_file.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>

#include "tests/unit/collect/fake_host.h"

namespace wsitrace {
namespace {

using testing::HasSubstr;

constexpr RingFileOptions kSmallFile{
    .ring_slots = kMinRingSlots, .ring_count = 7, .process_count = 5, .spare_rings = 3, .spare_processes = 2};

int blocks_in_state(const RingFile &file, BlockState state) {
  int count = 0;
  for (uint32_t i = 0; i < file.rings_reserved(); ++i) count += file.ring(i).state.load() == state;
  return count;
}

void overwrite(const std::string &path, std::streamoff offset, uint32_t value) {
  std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(offset);
  stream.write(reinterpret_cast<const char *>(&value), sizeof value);
}

TEST(RingFile, IsPrivateToItsOwner) {
  const TestDirectory directory;
  const std::string path = directory.file("ring");
  ASSERT_TRUE(RingFile::create(path, kSmallFile));
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST(RingFile, IsNotMadeOverAnotherFile) {
  const TestDirectory directory;
  const std::string path = directory.file("ring");
  std::ofstream(path) << "precious";
  const auto file = RingFile::create(path, kSmallFile);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().line(), HasSubstr(path + ": File exists"));
  std::string kept;
  std::ifstream(path) >> kept;
  EXPECT_EQ(kept, "precious");
}

TEST(RingFile, HasItsSparesReadyFromTheStart) {
  const auto file = RingFile::create("", kSmallFile);
  ASSERT_TRUE(file);
  EXPECT_EQ(blocks_in_state(*file, kReady), 3);
  EXPECT_EQ(file->processes_reserved(), 2u);
  EXPECT_EQ(file->header().rings_reserved.load(), 3u);
}

TEST(RingFile, SlotsAreRoundedUpToAPowerOfTwo) {
  RingFileOptions options = kSmallFile;
  options.ring_slots = kMinRingSlots + 1;
  EXPECT_EQ(RingFile::create("", options)->ring_slots(), 2 * kMinRingSlots);
  options.ring_slots = 1;
  EXPECT_EQ(RingFile::create("", options)->ring_slots(), kMinRingSlots);
}

TEST(RingFile, ImpossibleOptionsAreRefused) {
  RingFileOptions options = kSmallFile;
  options.ring_slots = kMaxRingSlots + 1;
  EXPECT_FALSE(RingFile::create("", options));
  options = kSmallFile;
  options.ring_count = 0;
  EXPECT_FALSE(RingFile::create("", options));
  options.ring_count = kMaxRings + 1;
  EXPECT_FALSE(RingFile::create("", options));
  options = kSmallFile;
  options.process_count = kMaxProcesses + 1;
  EXPECT_FALSE(RingFile::create("", options));
}

TEST(RingFile, SparesAreReplacedUntilTheTableIsFull) {
  auto file = RingFile::create("", kSmallFile);
  FakeHost host(*file);
  const uint32_t generation = file->header().ready_generation.load();
  int claimed = 0;
  for (; host.ring_is_ready(); ++claimed) {
    host.thread();
    EXPECT_TRUE(file->replenish());
  }
  EXPECT_EQ(claimed, 7);
  EXPECT_GT(file->header().ready_generation.load(), generation);
}

TEST(RingFile, BlockWithoutStorageIsNeverClaimed) {
  auto file = RingFile::create("", kSmallFile);
  FakeHost host(*file);
  for (int i = 0; i < 3; ++i) host.thread();
  EXPECT_THROW(host.thread(), std::runtime_error);
}

TEST(RingFile, RecycledBlocksAreAsNew) {
  auto file = RingFile::create("", kSmallFile);
  FakeHost host(*file);
  FakeThread thread = host.thread();
  thread.record(1, host.intern("default"));
  file->recycle_ring(0);
  file->recycle_process(0);
  const RingHeader &ring = file->ring(0);
  EXPECT_EQ(ring.state.load(), static_cast<uint32_t>(kReady));
  EXPECT_EQ(ring.owner.load() + ring.head.load() + ring.recorded.load() + ring.tail.load(), 0u);
  const ProcessBlock &block = file->process(0);
  EXPECT_EQ(block.state.load(), static_cast<uint32_t>(kReady));
  EXPECT_EQ(block.pid + block.facts_ready.load() + block.string_count.load() + block.text_bytes.load(), 0u);
  EXPECT_EQ(block.strings[0].ready.load(), 0u);
}

TEST(RingFile, OpenedFileHasTheGeometryOfTheMadeOne) {
  const TestDirectory directory;
  const std::string path = directory.file("ring");
  const auto made = RingFile::create(path, kSmallFile);
  const auto opened = RingFile::open(path);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->ring_count(), 7u);
  EXPECT_EQ(opened->process_count(), 5u);
  EXPECT_EQ(opened->ring_slots(), kMinRingSlots);
  EXPECT_EQ(opened->rings_reserved(), 3u);
  EXPECT_EQ(opened->header().session, made->header().session);
}

TEST(RingFile, WhatIsNoRingFileIsRefusedInOneLine) {
  const TestDirectory directory;
  const std::string path = directory.file("ring");
  const auto refusal = [&](std::streamoff offset, uint32_t value) {
    std::filesystem::remove(path);
    EXPECT_TRUE(RingFile::create(path, kSmallFile));
    overwrite(path, offset, value);
    const auto opened = RingFile::open(path);
    return opened ? "opened" : opened.error().line();
  };
  EXPECT_THAT(refusal(0, 0), HasSubstr("not a ring file"));
  EXPECT_THAT(refusal(offsetof(FileHeader, version), kRingVersion + 1), HasSubstr("version 2"));
  EXPECT_THAT(refusal(offsetof(FileHeader, ring_slots), 63), HasSubstr("geometry"));
  EXPECT_THAT(refusal(offsetof(FileHeader, ring_slots), 2 * kMinRingSlots), HasSubstr("block sizes"));
  EXPECT_THAT(refusal(offsetof(FileHeader, ring_count), kMaxRings + 1), HasSubstr("geometry"));
  EXPECT_THAT(refusal(offsetof(FileHeader, ring_count), 8), HasSubstr("cut off"));
  EXPECT_EQ(refusal(offsetof(FileHeader, rings_reserved), UINT32_MAX), "opened");
}

TEST(RingFile, FileShorterThanItsHeaderIsRefused) {
  const TestDirectory directory;
  const std::string path = directory.file("ring");
  std::ofstream(path) << "wsiring";
  EXPECT_THAT(RingFile::open(path).error().line(), HasSubstr("cut off"));
}

// In a process of its own, which mounts a file system of 1 MiB for itself. Returns which claim failed, or 100 for trouble.
int claims_on_a_small_disk(const std::string &directory) {
  const int flags = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
  if (::unshare(flags) != 0) return 100;
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  if (::mount("none", directory.c_str(), "tmpfs", 0, "size=1m") != 0) return 100;
  auto file = RingFile::create(directory + "/ring",
                               {.ring_slots = 4096, .ring_count = 128, .spare_rings = 1, .spare_processes = 1});
  if (!file) return 100;
  FakeHost host(*file);
  for (int claim = 0; claim < 50; ++claim) {
    if (!host.ring_is_ready()) return claim;
    FakeThread thread = host.thread();
    for (int value = 0; value < 4096; ++value) thread.record(value);  // every page that it was promised
    file->replenish();
  }
  return 100;
}

TEST(RingFile, FullDiskLeavesNoRingReadyAndHurtsNobody) {
  const TestDirectory directory;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(claims_on_a_small_disk(directory.file("")));
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_LT(WEXITSTATUS(status), 10);
}

}  // namespace
}  // namespace wsitrace
