// SPDX-License-Identifier: MIT
#include "agent/trace_diagnosis/served_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace wsitrace {
namespace {

using ::testing::HasSubstr;

const std::vector<FreshTrace> kTwo = {{"janus.7", 7}, {"janus.11", 11}};

TEST(ServedTrace, IsChosenByPid) {
  EXPECT_EQ(choose_trace(kTwo, 11).value(), "janus.11");
  EXPECT_EQ(choose_trace({kTwo[0]}, 0).value(), "janus.7");
  EXPECT_EQ(choose_trace({{"younger", 7}, {"older", 7}}, 0).value(), "younger");
}

TEST(ServedTrace, ThatIsNotMeantByOnlyOneIsRefused) {
  EXPECT_THAT(choose_trace(kTwo, 0).error().line(), HasSubstr("add /PID to the URL: 7, 11"));
  EXPECT_THAT(choose_trace(kTwo, 13).error().line(), HasSubstr("process 13 is not recorded here (there are 7, 11)"));
  EXPECT_THAT(choose_trace({}, 7).error().why, HasSubstr("nothing was recorded yet"));
}

class ServedFile : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(directory_.data()), nullptr);
    path_ = directory_ + "/trace";
    std::ofstream(path_) << "4711 bytes, or so";
  }
  void TearDown() override {
    ::unlink(path_.c_str());
    ::unlink((directory_ + "/link").c_str());
    ::rmdir(directory_.c_str());
  }

  std::string directory_ = ::testing::TempDir() + "served.XXXXXX";
  std::string path_;
};

TEST_F(ServedFile, IsWhatIsThereByNow) {
  const auto mapped = map_trace(path_);
  ASSERT_TRUE(mapped);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char *>(mapped->data()), mapped->size()), "4711 bytes, or so");
  EXPECT_EQ(copy_trace(path_, 17).value(), "4711 bytes, or so");
}

TEST_F(ServedFile, IsRefusedWhereItIsTooLargeOrNoFile) {
  EXPECT_THAT(copy_trace(path_, 16).error().why, HasSubstr("it has grown to"));
  EXPECT_FALSE(map_trace(directory_));
  EXPECT_FALSE(map_trace(path_ + "s"));
  EXPECT_FALSE(copy_trace("/dev/zero", 1000));
  ASSERT_EQ(::symlink(path_.c_str(), (directory_ + "/link").c_str()), 0);
  EXPECT_FALSE(map_trace(directory_ + "/link"));
}

}  // namespace
}  // namespace wsitrace
