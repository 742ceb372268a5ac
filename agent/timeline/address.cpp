// SPDX-License-Identifier: MIT
#include "agent/timeline/address.h"

#include <charconv>
#include <cstdint>
#include <cstring>

namespace wsitrace {
namespace {

// Address families and offsets of Linux, which the log's bytes come from.
constexpr uint16_t kUnix = 1, kInet = 2, kInet6 = 10;
constexpr size_t kFamilyBytes = 2, kInetBytes = 8, kInet6Bytes = 24, kInet6Address = 8;

using Bytes = std::span<const std::byte>;

unsigned at(Bytes bytes, size_t i) { return std::to_integer<unsigned>(bytes[i]); }
unsigned big_endian(Bytes bytes, size_t i) { return at(bytes, i) << 8 | at(bytes, i + 1); }

void append(std::string &out, unsigned number, int base = 10) {
  char digits[8];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number, base).ptr);
}

void append_inet(std::string &out, Bytes address) {
  for (size_t i = 0; i < 4; ++i) {
    if (i != 0) out += '.';
    append(out, at(address, i));
  }
}

struct Run {
  size_t first = 8, count = 1;  // a single zero group is not shortened
};

Run longest_zero_run(Bytes address) {
  Run best;
  for (size_t i = 0; i < 8; ++i) {
    size_t end = i;
    while (end < 8 && big_endian(address, end * 2) == 0) ++end;
    if (end - i > best.count) best = {i, end - i};
    if (end > i) i = end;
  }
  return best;
}

bool is_mapped_inet(Bytes address) {
  for (size_t i = 0; i < 10; ++i)
    if (at(address, i) != 0) return false;
  return big_endian(address, 10) == 0xffff;
}

void append_inet6(std::string &out, Bytes address) {
  const Run zeros = longest_zero_run(address);
  for (size_t i = 0; i < 8; ++i) {
    if (i == zeros.first) {
      out += "::";
      i += zeros.count - 1;
      continue;
    }
    if (i != 0 && out.back() != ':') out += ':';
    append(out, big_endian(address, i * 2), 16);
  }
}

std::string unix_text(Bytes path) {
  std::string out = "unix:";
  if (path.empty()) return out;
  const char *text = reinterpret_cast<const char *>(path.data());
  if (*text != '\0') return out.append(text, strnlen(text, path.size()));
  if (path.size() > 1) out.append("@").append(text + 1, path.size() - 1);
  return out;
}

}  // namespace

std::string address_text(Bytes sockaddr_untrusted) {
  if (sockaddr_untrusted.size() < kFamilyBytes) return {};
  uint16_t family = 0;
  std::memcpy(&family, sockaddr_untrusted.data(), sizeof family);
  std::string out;
  if (family == kUnix) return unix_text(sockaddr_untrusted.subspan(kFamilyBytes));
  if (family == kInet && sockaddr_untrusted.size() >= kInetBytes) {
    append_inet(out, sockaddr_untrusted.subspan(4));
  } else if (family == kInet6 && sockaddr_untrusted.size() >= kInet6Bytes) {
    const Bytes address = sockaddr_untrusted.subspan(kInet6Address);
    if (is_mapped_inet(address)) {
      append_inet(out, address.subspan(12));
    } else {
      out += '[';
      append_inet6(out, address);
      out += ']';
    }
  } else {
    return {};
  }
  out += ':';
  append(out, big_endian(sockaddr_untrusted, kFamilyBytes));
  return out;
}

}  // namespace wsitrace
