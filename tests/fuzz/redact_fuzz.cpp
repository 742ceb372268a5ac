// SPDX-License-Identifier: MIT
//
// Fuzzes what is left out of URLs, texts and arguments (agent/base/redact.h). The input is taken for each of them.
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "agent/base/redact.h"

namespace wsitrace {
namespace {

void require(bool promise) {
  if (!promise) __builtin_trap();
}

// INPUT on the heap and no byte more, so that a read behind it is found.
using Bytes = std::string;

int hex(char c) {
  const std::string_view digits = "0123456789abcdef";
  const auto at = digits.find(static_cast<char>(c | 0x20));
  return c >= '0' && c <= '9' ? c - '0' : (at != std::string_view::npos && at > 9 ? static_cast<int>(at) : -1);
}

// With each percent sign that is encoded as one, and then each %XX, replaced.
std::string decoded(std::string text) {
  for (size_t at = text.find("%25"); at != std::string::npos; at = text.find("%25", at)) text.erase(at + 1, 2);
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    plain += escape ? static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return plain;
}

// A segment "NAME:PASSWORD@HOST".
bool has_credentials(std::string_view path) {
  bool colon = false;
  for (const char c : path) {
    if (c == '@' && colon) return true;
    if (c == '/' || c == '\\') colon = false;
    else colon = colon || c == ':';
  }
  return false;
}

void check_path(const Bytes &input, UrlPath path) {
  require(path.begin >= input.data() && path.begin + path.length <= input.data() + input.size());
  const std::string_view told(path.begin, path.length);
  for (const char end : {'?', '#', ';', '&', '\0', '\r', '\n'}) require(told.find(end) == std::string_view::npos);
  require(told.find("://") == std::string_view::npos && !has_credentials(told));
  const std::string plain = decoded(std::string(told));
  for (const char end : {'?', '#', '\r', '\n'}) require(plain.find(end) == std::string::npos);
  require(!has_credentials(plain));
}

void check_paths(const Bytes &input) {
  const UrlPath target = path_of_target(input.data(), input.size());
  check_path(input, target);
  check_path(input, path_of_reference(input.data(), input.size()));
  const UrlPath again = path_of_target(target.begin, target.length);
  require(again.length == target.length || target.length > 1);  // "//u:p@h/x" may hide in what was "//a:b@h//u:p@h/x"
}

void check_room(const Bytes &input, size_t (*redact)(const char *, size_t, char *, size_t)) {
  for (const size_t room : {size_t{0}, size_t{1}, input.size(), 4 * input.size() + 16}) {
    Bytes told(room, '~');
    require(redact(input.data(), input.size(), told.data(), room) <= room);
  }
}

// SECRET as the value of an option, whatever stands before and behind it.
void check_option(const Bytes &input) {
  constexpr std::string_view kSecret = "Xq7Zk9Vw";
  if (input.find(kSecret) != Bytes::npos) return;
  for (const std::string_view option : {"--password=", "--token\0", "--api-key=", "API_TOKEN="}) {
    const std::string_view whole(option.data(), option == "--token" ? 8 : option.size());
    Bytes arguments = "program" + Bytes(1, '\0') + input.substr(0, input.find('\0')) + Bytes(1, '\0') + Bytes(whole) +
                      Bytes(kSecret) + Bytes(1, '\0');
    Bytes told(4 * arguments.size(), '\0');
    told.resize(redact_arguments(arguments.data(), arguments.size(), told.data(), told.size()));
    require(told.find(kSecret) == Bytes::npos);
  }
}

}  // namespace
}  // namespace wsitrace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const wsitrace::Bytes input(reinterpret_cast<const char *>(data), size);
  wsitrace::check_paths(input);
  wsitrace::check_room(input, wsitrace::redact_text);
  wsitrace::check_room(input, wsitrace::redact_arguments);
  wsitrace::check_option(input);
  return 0;
}
