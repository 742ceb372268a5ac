// SPDX-License-Identifier: MIT
#include "agent/text/json_text.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace wsitrace {
namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// Looks at all of it: without a branch for each byte that is faster.
bool are_plain(std::string_view text) {
  bool plain = true;
  for (const char c : text) plain &= is_plain(c);
  return plain;
}

std::string escaped(std::string_view text) {
  using Json = nlohmann::json;
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Number>
void append_number(std::string &out, Number number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

void append_json(std::string &out, std::string_view text_untrusted) {
  if (!are_plain(text_untrusted)) {
    out += escaped(text_untrusted);
    return;
  }
  out += '"';
  out += text_untrusted;
  out += '"';
}

void append_json(std::string &out, uint64_t number) { append_number(out, number); }
void append_json(std::string &out, int64_t number) { append_number(out, number); }

std::string &JsonObject::key(std::string_view name) {
  constexpr size_t kShort = 48;
  char member[kShort + 4];
  char *end = member;
  if (!std::exchange(first_, false)) *end++ = ',';
  *end++ = '"';
  if (name.size() > kShort) {
    out_.append(member, end).append(name).append("\":");
    return out_;
  }
  end = std::copy(name.begin(), name.end(), end);
  *end++ = '"';
  *end++ = ':';
  return out_.append(member, end);
}

void JsonObject::text_or_null(std::string_view name, std::string_view value_untrusted) {
  if (value_untrusted.empty()) null(name);
  else text(name, value_untrusted);
}

}  // namespace wsitrace
