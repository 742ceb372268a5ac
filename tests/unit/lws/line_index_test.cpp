// SPDX-License-Identifier: MIT
#include "agent/lws/line_index.h"

#include <gtest/gtest.h>

#include <string>

namespace wsitrace::test {
namespace {

void expect_alike(const std::string &format) { EXPECT_EQ(find_line(format.c_str()), known_line(format)) << format; }

TEST(LineIndex, FindsEachLineWhateverFollows) {
  for (const KnownLine &line : kKnownLines) {
    EXPECT_NE(find_line(line.begins), nullptr) << line.begins;
    for (const char *rest : {"", "\n", " and more: %s"}) expect_alike(std::string(line.begins) + rest);
  }
}

TEST(LineIndex, FindsNoLineThatIsCutOffOrDiffersInALetter) {
  for (const KnownLine &line : kKnownLines) {
    const std::string text = line.begins;
    for (size_t i = 0; i < text.size(); ++i) {
      expect_alike(text.substr(0, i));
      std::string other = text;
      other[i] ^= 1;
      expect_alike(other);
      other[i] |= '\x80';
      expect_alike(other);
    }
  }
}

TEST(LineIndex, APrefixAloneIsNoLine) {
  for (const char *format : {"", "%", "%s", "%s:", "%s: ", "%s: %s: ERR", "%s: no vhosts", "\xff", "%s: \xff"})
    expect_alike(format);
}

}  // namespace
}  // namespace wsitrace::test
