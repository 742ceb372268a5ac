// SPDX-License-Identifier: MIT
//
// Finds a known line (said.h) by its format, for whoever is asked at each line that lws logs.
//
// How:  lines by the letter that they begin with; those of the many that begin with "%s: ", by the letter behind that.
// Cost: a look-up and a byte or two, as most letters begin no line; no length is taken of the format.
#ifndef WSITRACE_LWS_LINE_INDEX_H
#define WSITRACE_LWS_LINE_INDEX_H

#include <array>

#include "agent/lws/said.h"

namespace wsitrace {

namespace line_index {

inline constexpr size_t kLines = sizeof kKnownLines / sizeof kKnownLines[0];
inline constexpr size_t kLetters = 256;  // 128 of a first letter, 128 of one behind "%s: "
static_assert(kLines < 256);

constexpr unsigned letter_of(const char *format) {
  const bool prefixed = format[0] == '%' && format[1] == 's' && format[2] == ':' && format[3] == ' ';
  const unsigned letter = static_cast<unsigned char>(prefixed ? format[4] : format[0]) & 0x7f;
  return prefixed ? letter | 0x80 : letter;
}

struct Index {
  std::array<uint8_t, kLetters + 1> begins{};  // of each letter, in ORDER
  std::array<uint8_t, kLines> order{};         // as in kKnownLines within a letter
};
inline constexpr Index kIndex = [] {
  Index index;
  size_t at = 0;
  for (unsigned letter = 0; letter < kLetters; ++letter) {
    index.begins[letter] = static_cast<uint8_t>(at);
    for (size_t i = 0; i < kLines; ++i)
      if (letter_of(kKnownLines[i].begins) == letter) index.order[at++] = static_cast<uint8_t>(i);
  }
  index.begins[kLetters] = static_cast<uint8_t>(at);
  return index;
}();

// Else a format could begin with a line and have another letter.
constexpr bool tells_letter(const char *line) {
  for (const char *prefix = "%s: "; *prefix != '\0' && *line == *prefix; ++prefix) ++line;
  return *line != '\0';
}
static_assert([] {
  for (const KnownLine &line : kKnownLines)
    if (!tells_letter(line.begins)) return false;
  return true;
}());

constexpr bool begins_with(const char *format, const char *line) {
  while (*line != '\0' && *format == *line) ++format, ++line;
  return *line == '\0';
}

}  // namespace line_index

// As known_line().
constexpr const KnownLine *find_line(const char *format) {
  using namespace line_index;
  const unsigned letter = letter_of(format);
  for (unsigned i = kIndex.begins[letter]; i < kIndex.begins[letter + 1]; ++i) {
    const KnownLine &line = kKnownLines[kIndex.order[i]];
    if (begins_with(format, line.begins)) return &line;
  }
  return nullptr;
}

}  // namespace wsitrace

#endif
