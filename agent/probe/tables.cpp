// SPDX-License-Identifier: MIT
#include "agent/probe/tables.h"

#include <cstring>

#include "agent/probe/probe.h"
#include "agent/probe/safe_read.h"
#include "agent/probe/thunk_table.h"

namespace wsitrace {
namespace {

// lws knows NAME on this vhost, and its entry is this one or an earlier one of the same table (names may repeat).
bool lws_confirms(lws_vhost *vhost, const lws_protocols *entry, const char *name) noexcept {
  const lws_protocols *known = api().lws_vhost_name_to_protocol(vhost, name);
  if (known == nullptr || known > entry) return false;
  const auto bytes = static_cast<size_t>(reinterpret_cast<const char *>(entry) - reinterpret_cast<const char *>(known));
  return bytes % sizeof(lws_protocols) == 0 && bytes / sizeof(lws_protocols) < kMaxTable;
}

// Nobody confirms an entry without a name. What else has a function behind a zero, as the watchers of event loops do, has pointers,
// flags or times where an entry has sizes.
bool looks_like_nameless_entry(const lws_protocols &copy) noexcept {
  constexpr size_t kTooLarge = size_t{1} << 28;
  return copy.per_session_data_size < kTooLarge && copy.rx_buffer_size < kTooLarge && copy.tx_packet_size < kTooLarge;
}

bool is_entry(const SafeReader &memory, lws_vhost *vhost, const lws_protocols *at) noexcept {
  lws_protocols copy;
  if (memory.read(at, &copy, sizeof copy) != sizeof copy || copy.callback == nullptr) return false;
  if (!is_in_loaded_object(reinterpret_cast<const void *>(copy.callback))) return false;
  if (copy.name == nullptr) return looks_like_nameless_entry(copy);
  char name[SafeReader::kNameBytes];
  return memory.read_name(copy.name, name) && lws_confirms(vhost, at, name);
}

const lws_protocols *start_of_table(lws_vhost *vhost, const lws_protocols *entry) noexcept {
  const SafeReader memory;
  for (size_t i = 0; i < kMaxTable && is_entry(memory, vhost, entry - 1); ++i) --entry;
  return entry;
}

const lws_protocols *entry_by_name(lws_vhost *vhost, const char *name) noexcept {
  return name != nullptr ? api().lws_vhost_name_to_protocol(vhost, name) : nullptr;
}

// WORD taken as a `const struct lws_protocols **`: its first element must be one that this vhost knows, callback and all.
const lws_protocols *entry_by_pprotocols(const SafeReader &memory, lws_vhost *vhost, const void *word) noexcept {
  const lws_protocols *first = nullptr;
  lws_protocols copy;
  char name[SafeReader::kNameBytes];
  if (word == nullptr || memory.read(word, &first, sizeof first) != sizeof first || first == nullptr) return nullptr;
  if (memory.read(first, &copy, sizeof copy) != sizeof copy || !memory.read_name(copy.name, name)) return nullptr;
  const lws_protocols *entry = entry_by_name(vhost, name);
  return entry != nullptr && entry->callback == copy.callback ? entry : nullptr;
}

const lws_protocols *entry_by_known_names(lws_vhost *vhost) noexcept {
  for (const char *name : {"http-only", "default", "http"})
    if (const lws_protocols *entry = entry_by_name(vhost, name)) return entry;
  for (size_t i = 0; i < thunks_made(); ++i)
    if (const lws_protocols *entry = entry_by_name(vhost, protocol_name_of(i))) return entry;
  return nullptr;
}

// The whole of INFO as far as it is mapped; 1 KiB covers the largest known one (952 bytes, 5.0).
const lws_protocols *entry_by_words_of(lws_vhost *vhost, const lws_context_creation_info *info) noexcept {
  const SafeReader memory;
  const void *words[128];
  const size_t got = memory.read(info, words, sizeof words) / sizeof words[0];
  for (size_t i = 2; i < got; ++i)
    if (const lws_protocols *entry = entry_by_pprotocols(memory, vhost, words[i])) return entry;
  return nullptr;
}

// lws copies the table of INFO, and puts those of plugins behind it: the first entry of its first name is the start.
const lws_protocols *start_by_info(lws_vhost *vhost, const lws_context_creation_info *info) noexcept {
  if (info == nullptr) return nullptr;
  return info->protocols != nullptr ? entry_by_name(vhost, info->protocols[0].name) : entry_by_words_of(vhost, info);
}

}  // namespace

const lws_protocols *table_of(lws_vhost *vhost, const lws_context_creation_info *info,
                              const lws_protocols *entry) noexcept {
  if (entry == nullptr)
    if (const lws_protocols *start = start_by_info(vhost, info)) return start;
  if (entry == nullptr) entry = entry_by_known_names(vhost);
  return entry != nullptr ? start_of_table(vhost, entry) : nullptr;
}

}  // namespace wsitrace
