// SPDX-License-Identifier: MIT
#include "agent/probe/user_pointers.h"

#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/safe_read.h"
#include "agent/probe/strings.h"
#include "agent/probe/thunks.h"

namespace wsitrace {
namespace {

// POINTER is what the application gave to lws for something else.
bool is_of_others(lws *wsi, const lws_protocols &protocol, const void *pointer) noexcept {
  if (pointer == protocol.user) return true;
  lws_context *context = api().lws_get_context != nullptr ? api().lws_get_context(wsi) : nullptr;
  return context != nullptr && api().lws_context_user != nullptr && api().lws_context_user(context) == pointer;
}

}  // namespace

void record_user_left(size_t thunk_index, lws *wsi, int reason) noexcept {
  if (wsi == nullptr || api().lws_wsi_user == nullptr) return;
  const ErrnoGuard guard;
  const void *pointer = api().lws_wsi_user(wsi);
  const lws_protocols *protocol = api().lws_get_protocol(wsi);
  if (pointer == nullptr || protocol == nullptr || protocol->callback != thunk(thunk_index)) return;
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
  event.protocol = intern(protocol_name_of(thunk_index));
  event.value = reason;
  out->record(event, &items);
}

}  // namespace wsitrace
