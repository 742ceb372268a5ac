// SPDX-License-Identifier: MIT
#include "agent/probe/finals.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <ctime>

#include "agent/base/clock.h"

namespace wsitrace {
namespace {

constexpr uint64_t kNoPromise = UINT64_MAX;         // of `promised`
constexpr uint64_t kIsStatusPage = UINT64_MAX - 1;  // of `promised`: nothing was, but it is whole
constexpr uint64_t kNoHead = UINT64_MAX;            // of `sent`: what goes out now may be the head
constexpr int kMaxDigits = 18;
constexpr unsigned kWriteHttp = 3;      // LWS_WRITE_HTTP
constexpr unsigned kWriteFinal = 7;     // LWS_WRITE_HTTP_FINAL
constexpr unsigned kWriteHeaders = 8;   // LWS_WRITE_HTTP_HEADERS
constexpr unsigned kEndsStream = 0x80;  // LWS_WRITE_H2_STREAM_END
constexpr char kLastChunk[] = "0\r\n\r\n";
constexpr size_t kLastChunkBytes = sizeof kLastChunk - 1;
// Of `ends`.
constexpr uint8_t kInChunks = 1, kChunksEnded = 2, kStreamEnded = 4;

// A wsi is served by one thread at a time.
struct Response {
  std::atomic<uintptr_t> wsi;
  std::atomic<uint64_t> written_ms;  // 0: not yet
  std::atomic<uint64_t> promised;    // bytes
  std::atomic<uint64_t> sent;        // of them
  std::atomic<bool> bodiless;
  std::atomic<uint8_t> ends;
  std::atomic<uint64_t> last_ms;  // when the last of the body went out; 0: none did, or it made it whole
};
constinit Response g_responses[kFinalSlots]{};

Response &response_of(const void *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return g_responses[(address >> 4 ^ address >> 16) % kFinalSlots];
}

template <typename T>
void store_in(std::atomic<T> &to, T value) noexcept {
  to.store(value, std::memory_order_relaxed);
}
template <typename T>
T load_of(const std::atomic<T> &from) noexcept {
  return from.load(std::memory_order_relaxed);
}

bool is_to(const Response &slot, const void *wsi) noexcept {
  return load_of(slot.wsi) == reinterpret_cast<uintptr_t>(wsi);
}

void begin_response(Response &slot, const void *wsi, uint64_t promised, uint64_t sent) noexcept {
  store_in<uint64_t>(slot.written_ms, 0);
  store_in<uint64_t>(slot.last_ms, 0);
  store_in(slot.promised, promised);
  store_in(slot.sent, sent);
  if (!is_to(slot, wsi)) store_in(slot.bodiless, false), store_in<uint8_t>(slot.ends, 0);
  store_in(slot.wsi, reinterpret_cast<uintptr_t>(wsi));
}

void note_whole(Response &slot) noexcept {
  if (load_of(slot.written_ms) == 0) store_in(slot.written_ms, coarse_ms());
}

void set_ends(Response &slot, uint8_t bits) noexcept {
  store_in<uint8_t>(slot.ends, static_cast<uint8_t>(load_of(slot.ends) | bits));
}

// lws ends a stream with what it was asked to, and with the last byte of a body whose length it knows.
bool ends_stream(const Response &slot, unsigned protocol) noexcept {
  const unsigned kind = protocol & 0x1f;
  if (kind == kWriteFinal || (protocol & kEndsStream) != 0) return true;
  const uint64_t sent = load_of(slot.sent), promised = load_of(slot.promised);
  return kind == kWriteHttp && (sent == kNoHead || (promised != 0 && sent >= promised));
}

void note_ends(Response &slot, const unsigned char *data, size_t length, unsigned protocol) noexcept {
  if (ends_stream(slot, protocol)) set_ends(slot, kStreamEnded);
  if ((load_of(slot.ends) & kInChunks) == 0 || data == nullptr || length < kLastChunkBytes) return;
  if (std::memcmp(data + length - kLastChunkBytes, kLastChunk, kLastChunkBytes) == 0) set_ends(slot, kChunksEnded);
}

}  // namespace

// Header tokens of a build that leaves some out are shifted: a value is believed only when it is a number.
void note_content_length(const void *wsi, const unsigned char *value, int length) noexcept {
  if (value == nullptr || length < 1 || length > kMaxDigits) return;
  uint64_t promised = 0;
  for (int i = 0; i < length; ++i) {
    if (value[i] < '0' || value[i] > '9') return;
    promised = promised * 10 + (value[i] - '0');
  }
  begin_response(response_of(wsi), wsi, promised, kNoHead);
}

void note_response_bytes(const void *wsi, const unsigned char *data, size_t length, unsigned protocol) noexcept {
  Response &slot = response_of(wsi);
  const unsigned kind = protocol & 0x1f;
  if (!is_to(slot, wsi)) begin_response(slot, wsi, kNoPromise, kNoHead);
  const uint64_t before = load_of(slot.sent);
  if (kind == kWriteHeaders) {
    if (before == kNoHead) store_in<uint64_t>(slot.sent, 0);
  } else if (before != kNoHead) {
    store_in(slot.sent, before + length);
  }
  note_ends(slot, data, length, protocol);
  const uint64_t sent = load_of(slot.sent);
  if (kind == kWriteFinal || (sent != kNoHead && sent >= load_of(slot.promised))) note_whole(slot);
  else if (kind != kWriteHeaders) store_in(slot.last_ms, coarse_ms());
}

// On h2 its body follows later, with a write of its own.
void note_status_page(const void *wsi) noexcept {
  Response &slot = response_of(wsi);
  const uint64_t sent = load_of(slot.sent);
  const uint64_t promised = load_of(slot.promised);
  if (is_to(slot, wsi) && promised < kIsStatusPage && sent != kNoHead && sent < promised) return;
  begin_response(slot, wsi, kIsStatusPage, kNoHead);
  note_whole(slot);
}

void note_bodiless(const void *wsi) noexcept {
  Response &slot = response_of(wsi);
  if (!is_to(slot, wsi)) begin_response(slot, wsi, kNoPromise, kNoHead);
  store_in(slot.bodiless, true);
}

void note_chunked(const void *wsi) noexcept {
  Response &slot = response_of(wsi);
  if (!is_to(slot, wsi)) begin_response(slot, wsi, kNoPromise, kNoHead);
  set_ends(slot, kInChunks);
}

int missing_ends(const void *wsi) noexcept {
  const Response &slot = response_of(wsi);
  if (!is_to(slot, wsi) || load_of(slot.promised) == kIsStatusPage) return 0;
  const uint8_t ends = load_of(slot.ends);
  int missing = 0;
  if ((ends & kStreamEnded) == 0 && load_of(slot.sent) != kNoHead) missing |= kStreamNotEnded;
  if ((ends & (kInChunks | kChunksEnded)) == kInChunks && !load_of(slot.bodiless)) missing |= kChunksNotEnded;
  return missing;
}

void forget_final(const void *wsi) noexcept {
  Response &slot = response_of(wsi);
  if (is_to(slot, wsi)) store_in<uintptr_t>(slot.wsi, 0);
}

bool has_response(const void *wsi) noexcept { return is_to(response_of(wsi), wsi); }

bool is_whole(const void *wsi) noexcept {
  const Response &slot = response_of(wsi);
  return is_to(slot, wsi) && load_of(slot.written_ms) != 0;
}

Final take_final(const void *wsi) noexcept {
  Response &slot = response_of(wsi);
  if (!is_whole(wsi)) return {};
  store_in<uintptr_t>(slot.wsi, 0);
  const uint64_t written_ms = load_of(slot.written_ms);
  Final final;
  const uint64_t ago_ms = coarse_ms() - written_ms;
  final.ago_ms = ago_ms < INT32_MAX ? static_cast<int>(ago_ms) : INT32_MAX;
  final.status_page = load_of(slot.promised) == kIsStatusPage;
  const bool counted = load_of(slot.promised) < kIsStatusPage && load_of(slot.sent) != kNoHead;
  final.cut_short = counted && load_of(slot.sent) < load_of(slot.promised);
  return final;
}

bool take_wrong_length(const void *wsi, ResponseFacts &facts) noexcept {
  Response &slot = response_of(wsi);
  if (!is_to(slot, wsi)) return false;
  store_in<uintptr_t>(slot.wsi, 0);
  const uint64_t promised = load_of(slot.promised), sent = load_of(slot.sent);
  if (load_of(slot.bodiless)) {
    facts = {0, sent, UINT32_MAX, 0};
    return sent != kNoHead && sent != 0;
  }
  if (promised >= kIsStatusPage || sent == kNoHead || sent == promised) return false;
  facts = {promised, sent, UINT32_MAX, 0};
  return true;
}

bool take_part(const void *wsi, ResponseFacts &facts) noexcept {
  Response &slot = response_of(wsi);
  if (!is_to(slot, wsi)) return false;
  store_in<uintptr_t>(slot.wsi, 0);
  if (load_of(slot.written_ms) != 0) return false;
  const bool is_begun = load_of(slot.promised) != kNoPromise || load_of(slot.sent) != kNoHead;
  if (load_of(slot.bodiless) && !is_begun) return false;
  const uint64_t last_ms = load_of(slot.last_ms);
  const uint64_t ago_ms = last_ms == 0 ? UINT32_MAX : coarse_ms() - last_ms;
  facts = {load_of(slot.promised), load_of(slot.sent), ago_ms < UINT32_MAX ? static_cast<uint32_t>(ago_ms) : UINT32_MAX,
           0};
  return true;
}

const void *wsi_with_response(size_t i) noexcept { return reinterpret_cast<const void *>(load_of(g_responses[i].wsi)); }

}  // namespace wsitrace
