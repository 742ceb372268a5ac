// SPDX-License-Identifier: MIT
#include "agent/probe/on_demand.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>
#include <unwind.h>

#include <atomic>
#include <cstring>

#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/safe_read.h"
#include "agent/probe/strings.h"
#include "agent/probe/thunk_table.h"

namespace wsitrace {
namespace {

constexpr size_t kMaxUnwound = 64;  // frames of our own and what is too far out are left out of kMaxFrames

struct Unwound {
  uint64_t addresses[kMaxUnwound];
  size_t count = 0;
};

_Unwind_Reason_Code take_frame(_Unwind_Context *context, void *unwound) noexcept {
  auto *out = static_cast<Unwound *>(unwound);
  const uint64_t address = _Unwind_GetIP(context);
  if (address == 0 || out->count == kMaxUnwound) return _URC_END_OF_STACK;
  out->addresses[out->count++] = address;
  return _URC_NO_REASON;
}

// The object that ADDRESS lies in. Takes no lock.
bool find_object(uint64_t address, dl_find_object &found) noexcept {
  return _dl_find_object(reinterpret_cast<void *>(address), &found) == 0;
}

uint64_t start_of(const dl_find_object &object) noexcept { return reinterpret_cast<uintptr_t>(object.dlfo_map_start); }

uint64_t own_start() noexcept {
  dl_find_object own;
  return find_object(reinterpret_cast<uintptr_t>(&take_frame), own) ? start_of(own) : 0;
}

void take_build_id(const std::byte *notes, size_t bytes, ModuleFacts &facts) noexcept {
  const auto padded = [](size_t size) { return (size + 3) & ~size_t{3}; };
  while (bytes >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof note);
    const size_t length = sizeof note + padded(note.n_namesz) + padded(note.n_descsz);
    if (length > bytes) return;
    const std::byte *name = notes + sizeof note;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0 &&
        note.n_descsz <= sizeof facts.build_id) {
      facts.build_id_bytes = note.n_descsz;
      std::memcpy(facts.build_id, name + padded(note.n_namesz), note.n_descsz);
      return;
    }
    notes += length;
    bytes -= length;
  }
}

// An object is mapped from its ELF header on.
void take_notes(const dl_find_object &object, ModuleFacts &facts) noexcept {
  const auto *base = static_cast<const std::byte *>(object.dlfo_map_start);
  ElfW(Ehdr) header;
  std::memcpy(&header, base, sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(ElfW(Phdr))) return;
  const auto size = static_cast<uint64_t>(facts.end - facts.start);
  for (size_t i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    const uint64_t at = header.e_phoff + i * sizeof segment;
    if (at + sizeof segment > size) return;
    std::memcpy(&segment, base + at, sizeof segment);
    const uint64_t from = segment.p_vaddr + facts.bias - facts.start;
    if (segment.p_type == PT_NOTE && from < size && segment.p_memsz <= size - from)
      take_build_id(base + from, segment.p_memsz, facts);
  }
}

// The program's own object has no name.
size_t path_of(const dl_find_object &object, char *path, size_t room) noexcept {
  const char *name = object.dlfo_link_map->l_name;
  if (name[0] != '\0') {
    const size_t length = strnlen(name, room);
    std::memcpy(path, name, length);
    return length;
  }
  const ssize_t length = readlink("/proc/self/exe", path, room);
  return length > 0 ? static_cast<size_t>(length) : 0;
}

void record_module(RingWriter &out, const dl_find_object &object) noexcept {
  ModuleFacts facts{};
  facts.bias = object.dlfo_link_map->l_addr;
  facts.start = start_of(object);
  facts.end = reinterpret_cast<uintptr_t>(object.dlfo_map_end);
  take_notes(object, facts);
  char path[kMaxItemBytes];
  const size_t length = path_of(object, path, sizeof path);
  Items items;
  items.add(kItemModule, &facts, sizeof facts);
  items.add(kItemPath, path, length);
  Event event{};
  event.kind = k_module;
  out.record(event, &items);
}

// True once for each object. Another one mapped where one was before goes unnoticed unless its link_map is another, too.
bool is_new(const dl_find_object &object) noexcept {
  const uint64_t key = start_of(object) ^ reinterpret_cast<uintptr_t>(object.dlfo_link_map);
  for (std::atomic<uint64_t> &known : host_state().known_modules) {
    uint64_t there = known.load(std::memory_order_relaxed);
    if (there == 0 && known.compare_exchange_strong(there, key, std::memory_order_relaxed)) return true;
    if (there == key) return false;
  }
  return false;  // too many: their frames stay nameless
}

void record_callback_known(RingWriter &out, size_t thunk_index, uint16_t protocol) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(original_of(thunk_index));
  dl_find_object object;
  if (address == 0 || !find_object(address, object)) return;
  if (is_new(object)) record_module(out, object);
  Items items;
  items.add(kItemPointer, &address, sizeof address);
  Event event{};
  event.kind = k_callback_known;
  event.protocol = protocol;
  out.record(event, &items);
}

[[gnu::noinline]] uint16_t introduce(size_t thunk_index) noexcept {
  RingWriter *out = writer();
  if (out == nullptr) return kNoString;  // a later callback will do
  HostState &state = host_state();
  const uint16_t id = intern(protocol_name_of(thunk_index));
  if (!state.callbacks_told[thunk_index].exchange(true, std::memory_order_relaxed))
    record_callback_known(*out, thunk_index, id);
  state.protocol_ids[thunk_index].store(id, std::memory_order_relaxed);
  return id;
}

// POINTER is what the application gave to lws for something else.
bool is_of_others(lws *wsi, const lws_protocols &protocol, const void *pointer) noexcept {
  if (pointer == protocol.user) return true;
  lws_context *context = api().lws_get_context != nullptr ? api().lws_get_context(wsi) : nullptr;
  return context != nullptr && api().lws_context_user != nullptr && api().lws_context_user(context) == pointer;
}

}  // namespace

uint16_t protocol_id(size_t thunk_index) noexcept {
  const uint16_t id = host_state().protocol_ids[thunk_index].load(std::memory_order_relaxed);
  return id != kNoString ? id : introduce(thunk_index);
}

void introduce_protocols() noexcept {
  for (size_t i = 0, made = thunks_made(); i < made; ++i) protocol_id(i);
}

void record_stack(const lws *wsi, int reason) noexcept {
  RingWriter *out = writer();
  if (out == nullptr) return count_lost_without_ring();
  const ErrnoGuard guard;
  static const uint64_t own = own_start();
  Unwound unwound;
  _Unwind_Backtrace(take_frame, &unwound);
  uint64_t frames[kMaxFrames];
  size_t count = 0;
  for (size_t i = 0; i < unwound.count && count < kMaxFrames; ++i) {
    dl_find_object object;
    const bool found = find_object(unwound.addresses[i], object);
    if (found && start_of(object) == own) continue;
    if (found && is_new(object)) record_module(*out, object);
    frames[count++] = unwound.addresses[i];
  }
  Items items;
  items.add(kItemStack, frames, count * sizeof frames[0]);
  Event event{};
  event.kind = k_stack;
  event.wsi = reinterpret_cast<uintptr_t>(wsi);
  event.value = reason;
  out->record(event, &items);
}

void record_user_left(size_t thunk_index, lws_callback_function *thunk, lws *wsi, int reason) noexcept {
  if (wsi == nullptr || api().lws_wsi_user == nullptr) return;
  const ErrnoGuard guard;
  const void *pointer = api().lws_wsi_user(wsi);
  const lws_protocols *protocol = api().lws_get_protocol(wsi);
  if (pointer == nullptr || protocol == nullptr || protocol->callback != thunk) return;
  if (protocol->per_session_data_size != 0 || is_of_others(wsi, *protocol, pointer)) return;
  if (is_in_loaded_object(pointer)) return;
  RingWriter *out = writer();
  if (out == nullptr) return count_lost_without_ring();
  Items items;
  const auto address = reinterpret_cast<uintptr_t>(pointer);
  items.add(kItemPointer, &address, sizeof address);
  Event event{};
  event.kind = k_user_left;
  event.wsi = reinterpret_cast<uintptr_t>(wsi);
  event.protocol = protocol_id(thunk_index);
  event.value = reason;
  out->record(event, &items);
}

}  // namespace wsitrace
