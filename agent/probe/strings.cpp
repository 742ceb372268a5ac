// SPDX-License-Identifier: MIT
#include "agent/probe/strings.h"

#include <cstring>

namespace wsitrace {
namespace {

uint32_t hash_of(const char *text, size_t length) noexcept {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (size_t i = 0; i < length; ++i) hash = (hash ^ static_cast<uint8_t>(text[i])) * 16777619u;
  return hash ^ (hash >> 15);
}

bool has_text(const StringBook &book, uint16_t id, const char *text, size_t length) noexcept {
  const StringEntry &entry = book.entries[id - 1];
  return entry.ready.load(std::memory_order_acquire) != 0 && entry.length == length &&
         std::memcmp(book.text + entry.offset, text, length) == 0;
}

// TEXT, at an address seen before, is what it was then. strncmp stops at the end of either.
bool still_says(const StringBook &book, uint16_t id, const char *text) noexcept {
  const StringEntry &entry = book.entries[id - 1];
  const size_t length = entry.length;
  return std::strncmp(text, book.text + entry.offset, length) == 0 &&
         (length == kMaxStringBytes || text[length] == '\0');
}

void put(StringEntry &entry, char *to, uint32_t offset, const char *text, size_t length) noexcept {
  std::memcpy(to + offset, text, length);
  entry.offset = offset;
  entry.length = static_cast<uint16_t>(length);
  entry.ready.store(1, std::memory_order_release);
}

// Readers look at entries below it, and wait for those that are not ready.
void raise_to(std::atomic<uint32_t> &shared, uint32_t value) noexcept {
  uint32_t now = shared.load(std::memory_order_relaxed);
  while (now < value && !shared.compare_exchange_weak(now, value, std::memory_order_acq_rel)) continue;
}

uint16_t append(HostState &state, const char *text, size_t length) noexcept {
  StringBook &book = state.strings;
  const uint32_t at = book.count.load(std::memory_order_relaxed) < kMaxStrings
                          ? book.count.fetch_add(1, std::memory_order_acq_rel)
                          : kMaxStrings;
  const uint32_t offset = at < kMaxStrings ? book.text_bytes.fetch_add(static_cast<uint32_t>(length)) : kTextBytes;
  if (at >= kMaxStrings || offset > kTextBytes || length > kTextBytes - offset) {
    count_trouble(kStringOverflow);
    return kOverflowString;
  }
  put(book.entries[at], book.text, offset, text, length);
  ProcessBlock &block = *state.process;
  put(block.strings[at], block.text, offset, text, length);
  raise_to(block.text_bytes, offset + static_cast<uint32_t>(length));
  raise_to(block.string_count, at + 1);
  return static_cast<uint16_t>(at + 1);
}

}  // namespace

uint16_t intern(const char *text) noexcept {
  if (text == nullptr || *text == '\0') return kNoString;
  HostState &state = host_state();
  const size_t length = strnlen(text, kMaxStringBytes);
  uint32_t at = hash_of(text, length) % kStringIndex;
  for (size_t probes = 0; probes < kStringIndex; ++probes, at = (at + 1) % kStringIndex) {
    uint16_t id = state.strings.index[at].load(std::memory_order_acquire);
    if (id == kNoString) {
      id = append(state, text, length);
      if (id != kOverflowString) state.strings.index[at].store(id, std::memory_order_release);
      return id;
    }
    if (has_text(state.strings, id, text, length)) return id;
  }
  return kOverflowString;
}

uint16_t intern_literal(const char *text) noexcept {
  if (text == nullptr || *text == '\0') return kNoString;
  HostState &state = host_state();
  const auto address = reinterpret_cast<uintptr_t>(text);
  TextCacheEntry &entry = state.text_cache[(address ^ (address >> 9)) % kTextCache];
  if (entry.text.load(std::memory_order_acquire) == text) [[likely]] {
    const uint16_t id = entry.id.load(std::memory_order_relaxed);
    if (id != kNoString && still_says(state.strings, id, text)) return id;
  }
  const uint16_t id = intern(text);
  if (id != kOverflowString) {
    entry.id.store(id, std::memory_order_relaxed);
    entry.text.store(text, std::memory_order_release);
  }
  return id;
}

}  // namespace wsitrace
