// SPDX-License-Identifier: MIT
#include "agent/base/utf8.h"

#include <algorithm>
#include <cstdint>

#include "agent/base/log_text.h"

namespace wsitrace {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

uint8_t byte(char c) { return static_cast<uint8_t>(c); }

// Bytes of the character that FIRST begins; 0: it begins none.
size_t length_of(uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

// Neither overlong, nor a surrogate, nor above U+10FFFF.
bool second_fits(uint8_t first, uint8_t second) {
  switch (first) {
    case 0xe0: return second >= 0xa0;
    case 0xed: return second < 0xa0;
    case 0xf0: return second >= 0x90;
    case 0xf4: return second < 0x90;
    default: return true;
  }
}

size_t character_at(std::string_view text) {
  const size_t length = length_of(byte(text[0]));
  if (length == 0 || length > text.size()) return 0;
  const std::string_view rest = text.substr(1, length - 1);
  if (!std::all_of(rest.begin(), rest.end(), [](char c) { return (byte(c) & 0xc0) == 0x80; })) return 0;
  return length < 3 || second_fits(byte(text[0]), byte(text[1])) ? length : 0;
}

bool is_xml(std::string_view character) {
  if (character.size() == 1) return byte(character[0]) >= 0x20 || character.find_first_of("\t\n\r") == 0;
  return character != "\xef\xbf\xbe" && character != "\xef\xbf\xbf";
}

// Not a control of C1, a mark, an embedding, an override, an isolate or a separator.
bool is_for_logs(std::string_view character) {
  if (character.size() == 2) return !(character[0] == '\xc2' && byte(character[1]) < 0xa0) && character != "\xd8\x9c";
  if (character.size() != 3 || character[0] != '\xe2') return is_xml(character);
  const uint8_t second = byte(character[1]), third = byte(character[2]);
  const bool misleads = second == 0x80 ? third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae)
                                       : second == 0x81 && third >= 0xa6 && third <= 0xa9;
  return !misleads;
}

template <typename Allowed>
std::string replaced(std::string_view text, Allowed allowed) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = character_at(text);
    const std::string_view character = text.substr(0, length);
    out += length == 0 || !allowed(character) ? kReplacement : character;
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace

std::string utf8(std::string_view text) {
  return replaced(text, [](std::string_view) { return true; });
}

std::string xml_characters(std::string_view text) { return replaced(text, is_xml); }
std::string log_characters(std::string_view text) { return replaced(text, is_for_logs); }

}  // namespace wsitrace
