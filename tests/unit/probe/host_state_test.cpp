// SPDX-License-Identifier: MIT
#include "agent/probe/host_state.h"

#include <unistd.h>

#include <cstring>

#include "tests/unit/probe/probe_fixture.h"

namespace wsitrace {
namespace {

class HostStateTest : public ProbeTest {};

TEST_F(HostStateTest, ProcessBlockTellsTheProgram) {
  const ProcessBlock &block = *host_state().process;
  EXPECT_EQ(block.pid, static_cast<uint32_t>(getpid()));
  EXPECT_STREQ(block.program, "unit_probe");
  EXPECT_STREQ(block.lws_version, "4.3.5");
  EXPECT_NE(std::strstr(block.arguments, "unit_probe"), nullptr);
}

TEST_F(HostStateTest, WriterOfAThreadStaysTheSame) {
  RingWriter *first = writer();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(writer(), first);
}

TEST(HostMapTest, RefusesWhatIsNoRingFile) {
  char path[] = "/tmp/wsitrace-host-map-XXXXXX";
  const int fd = mkstemp(path);
  HostMap map;
  EXPECT_STREQ(map.open(path), "the ring file is too short");
  ASSERT_EQ(ftruncate(fd, 1 << 20), 0);
  EXPECT_STREQ(map.open(path), "the ring file is not one of wsitrace");
  EXPECT_STREQ(map.open("/nonexistent/x.ring"), "the ring file cannot be opened");
  EXPECT_FALSE(map.valid());
  close(fd);
  unlink(path);
}

}  // namespace
}  // namespace wsitrace
