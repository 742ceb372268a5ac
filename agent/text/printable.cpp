// SPDX-License-Identifier: MIT
#include "agent/text/printable.h"

#include <fmt/format.h>
#include <algorithm>

namespace wsitrace {
namespace {

unsigned char byte_at(std::string_view text, size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}
bool continues(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// A Unicode character of three bytes that turns text around or begins a line: embeddings, overrides, isolates and marks, separators.
bool misleads(unsigned char first, unsigned char second, unsigned char third) {
  if (first != 0xe2) return false;
  if (second == 0x80) return third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae);
  return second == 0x81 && third >= 0xa6 && third <= 0xa9;
}

// Length of the well-formed sequence beyond ASCII at the start of TEXT, 0 when there is none (RFC 3629, section 4) or when it
// is a control character of C1, or misleads.
size_t sequence_length(std::string_view text) {
  const unsigned char first = byte_at(text, 0), second = byte_at(text, 1);
  if (!continues(second)) return 0;
  const bool arabic_letter_mark = first == 0xd8 && second == 0x9c;
  if (first >= 0xc2 && first <= 0xdf) return (first == 0xc2 && second < 0xa0) || arabic_letter_mark ? 0 : 2;
  if (!continues(byte_at(text, 2))) return 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return overlong || surrogate || misleads(first, second, byte_at(text, 2)) ? 0 : 3;
  }
  if (!continues(byte_at(text, 3)) || first < 0xf0 || first > 0xf4) return 0;
  const bool outside = (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return outside ? 0 : 4;
}

// "::WORD", unless it is an IPv6 address.
bool may_command(std::string_view text) {
  if (!text.starts_with("::")) return false;
  const std::string_view word = text.substr(0, text.find(' '));
  return word.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos;
}

void append_escaped(std::string &out, unsigned char byte) {
  switch (byte) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\\': out += "\\\\"; return;
    default: out += fmt::format("\\x{:02x}", byte);
  }
}

}  // namespace

std::string printable(std::string_view text_untrusted) {
  std::string out;
  bool after_word = false;
  while (!text_untrusted.empty()) {
    const unsigned char first = byte_at(text_untrusted, 0);
    size_t length = 1;
    const bool commands =
        (first == ':' && !after_word && may_command(text_untrusted)) || (first == '#' && out.ends_with('#'));
    if (first >= 0x20 && first < 0x7f && first != '\\' && !commands) {
      out += text_untrusted[0];
    } else if (const size_t sequence = first < 0x80 ? 0 : sequence_length(text_untrusted); sequence > 0) {
      out += text_untrusted.substr(0, sequence);
      length = sequence;
    } else {
      append_escaped(out, first);
    }
    after_word = first > ' ' && first < 0x7f;
    text_untrusted.remove_prefix(length);
  }
  return out;
}

size_t width_of(std::string_view printable_text) {
  size_t width = 0;
  for (const char c : printable_text) width += continues(static_cast<unsigned char>(c)) ? 0 : 1;
  return width;
}

std::string wrapped(const std::string &sentence, size_t width, size_t indent, size_t hanging) {
  std::string out, line(indent, ' ');
  size_t used = indent;
  bool fresh = true;
  for (size_t at = 0; at < sentence.size();) {
    const size_t end = std::min(sentence.find(' ', at), sentence.size());
    const std::string_view word = std::string_view(sentence).substr(at, end - at);
    if (!fresh && width > 0 && used + 1 + width_of(word) > width) {
      out += line + "\n";
      line.assign(indent + hanging, ' ');
      used = indent + hanging;
      fresh = true;
    }
    if (!fresh) line += ' ';
    line += word;
    used += width_of(word) + (fresh ? 0 : 1);
    fresh = false;
    at = end + 1;
  }
  return out + line + "\n";
}

}  // namespace wsitrace
