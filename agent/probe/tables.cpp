// SPDX-License-Identifier: MIT
#include "agent/probe/tables.h"

#include <cstring>

#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/safe_read.h"
#include "agent/probe/thunks.h"
#include "agent/probe/vhosts.h"

namespace wsitrace {
namespace {

constexpr size_t kMaxTable = 4096;  // entries; a table that seems longer is not one

// lws knows NAME on this vhost, and its entry is this one or an earlier one of the same table (names may repeat).
bool lws_confirms(lws_vhost *vhost, const lws_protocols *entry, const char *name) noexcept {
  const lws_protocols *known = api().lws_vhost_name_to_protocol(vhost, name);
  if (known == nullptr || known > entry) return false;
  const auto bytes = static_cast<size_t>(reinterpret_cast<const char *>(entry) - reinterpret_cast<const char *>(known));
  return bytes % sizeof(lws_protocols) == 0 && bytes / sizeof(lws_protocols) < kMaxTable;
}

bool is_entry(lws_vhost *vhost, const lws_protocols *at) noexcept {
  lws_protocols copy;
  if (safe_read(at, &copy, sizeof copy) != sizeof copy || copy.callback == nullptr) return false;
  if (!is_in_loaded_object(reinterpret_cast<const void *>(copy.callback))) return false;
  if (copy.name == nullptr) return true;
  return is_readable_name(copy.name) && lws_confirms(vhost, at, copy.name);
}

const lws_protocols *start_of_table(lws_vhost *vhost, const lws_protocols *entry) noexcept {
  for (size_t i = 0; i < kMaxTable && is_entry(vhost, entry - 1); ++i) --entry;
  return entry;
}

const lws_protocols *entry_by_name(lws_vhost *vhost, const char *name) noexcept {
  return name != nullptr ? api().lws_vhost_name_to_protocol(vhost, name) : nullptr;
}

// WORD taken as a `const struct lws_protocols **`: its first element must be one that this vhost knows, callback and all.
const lws_protocols *entry_by_pprotocols(lws_vhost *vhost, const void *word) noexcept {
  const lws_protocols *first = nullptr;
  lws_protocols copy;
  if (word == nullptr || safe_read(word, &first, sizeof first) != sizeof first || first == nullptr) return nullptr;
  if (safe_read(first, &copy, sizeof copy) != sizeof copy || !is_readable_name(copy.name)) return nullptr;
  const lws_protocols *entry = entry_by_name(vhost, copy.name);
  return entry != nullptr && entry->callback == copy.callback ? entry : nullptr;
}

const lws_protocols *entry_by_known_names(lws_vhost *vhost) noexcept {
  for (const char *name : {"http-only", "default", "http"})
    if (const lws_protocols *entry = entry_by_name(vhost, name)) return entry;
  for (size_t i = 0; i < kMaxThunks && original_of(i) != nullptr; ++i)
    if (const lws_protocols *entry = entry_by_name(vhost, protocol_name_of(i))) return entry;
  return nullptr;
}

// The whole of INFO as far as it is mapped; 1 KiB covers the largest known one (952 bytes, 5.0).
const lws_protocols *entry_by_words_of(lws_vhost *vhost, const lws_context_creation_info *info) noexcept {
  const void *words[128];
  const size_t got = safe_read(info, words, sizeof words) / sizeof words[0];
  for (size_t i = 2; i < got; ++i)
    if (const lws_protocols *entry = entry_by_pprotocols(vhost, words[i])) return entry;
  return nullptr;
}

// Readable and writable memory of lws's own making: its heap. One aligned store, so a concurrent reader sees old or new.
void put_callback(const lws_protocols *entry, lws_callback_function *callback) noexcept {
  auto *writable = const_cast<lws_protocols *>(entry);
  __atomic_store_n(&writable->callback, callback, __ATOMIC_RELEASE);
}

size_t wrap_entry(const lws_protocols *entry, bool first) noexcept {
  const size_t already = index_of_thunk(entry->callback);
  if (already != kNoThunk) return already;
  const size_t index = thunk_for(entry->callback, entry->name, first);
  if (index != kNoThunk) put_callback(entry, thunk(index));
  else count_trouble(kProtocolUnwrapped);
  return index;
}

}  // namespace

const lws_protocols *find_entry(lws_vhost *vhost, const lws_context_creation_info *info) noexcept {
  if (info != nullptr && info->protocols != nullptr)
    if (const lws_protocols *entry = entry_by_name(vhost, info->protocols[0].name)) return entry;
  if (info != nullptr && info->protocols == nullptr)
    if (const lws_protocols *entry = entry_by_words_of(vhost, info)) return entry;
  return entry_by_known_names(vhost);
}

void wrap_table(lws_vhost *vhost, const lws_protocols *entry) noexcept {
  const lws_protocols *first = start_of_table(vhost, entry);
  const size_t first_thunk = wrap_entry(first, true);
  for (size_t i = 1; i < kMaxTable && first[i].callback != nullptr; ++i) wrap_entry(first + i, false);
  remember_vhost(vhost, first_thunk);
}

void wrap_host_table(lws_protocols *table) noexcept {
  for (size_t i = 0; table[i].callback != nullptr; ++i) wrap_entry(table + i, i == 0);
}

}  // namespace wsitrace
