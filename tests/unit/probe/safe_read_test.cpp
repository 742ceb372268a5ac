// SPDX-License-Identifier: MIT
#include "agent/probe/safe_read.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>

namespace wsitrace {
namespace {

const size_t kPageSize = static_cast<size_t>(sysconf(_SC_PAGESIZE));

// Two pages, of which the second is gone.
struct Torn {
  Torn()
      : at(static_cast<char *>(
            mmap(nullptr, 2 * kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    munmap(at + kPageSize, kPageSize);
    std::memset(at, 'a', kPageSize);
  }
  ~Torn() { munmap(at, kPageSize); }
  Torn(const Torn &) = delete;
  Torn &operator=(const Torn &) = delete;
  char *at;
};

TEST(SafeReader, ReadsAsFarAsMemoryIsMapped) {
  const Torn torn;
  char copy[64] = {};
  const SafeReader memory;
  EXPECT_EQ(memory.read(torn.at + kPageSize - 7, copy, sizeof copy), 7u);
  EXPECT_STREQ(copy, "aaaaaaa");
  EXPECT_EQ(memory.read(torn.at + kPageSize, copy, sizeof copy), 0u);
  EXPECT_EQ(memory.read(nullptr, copy, sizeof copy), 0u);
  EXPECT_EQ(memory.read(reinterpret_cast<const void *>(~uintptr_t{15}), copy, sizeof copy), 0u);
  EXPECT_EQ(memory.read(torn.at, copy, sizeof copy), sizeof copy) << "after a read that failed";
}

TEST(SafeReader, NameEndsWithinWhatIsMapped) {
  const Torn torn;
  char name[SafeReader::kNameBytes];
  const SafeReader memory;
  EXPECT_FALSE(memory.read_name(torn.at + kPageSize - 7, name));
  torn.at[kPageSize - 1] = '\0';
  ASSERT_TRUE(memory.read_name(torn.at + kPageSize - 7, name));
  EXPECT_STREQ(name, "aaaaaa");
  EXPECT_FALSE(memory.read_name(torn.at, name)) << "too long";
  EXPECT_FALSE(memory.read_name(torn.at + kPageSize - 1, name)) << "empty";
}

TEST(SafeReader, MemoryThatAnotherThreadUnmapsMeanwhileEndsNobody) {
  constexpr int kReads = 100'003;
  char *page =
      static_cast<char *>(mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::atomic<bool> stopping{false};
  std::thread other([&] {
    while (!stopping.load()) {
      mmap(page, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
      munmap(page, kPageSize);
    }
  });
  int found = 0, gone = 0;
  const SafeReader memory;
  for (int i = 0; i < kReads; ++i) {
    char copy[56];
    const size_t got = memory.read(page, copy, sizeof copy);
    ASSERT_TRUE(got == 0 || got == sizeof copy);
    ++(got == 0 ? gone : found);
  }
  stopping.store(true);
  other.join();
  EXPECT_GT(found, 0);
  EXPECT_GT(gone, 0);
}

TEST(SafeReader, LeavesNoDescriptorAndReadsNothingWithoutOne) {
  const auto next_descriptor = [] {
    const int fd = dup(STDERR_FILENO);
    close(fd);
    return fd;
  };
  const int before = next_descriptor();
  char copy = 'x';
  { EXPECT_EQ(SafeReader().read("y", &copy, 1), 1u); }
  EXPECT_EQ(next_descriptor(), before);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit none{0, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  errno = ENOTTY;
  EXPECT_EQ(SafeReader().read("z", &copy, 1), 0u);
  EXPECT_EQ(errno, ENOTTY);
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(copy, 'y');
}

}  // namespace
}  // namespace wsitrace
