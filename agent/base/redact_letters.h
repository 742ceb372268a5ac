// SPDX-License-Identifier: MIT
//
// What redact.cpp and redact_path.cpp share: a text of the host, letter by letter.
#ifndef WSITRACE_BASE_REDACT_LETTERS_H
#define WSITRACE_BASE_REDACT_LETTERS_H

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wsitrace::redaction {

inline constexpr size_t kNowhere = SIZE_MAX;

inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
inline bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }
inline bool is_slash(int c) noexcept { return c == '/' || c == '\\'; }  // browsers take either
inline bool is_name_character(char c) noexcept { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; }

inline int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

// A view of a text of the host; std::string_view would do, but for what it throws.
struct Text {
  const char *begin;
  size_t length;

  char operator[](size_t at) const noexcept { return begin[at]; }
  [[nodiscard]] Text from(size_t at) const noexcept { return {begin + at, length - at}; }
  [[nodiscard]] Text first(size_t count) const noexcept { return {begin, count < length ? count : length}; }
  [[nodiscard]] size_t find(char c) const noexcept {
    const void *found = length > 0 ? std::memchr(begin, c, length) : nullptr;
    return found != nullptr ? static_cast<size_t>(static_cast<const char *>(found) - begin) : kNowhere;
  }
  [[nodiscard]] bool has(char c) const noexcept { return find(c) != kNowhere; }
};

// A character, percent-encoded or not, however often: %3F and %253F are one question mark.
struct Letter {
  int value;
  size_t length;
};
inline Letter letter_at(Text text, size_t at) noexcept {
  if (text[at] != '%') return {static_cast<unsigned char>(text[at]), 1};
  size_t digits = at + 1;
  while (digits + 1 < text.length && text[digits] == '2' && text[digits + 1] == '5') digits += 2;
  if (digits + 1 >= text.length) return {'%', 1};
  const int high = hex_value(text[digits]), low = hex_value(text[digits + 1]);
  return high < 0 || low < 0 ? Letter{'%', 1} : Letter{high * 16 + low, digits + 2 - at};
}

struct Authority {
  size_t host;  // kNowhere: nothing behind it may be told
  size_t end;
};
// Of the authority that begins at BEGIN, without its credentials.
Authority authority_at(Text text, size_t begin) noexcept;
size_t end_of_slashes(Text text, size_t at) noexcept;
// How much of a path may be told: up to its end, and never into a segment with credentials or with a URL of its own.
size_t kept_of_path(Text path) noexcept;

}  // namespace wsitrace::redaction

#endif
