// SPDX-License-Identifier: MIT
#include "agent/symbols/symbols.h"

#include <gtest/gtest.h>
#include <link.h>
#include <unistd.h>

namespace wsitrace::test {
namespace {

// Its return address is in whoever called it.
[[gnu::noinline]] uint64_t return_address() { return reinterpret_cast<uintptr_t>(__builtin_return_address(0)); }

int g_line_of_call = 0;

[[gnu::noinline]] uint64_t address_in_here() {
  g_line_of_call = __LINE__ + 1;
  const uint64_t address = return_address();
  asm volatile("");  // no tail call
  return address;
}

std::string hex_of_note(const unsigned char *bytes, size_t count) {
  std::string text;
  char two[3];
  for (size_t i = 0; i < count; ++i) {
    std::snprintf(two, sizeof two, "%02x", bytes[i]);
    text += two;
  }
  return text;
}

// This program, as a host would tell of it.
Module own_module() {
  Module module;
  const auto take = [](dl_phdr_info *object, size_t, void *to) {
    auto &out = *static_cast<Module *>(to);
    out.bias = object->dlpi_addr;
    out.start = UINT64_MAX;
    for (int i = 0; i < object->dlpi_phnum; ++i) {
      const auto &segment = object->dlpi_phdr[i];
      const auto *bytes = reinterpret_cast<const unsigned char *>(object->dlpi_addr + segment.p_vaddr);
      if (segment.p_type == PT_LOAD) {
        out.start = std::min<uint64_t>(out.start, object->dlpi_addr + segment.p_vaddr);
        out.end = std::max<uint64_t>(out.end, object->dlpi_addr + segment.p_vaddr + segment.p_memsz);
      }
      // The note of the build id: 20 bytes behind a header of 16 with the name "GNU".
      if (segment.p_type == PT_NOTE && bytes[0] == 4 && bytes[4] == 20 && bytes[8] == 3)
        out.build_id = hex_of_note(bytes + 16, 20);
    }
    return 1;  // the first is the program itself
  };
  dl_iterate_phdr(take, &module);
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  module.path.assign(path, length > 0 ? static_cast<size_t>(length) : 0);
  return module;
}

Frame innermost(const std::vector<Module> &modules, uint64_t address) {
  Symbols symbols(modules);
  return symbols.frames_of({address}).front();
}

TEST(Symbols, FunctionFileAndLineOfTheCall) {
  const Frame frame = innermost({own_module()}, address_in_here());
  EXPECT_NE(frame.function.find("address_in_here"), std::string::npos) << frame.function;
  EXPECT_NE(frame.file.find("symbols_test.cpp"), std::string::npos) << frame.file;
  EXPECT_EQ(frame.line, g_line_of_call);
  EXPECT_EQ(frame.offset, frame.address - own_module().bias);
}

TEST(Symbols, AddressInNoModuleHasNothingButItself) {
  const Frame frame = innermost({own_module()}, 4096);
  EXPECT_EQ(frame.address, 4096u);
  EXPECT_EQ(frame.module + frame.function + frame.file, "");
}

TEST(Symbols, AnotherBuildOfTheFileNamesNothing) {
  Module other = own_module();
  ASSERT_EQ(other.build_id.size(), 40u);
  other.build_id[7] = other.build_id[7] == '0' ? '1' : '0';
  const Frame frame = innermost({other}, address_in_here());
  EXPECT_EQ(frame.module, other.path);
  EXPECT_EQ(frame.function + frame.file, "");
}

TEST(Symbols, FileThatIsGoneOrNoProgramNamesNothing) {
  for (const char *path : {"/nowhere/libgone.so", "/etc/passwd", "", "/"}) {
    Module module = own_module();
    module.path = path;
    EXPECT_EQ(innermost({module}, address_in_here()).function, "") << path;
  }
}

TEST(Symbols, TheModuleMappedLastCoversOthers) {
  Module gone = own_module();
  gone.path = "/nowhere/libgone.so";
  EXPECT_NE(innermost({gone, own_module()}, address_in_here()).function, "");
  EXPECT_EQ(innermost({own_module(), gone}, address_in_here()).function, "");
}

TEST(Symbols, ModulesMayComeLater) {
  std::vector<Module> modules;
  Symbols symbols(modules);
  EXPECT_EQ(symbols.frames_of({address_in_here()}).front().function, "");
  modules.push_back(own_module());
  EXPECT_NE(symbols.frames_of({address_in_here()}).front().function, "");
}

}  // namespace
}  // namespace wsitrace::test
