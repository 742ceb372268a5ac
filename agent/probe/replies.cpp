// SPDX-License-Identifier: MIT
#include "agent/probe/replies.h"

#include <strings.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "agent/probe/callers.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/facts.h"
#include "agent/probe/finals.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/safe_read.h"

namespace wsitrace {
namespace {

constexpr uintptr_t kHeadPage = 4096;
constexpr size_t kMostHead = 2048;

// The last bytes before END, as far as they are mapped: those of its own page are.
struct Tail {
  char bytes[kMostHead];
  size_t length = 0;

  explicit Tail(const unsigned char *end) noexcept {
    const auto last = reinterpret_cast<uintptr_t>(end);
    const size_t here = std::min<size_t>(kMostHead, (last - 1) % kHeadPage + 1), before = kMostHead - here;
    if (before > 0 && SafeReader().read(end - kMostHead, bytes, before) == before) length = before;
    std::memcpy(bytes + length, end - here, here);
    length += here;
  }
};

// Where TEXT begins in [FROM, TO), whatever the case of its letters; nullptr: nowhere.
const char *find_in(const char *from, const char *to, const char *text) noexcept {
  const size_t length = std::strlen(text);
  for (; from + length <= to; ++from)
    if (strncasecmp(from, text, length) == 0) return from;
  return nullptr;
}

// What lws_add_http_header_status() wrote is at its beginning.
[[gnu::noinline]] bool has_no_end(const unsigned char *written) noexcept {
  const Tail tail(written);
  const char *begin = nullptr, *const end = tail.bytes + tail.length;
  for (const char *at = tail.bytes; (at = find_in(at, end, "HTTP/1.1 ")) != nullptr; ++at) begin = at;
  if (begin == nullptr || begin[9] == '1' || std::memcmp(begin + 9, "204", 3) == 0 ||
      std::memcmp(begin + 9, "304", 3) == 0)
    return false;
  for (const char *ends : {"\ncontent-length:", "\ntransfer-encoding:", "\nconnection: close", "\nconnection:close"})
    if (find_in(begin, end, ends) != nullptr) return false;
  return true;
}

// "localhost:8080/x": what stands before the colon is read as the scheme.
bool is_host_and_port(const unsigned char *value, int length) noexcept {
  int i = 0;
  const auto is_of_name = [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_';
  };
  while (i < length && is_of_name(value[i])) ++i;
  const int colon = i++;
  if (colon == 0 || i >= length || value[colon] != ':') return false;
  const int digits = i;
  while (i < length && value[i] >= '0' && value[i] <= '9') ++i;
  return i > digits && (i == length || value[i] == '/' || value[i] == '?');
}

// Of 16 random bytes in base64 (RFC 6455, 4.1); header tokens of a build that leaves some out are shifted.
bool has_websocket_key(lws *wsi) noexcept {
  constexpr int kKeyBytes = 24;
  char key[kKeyBytes + 8];
  if (api().lws_hdr_copy(wsi, key, sizeof key, WSI_TOKEN_KEY) != kKeyBytes) [[likely]]
    return false;
  return key[kKeyBytes - 1] == '=' && key[kKeyBytes - 2] == '=';
}

}  // namespace

void note_head(lws *wsi, const unsigned char *written) noexcept {
  if (!is_on() || wsi == nullptr || written == nullptr) return;
  int odd = has_websocket_key(wsi) ? kHeadToWebsocket : 0;
  if (!has_response(wsi) && has_no_end(written)) [[unlikely]]
    odd |= kHeadWithoutEnd;
  if (odd == 0) [[likely]]
    return;
  const ErrnoGuard guard;
  record_about(k_head_written, wsi, odd, nullptr);
}

lws_token_indexes token_named(const unsigned char *name) noexcept {
  constexpr struct {
    const char *name;
    lws_token_indexes token;
  } kNames[] = {{"connection:", WSI_TOKEN_CONNECTION},
                {"keep-alive:", WSI_TOKEN_CONNECTION},
                {"transfer-encoding:", WSI_TOKEN_HTTP_TRANSFER_ENCODING},
                {"location:", WSI_TOKEN_HTTP_LOCATION}};
  if (name == nullptr) return WSI_TOKEN_GET_URI;
  for (const auto &one : kNames)
    if ((name[0] | 0x20) == one.name[0] && strcasecmp(reinterpret_cast<const char *>(name), one.name) == 0)
      return one.token;
  return WSI_TOKEN_GET_URI;
}

// lws makes redirects for the application, and chunks that it ends by itself.
void note_header(lws *wsi, lws_token_indexes token, const unsigned char *value, int length,
                 const void *caller) noexcept {
  constexpr std::string_view kChunked = "chunked";
  if (!is_on() || wsi == nullptr || value == nullptr || length <= 0) return;
  const ErrnoGuard guard;
  if (token == WSI_TOKEN_HTTP_LOCATION) {
    if (is_host_and_port(value, length)) record_about(k_head_written, wsi, kRedirectToPort, nullptr);
  } else if (is_code_of_lws(caller)) {
    return;
  } else if (is_stream(wsi)) {
    record_about(k_head_written, wsi, kNotOfHttp2, nullptr);
  } else if (token == WSI_TOKEN_HTTP_TRANSFER_ENCODING && static_cast<size_t>(length) == kChunked.size() &&
             strncasecmp(reinterpret_cast<const char *>(value), kChunked.data(), kChunked.size()) == 0) {
    note_chunked(wsi);
  }
}

}  // namespace wsitrace
