// SPDX-License-Identifier: MIT
#include "agent/cli/top/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <clocale>
#include <cwchar>

#include "agent/text/printable.h"

namespace wsitrace {
namespace {

constexpr std::string_view kEllipsis = "\u2026";
constexpr size_t kMostLines = 1000;  // of one text
constexpr std::string_view kReplacement = "\ufffd";

// Within its life this thread knows all of Unicode.
class Utf8Locale {
 public:
  Utf8Locale() : before_(::uselocale(utf8())) {}
  ~Utf8Locale() { ::uselocale(before_); }
  Utf8Locale(const Utf8Locale &) = delete;
  Utf8Locale &operator=(const Utf8Locale &) = delete;

 private:
  static locale_t utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }
  locale_t before_;
};

struct Character {
  std::string_view bytes;
  size_t cells;
};

// Turns text around: Unicode's embeddings, overrides, isolates and marks.
bool is_bidirectional_control(wchar_t c) {
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x61c;
}

std::vector<Character> characters_of(std::string_view text) {
  const Utf8Locale locale;
  std::vector<Character> characters;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t wide = 0;
    const size_t got = std::mbrtowc(&wide, text.data(), text.size(), &state);
    const bool readable = got != 0 && got <= text.size();
    if (!readable) state = {};
    const std::string_view bytes = text.substr(0, readable ? got : 1);
    text.remove_prefix(bytes.size());
    const int cells = readable ? ::wcwidth(wide) : -1;
    if (cells < 0 || is_bidirectional_control(wide)) characters.push_back({kReplacement, 1});
    else characters.push_back({bytes, static_cast<size_t>(cells)});
  }
  return characters;
}

// How much of TEXT has room in CELLS cells.
size_t bytes_within(std::string_view text, size_t cells) {
  size_t bytes = 0;
  for (const Character &character : characters_of(text)) {
    if (character.cells > cells) break;
    cells -= character.cells;
    bytes += character.bytes.size();
  }
  return bytes;
}

}  // namespace

std::string shown_text(std::string_view text_untrusted) {
  const std::string text = printable(text_untrusted);
  std::string shown;
  for (const Character &character : characters_of(text)) shown += character.bytes;
  return shown;
}

size_t cells_of(std::string_view shown) {
  size_t cells = 0;
  for (const Character &character : characters_of(shown)) cells += character.cells;
  return cells;
}

std::string fit(std::string_view shown, size_t cells, Align align) {
  const auto characters = characters_of(shown);
  size_t needed = 0;
  for (const Character &character : characters) needed += character.cells;
  const bool cut = needed > cells;
  const size_t room = cut && cells > 0 ? cells - 1 : cells;
  std::string text;
  size_t used = 0;
  for (const Character &character : characters) {
    if (used + character.cells > room) break;
    text += character.bytes;
    used += character.cells;
  }
  if (cut && cells > 0) {
    text += kEllipsis;
    ++used;
  }
  const std::string padding(cells - used, ' ');
  return align == Align::kRight ? padding + text : text + padding;
}

std::string fit_address(std::string_view shown, size_t cells) {
  const size_t colon = shown.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? std::string_view() : shown.substr(colon);
  const bool is_port = port.size() > 1 && port.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!is_port || cells_of(shown) <= cells || port.size() + 1 >= cells) return fit(shown, cells);
  return fit(shown.substr(0, colon), cells - port.size()).append(port);
}

std::vector<std::string> wrapped(std::string_view shown, size_t cells, size_t indent) {
  std::vector<std::string> lines;
  if (indent >= cells) indent = 0;
  const auto add = [&](std::string_view text) {
    lines.push_back(lines.empty() ? std::string(text) : std::string(indent, ' ').append(text));
  };
  while (lines.size() < kMostLines) {
    const size_t room = lines.empty() ? cells : cells - indent;
    const size_t fitting = bytes_within(shown, room);
    if (fitting == shown.size() || fitting == 0) break;
    const size_t space = shown.rfind(' ', fitting);
    const bool between_words = space != std::string_view::npos && space > shown.find_first_not_of(' ');
    const size_t cut = between_words ? space : fitting;
    add(shown.substr(0, cut));
    shown.remove_prefix(between_words ? cut + 1 : cut);
  }
  add(shown);
  return lines;
}

std::string age_text(Ns age_ns) {
  constexpr Ns kSecondNs = 1'000'000'000;
  const double seconds = static_cast<double>(age_ns) / static_cast<double>(kSecondNs);
  const Ns whole = age_ns / kSecondNs;
  if (age_ns < 9'950'000) return fmt::format("{:.1f}ms", seconds * 1e3);
  if (age_ns < 999'500'000) return fmt::format("{:.0f}ms", seconds * 1e3);
  if (age_ns < 9'995'000'000) return fmt::format("{:.2f}s", seconds);
  if (whole < 60) return fmt::format("{:.1f}s", std::min(seconds, 59.9));
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  if (whole < 24 * 3600) return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d{:02}h", whole / (24 * 3600), whole / 3600 % 24);
}

}  // namespace wsitrace
