// SPDX-License-Identifier: MIT
#include "agent/probe/replies.h"

#include <strings.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "agent/probe/errno_guard.h"
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

}  // namespace wsitrace
