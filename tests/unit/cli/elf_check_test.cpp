// SPDX-License-Identifier: MIT
#include "agent/cli/run/elf_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "tests/unit/cli/elf_image.h"

namespace wsitrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ElfImage a_server() {
  return ElfImage().needs("libwebsockets.so.17").needs("libc.so.6").imports("lws_create_context").defines("main");
}

TEST(ElfCheck, DynamicProgramNamesTheLibrariesItNeeds) {
  const ElfFacts facts = inspect_elf(a_server().bytes());
  EXPECT_TRUE(facts.elf && facts.native && facts.dynamic);
  EXPECT_THAT(facts.needed, ElementsAre("libwebsockets.so.17", "libc.so.6"));
  EXPECT_TRUE(facts.needs_lws());
}

TEST(ElfCheck, ProgramWithoutInterpreterIsNotDynamic) {
  EXPECT_FALSE(inspect_elf(ElfImage().is_static().bytes()).dynamic);
}

TEST(ElfCheck, SymbolOfItsOwnMeansLwsIsLinkedStatically) {
  EXPECT_EQ(find_own_lws(ElfImage().defines("lws_service").defines("lws_create_context").bytes()), OwnLws::kDefined);
}

TEST(ElfCheck, ImportedSymbolIsNotOneOfItsOwn) { EXPECT_EQ(find_own_lws(a_server().bytes()), OwnLws::kNamed); }

TEST(ElfCheck, SymbolWithALongerNameIsAnotherSymbol) {
  EXPECT_NE(find_own_lws(ElfImage().defines("lws_create_context_2").bytes()), OwnLws::kDefined);
  EXPECT_EQ(find_own_lws(ElfImage().defines("lws_create_vhost").bytes()), OwnLws::kNone);
}

TEST(ElfCheck, StrippedProgramIsKnownByTheNamesInItsMessages) {
  EXPECT_EQ(find_own_lws(ElfImage().defines("main").says("%s: lws_create_context failed").bytes()), OwnLws::kNamed);
}

TEST(ElfCheck, ProgramForAnotherMachineIsNotLookedInto) {
  const auto image = a_server().is_for(ELFCLASS32, EM_386).bytes();
  const ElfFacts facts = inspect_elf(image);
  EXPECT_TRUE(facts.elf);
  EXPECT_FALSE(facts.native);
  EXPECT_THAT(facts.needed, IsEmpty());
  EXPECT_EQ(find_own_lws(image), OwnLws::kNone);
}

TEST(ElfCheck, ScriptAndEmptyFileAreNoElf) {
  const std::string script = "#!/bin/sh\nexec janus\n";
  EXPECT_FALSE(inspect_elf(std::as_bytes(std::span(script))).elf);
  EXPECT_FALSE(inspect_elf({}).elf);
}

// Heap copies of the exact size, so that a sanitizer sees a read beyond the end.
TEST(ElfCheck, EveryTruncationIsReadWithinItsBounds) {
  const auto whole = a_server().bytes();
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes));
    const ElfFacts facts = inspect_elf(cut);
    EXPECT_LE(facts.needed.size(), 2u);
    EXPECT_NE(find_own_lws(cut), OwnLws::kDefined);
  }
}

TEST(ElfCheck, EveryDamagedByteIsReadWithinItsBounds) {
  const auto whole = a_server().bytes();
  for (size_t at = EI_NIDENT; at < whole.size(); ++at) {
    for (const unsigned value : {0x00u, 0x7fu, 0x80u, 0xffu}) {
      auto damaged = whole;
      damaged[at] = static_cast<std::byte>(value);
      inspect_elf(damaged);
      find_own_lws(damaged);
    }
  }
}

TEST(ElfCheck, OffsetsBeyondTheFileGiveNothing) {
  auto image = a_server().bytes();
  for (size_t at : {offsetof(ElfW(Ehdr), e_phoff), offsetof(ElfW(Ehdr), e_shoff)})
    std::memset(image.data() + at, 0xff, sizeof(ElfW(Off)));
  const ElfFacts facts = inspect_elf(image);
  EXPECT_FALSE(facts.dynamic);
  EXPECT_THAT(facts.needed, IsEmpty());
  EXPECT_NE(find_own_lws(image), OwnLws::kDefined);
}

class ProgramSearch : public ::testing::Test {
 protected:
  void SetUp() override {
    char directory[] = "/tmp/wsitrace-search-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    directory_ = directory;
    for (const char *name : {"/first", "/second"}) ::mkdir((directory_ + name).c_str(), 0700);
  }
  void TearDown() override {
    for (const std::string &path : made_) ::unlink(path.c_str());
    for (const char *name : {"/first", "/second", ""}) ::rmdir((directory_ + name).c_str());
  }
  std::string make(const std::string &name, mode_t mode) {
    std::string path = directory_ + "/" + name;
    std::ofstream(path) << "#!/bin/sh\n";
    ::chmod(path.c_str(), mode);
    made_.push_back(path);
    return path;
  }
  [[nodiscard]] std::string search_path() const { return directory_ + "/first:" + directory_ + "/second"; }

  std::string directory_;
  std::vector<std::string> made_;
};

TEST_F(ProgramSearch, FirstExecutableOfThePathIsFound) {
  make("first/tool", 0600);
  const std::string second = make("second/tool", 0700);
  EXPECT_EQ(find_program("tool", search_path().c_str()), second);
}

TEST_F(ProgramSearch, FileThatCannotBeExecutedIsFoundWhenThereIsNoOther) {
  const std::string first = make("first/tool", 0600);
  EXPECT_EQ(find_program("tool", search_path().c_str()), first);
}

TEST_F(ProgramSearch, NameWithASlashIsNotSearchedFor) {
  const std::string second = make("second/tool", 0700);
  EXPECT_EQ(find_program(second, "/nowhere"), second);
  EXPECT_EQ(find_program("./tool-of-nobody", search_path().c_str()), std::nullopt);
}

TEST_F(ProgramSearch, DirectoryIsNoProgram) { EXPECT_EQ(find_program("first", directory_.c_str()), std::nullopt); }

TEST(InspectProgram, RunningProgramIsDynamicAndNative) {
  const auto facts = inspect_program("/proc/self/exe");
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->elf.native && facts->elf.dynamic);
  EXPECT_FALSE(facts->secure);
}

TEST(InspectProgram, MissingFileIsAnError) { EXPECT_FALSE(inspect_program("/nowhere/tool")); }

}  // namespace
}  // namespace wsitrace
