// SPDX-License-Identifier: MIT
#include <initializer_list>

#include "agent/base/redact.h"
#include "agent/base/redact_letters.h"

namespace wsitrace {
namespace redaction {
namespace {

enum Character : uint8_t { kPlain, kEnd, kOdd };  // kOdd: what it means depends on what is around it
struct Characters {
  Character of[256] = {};
  constexpr Characters() {
    for (const char c : {'?', '#', ';', '&', '\r', '\n', '\0'}) of[static_cast<unsigned char>(c)] = kEnd;
    for (const char c : {'%', ':', '@', '\\'}) of[static_cast<unsigned char>(c)] = kOdd;
  }
};
constexpr Characters kCharacters;
Character character_at(Text text, size_t at) noexcept { return kCharacters.of[static_cast<unsigned char>(text[at])]; }

bool ends_path(Letter letter) noexcept {
  if (letter.value == '&') return letter.length == 1;  // lws's parser ends a path there, too
  // A line break would begin a header, in a path that a client is given.
  return letter.value == '?' || letter.value == '#' || letter.value == ';' || letter.value == '\r' ||
         letter.value == '\n' || letter.value == '\0';
}

size_t kept_of_odd_path(Text path) noexcept {
  size_t at = 0, segment = 0;
  bool colon = false, name = false;  // in this segment; NAME: an "@" behind something
  while (at < path.length) {
    if (character_at(path, at) == kPlain && path[at] != '/') {
      ++at;
      continue;
    }
    const Letter letter = letter_at(path, at);
    if (ends_path(letter)) return colon && path.from(at).has('@') ? segment : at;
    const size_t next = at + letter.length;
    if (is_slash(letter.value) && letter.length == 1) {  // an encoded one may be part of a password
      segment = next;
      colon = name = false;
    } else if (letter.value == ':') {
      if (name) return segment;  // TOKEN@HOST:PORT: lws takes "//" for "/"
      if (next < path.length && is_slash(letter_at(path, next).value)) return segment;
      colon = true;
    } else if (letter.value == '@') {
      if (colon) return segment;
      name = at > segment;
    }
    at = next;
  }
  return path.length;
}

}  // namespace

// Nearly every path has nothing odd in it. Four characters are asked about at once.
size_t kept_of_path(Text path) noexcept {
  size_t at = 0;
  while (path.length - at >= 4 && (character_at(path, at) | character_at(path, at + 1) | character_at(path, at + 2) |
                                   character_at(path, at + 3)) == kPlain)
    at += 4;
  while (at < path.length && character_at(path, at) == kPlain) ++at;
  return at == path.length || character_at(path, at) == kEnd ? at : kept_of_odd_path(path);
}

// A colon and no port behind it is that of a password with a slash in it, if there is an "@" later.
Authority authority_at(Text text, size_t begin) noexcept {
  Authority found{begin, begin};
  bool port = false, odd = false;
  while (found.end < text.length && !is_slash(text[found.end]) && text[found.end] != '?' && text[found.end] != '#') {
    const Letter letter = letter_at(text, found.end);
    found.end += letter.length;
    if (letter.value == '@') {
      found.host = found.end;
      port = odd = false;
    } else if (letter.value == ':') {
      port = true;
    } else {
      odd = odd || (port && (letter.value < '0' || letter.value > '9'));
    }
  }
  const bool is_literal = found.host < text.length && text[found.host] == '[';
  if (odd && !is_literal && text.from(found.end).has('@')) found.host = kNowhere;
  return found;
}

size_t end_of_slashes(Text text, size_t at) noexcept {
  while (at < text.length && is_slash(text[at])) ++at;
  return at;
}

namespace {

// Behind "SCHEME:" at the beginning of TEXT; 0: there is none.
size_t end_of_scheme(Text text) noexcept {
  if (text.length == 0 || !is_letter(text[0])) return 0;
  for (size_t at = 1; at < text.length; ++at) {
    if (text[at] == ':') return at + 1;
    if (!is_letter(text[at]) && !is_digit(text[at]) && text[at] != '+' && text[at] != '-' && text[at] != '.') return 0;
  }
  return 0;
}

UrlPath none_of(Text text) noexcept { return {text.begin, 0}; }

UrlPath path_behind_authority(Text text, size_t begin) noexcept {
  const Authority authority = authority_at(text, begin);
  if (authority.host == kNowhere) return none_of(text);
  const Text path = text.from(authority.end);
  return {path.begin, kept_of_path(path)};
}

bool begins_with_credentials(Text text, size_t begin) noexcept {
  for (size_t at = begin; at < text.length;) {
    const Letter letter = letter_at(text, at);
    if (is_slash(letter.value)) return false;
    if (letter.value == '@') return true;
    at += letter.length;
  }
  return false;
}

}  // namespace
}  // namespace redaction

UrlPath path_of_reference(const char *reference, size_t length) noexcept {
  using namespace redaction;
  Text text{reference, length};
  while (text.length > 0 && static_cast<unsigned char>(text[0]) <= ' ') text = text.from(1);
  const size_t scheme = end_of_scheme(text), begin = end_of_slashes(text, scheme);
  if (scheme != 0 && begin == scheme) return none_of(text);  // mailto:, data: and the like have no path
  if (scheme != 0 || begin >= 2) return path_behind_authority(text, begin);
  return {text.begin, kept_of_path(text)};
}

UrlPath path_of_target(const char *target, size_t length) noexcept {
  using namespace redaction;
  const Text text{target, length};
  const size_t scheme = end_of_scheme(text), begin = end_of_slashes(text, scheme);
  if (scheme != 0 && begin > scheme) return path_behind_authority(text, begin);
  if (begin >= 2 && begins_with_credentials(text, begin)) return path_behind_authority(text, begin);
  return {text.begin, kept_of_path(text)};
}

}  // namespace wsitrace
