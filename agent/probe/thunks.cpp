// SPDX-License-Identifier: MIT
#include "agent/probe/thunks.h"

#include <array>
#include <utility>

#include "agent/lws/callbacks.h"
#include "agent/probe/appended.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/finals.h"
#include "agent/probe/guests.h"
#include "agent/probe/host_state.h"
#include "agent/probe/on_demand.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/running.h"
#include "agent/probe/spins.h"
#include "agent/probe/tables.h"
#include "agent/probe/thunk_table.h"
#include "agent/probe/uses.h"
#include "agent/probe/vhosts.h"
#include "agent/probe/wakes.h"

namespace wsitrace {
namespace {

constexpr uint32_t kLastedMs = 200;  // a callback that lasts so long keeps others waiting

// A vhost that nobody told us of: its first request (which lws still delivers to the table of the vhost that accepted the
// connection), its first connection, or its PROTOCOL_INIT. Its table is wrapped before anything else is delivered to it.
[[gnu::noinline]] void learn_vhost(lws *wsi, int reason) noexcept {
  lws_vhost *vhost = api().lws_get_vhost(wsi);
  if (vhost == nullptr || vhosts_are_full()) return;
  if (is_learnt(vhost) && !g_any_guest.load(std::memory_order_acquire)) [[likely]]
    return;
  const size_t index = vhost_index(vhost);
  if (index != kUnknownVhost && !(has_role<role::kTellsOfRequest>(reason) && is_guest_entered(index))) return;
  if (writer() == nullptr) return;  // no ring yet: a later callback will do
  const bool own_table = !has_role<role::kTellsOfRequest>(reason);
  vhost_made(vhost, nullptr, own_table ? api().lws_get_protocol(wsi) : nullptr);
}

// What the owner's clock may be behind by is not counted: on a busy machine that is much.
[[gnu::noinline]] void tell_lasted(size_t index, const lws *wsi, int reason, uint32_t since_ms) noexcept {
  const uint32_t lasted_ms = owner_clock_ms() - since_ms, gap_ms = owner_clock_gap_ms();
  if (since_ms == 0 || lasted_ms < kLastedMs + gap_ms || wsi == nullptr || !is_on()) return;
  if (reason == LWS_CALLBACK_PROTOCOL_INIT || reason == LWS_CALLBACK_PROTOCOL_DESTROY) return;  // nobody waits yet
  const ErrnoGuard guard;
  record_lasted(index, wsi, reason, lasted_ms - gap_ms);
}

// The application's callback has returned RESULT; so does this.
[[gnu::noinline]] int note_result(lws *wsi, int reason, size_t index, int result, uint32_t since_ms) noexcept {
  if (result != 0 && has_role<role::kCloses | role::kAsks>(reason)) record_refusal(index, wsi, reason);
  else if (result != 0 && has_role<role::kStandIn>(reason)) record_objection(index, reason);
  else if (has_role<role::kHandler>(reason) && is_whole(wsi)) record_whole_response(wsi);
  if (owner_clock_ms() - since_ms >= kLastedMs) tell_lasted(index, wsi, reason, since_ms);
  return result;
}

// The application's callback, and meanwhile who looks is told that it runs.
[[gnu::always_inline]] inline int run(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length,
                                      size_t index, uint32_t since_ms) {
  const OuterCallback outer = tell_running(index, wsi, reason, since_ms);
  const int result = original_of(index)(wsi, reason, user, in, length);
  tell_returned(outer);
  return result;
}

// What does not answer a request is worth a look only then: it refused, or lasted, if only until the owner's clock went on.
bool is_remarkable(int result, uint32_t since_ms) noexcept {
  return (static_cast<uint32_t>(result) | (owner_clock_ms() ^ since_ms)) != 0;
}

[[gnu::noinline]] int dispatch_on_demand(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length,
                                         size_t index) {
  const uint32_t since_ms = owner_clock_ms();
  if ((asked() & kAskStacks) != 0 && has_role<role::kStack>(reason)) record_stack(wsi, reason);
  const int result = run(wsi, reason, user, in, length, index, since_ms);
  if ((asked() & kAskUserPointers) != 0 && is_drop(reason)) record_user_left(index, thunk(index), wsi, reason);
  return note_result(wsi, reason, index, result, since_ms);
}

// What the application adds to the head of a request, which lws then ends with an empty line.
[[gnu::noinline]] int dispatch_appending(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length,
                                         size_t index) {
  const uint32_t since_ms = owner_clock_ms();
  unsigned char *const *const end = static_cast<unsigned char **>(in);
  const unsigned char *const before = end != nullptr ? *end : nullptr;
  const int result = run(wsi, reason, user, in, length, index, since_ms);
  if (result == 0 && before != nullptr) note_appended(wsi, before, *end);
  return note_result(wsi, reason, index, result, since_ms);
}

[[gnu::noinline]] int dispatch_recorded(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length,
                                        size_t index) {
  const uint32_t roles = roles_of(reason), since_ms = owner_clock_ms();
  if ((roles & role::kIntroducesVhost) != 0 && wsi != nullptr) [[unlikely]]
    learn_vhost(wsi, reason);
  if ((roles & role::kStandIn) != 0) [[unlikely]]
    note_stand_in(wsi, reason);
  record_callback(index, wsi, reason, in, length);
  if ((asked() & kAsksOfCallbacks) != 0 && wsi != nullptr) [[unlikely]]
    return dispatch_on_demand(wsi, reason, user, in, length, index);
  if (reason == LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER)
    return dispatch_appending(wsi, reason, user, in, length, index);
  const int result = run(wsi, reason, user, in, length, index, since_ms);
  const bool noted = is_remarkable(result, since_ms) || ((roles & role::kHandler) != 0 && is_whole(wsi));
  return noted ? note_result(wsi, reason, index, result, since_ms) : result;
}

// The loop of this thread spins, and it is not known why.
[[gnu::noinline]] int dispatch_looked_at(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length,
                                         size_t index) {
  const uint32_t since_ms = owner_clock_ms();
  const int fd = reason == LWS_CALLBACK_RAW_RX_FILE && wsi != nullptr ? api().lws_get_socket_fd(wsi) : -1;
  const int waiting = waiting_before(fd);
  const int result = run(wsi, reason, user, in, length, index, since_ms);
  note_callback(wsi, reason, fd, waiting);
  return note_result(wsi, reason, index, result, since_ms);
}

// Not recorded, but its result, its time or its place says something.
[[gnu::noinline]] int dispatch_watched(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length,
                                       size_t index) {
  if (has_role<role::kWriteable>(reason) && wakes_are_pending()) record_wake(wsi, false);
  if (has_role<role::kStandIn>(reason)) note_stand_in(wsi, reason);
  if (looks_at_callbacks()) [[unlikely]]
    return dispatch_looked_at(wsi, reason, user, in, length, index);
  const uint32_t since_ms = owner_clock_ms();
  const int result = run(wsi, reason, user, in, length, index, since_ms);
  const bool noted = is_remarkable(result, since_ms) || (has_role<role::kHandler>(reason) && is_whole(wsi));
  return noted ? note_result(wsi, reason, index, result, since_ms) : result;
}

// About a descriptor or a lock (is_bookkeeping), as most callbacks are: few registers are saved across the application's.
[[gnu::noinline]] int pass_on(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length,
                              size_t index) {
  const uint32_t since_ms = owner_clock_ms();
  const int result = original_of(index)(wsi, reason, user, in, length);
  if (is_remarkable(result, since_ms)) [[unlikely]]
    return note_result(wsi, reason, index, result, since_ms);
  return result;
}

// The same of one that is none of these.
[[gnu::noinline]] int pass_on_told(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length,
                                   size_t index) {
  const uint32_t since_ms = owner_clock_ms();
  const int result = run(wsi, reason, user, in, length, index, since_ms);
  if (is_remarkable(result, since_ms)) [[unlikely]]
    return note_result(wsi, reason, index, result, since_ms);
  return result;
}

// Only calls in the place of its own return, so that the one that is called does what it must and no more.
int dispatch(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length, size_t index) {
  if (is_bookkeeping(reason)) [[likely]]
    return pass_on(wsi, reason, user, in, length, index);
  const uint32_t roles = roles_of(reason);
  if (roles == 0)
    return can_be_told(reason) ? pass_on_told(wsi, reason, user, in, length, index)
                               : pass_on(wsi, reason, user, in, length, index);
  if ((roles & (role::kRecorded | role::kHandler | role::kStandIn)) == 0 && !wakes_are_pending())
    return pass_on_told(wsi, reason, user, in, length, index);
  if ((roles & role::kRecorded) != 0) return dispatch_recorded(wsi, reason, user, in, length, index);
  return dispatch_watched(wsi, reason, user, in, length, index);
}

template <size_t Index>
int thunk_body(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length) {
  return dispatch(wsi, reason, user, in, length, Index);
}

template <size_t... Indices>
constexpr std::array<lws_callback_function *, sizeof...(Indices)> make_thunks(std::index_sequence<Indices...>) {
  return {thunk_body<Indices>...};
}

constexpr auto g_thunks = make_thunks(std::make_index_sequence<kMaxThunks>());

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

// False: its table was not found. Idempotent.
bool wrap_vhost(lws_vhost *vhost, const lws_context_creation_info *info, const lws_protocols *entry) noexcept {
  forget_vhost(vhost);
  const lws_protocols *first = table_of(vhost, info, entry);
  if (first == nullptr) return false;
  const size_t first_thunk = wrap_entry(first, true);
  for (size_t i = 1; i < kMaxTable && first[i].callback != nullptr; ++i) wrap_entry(first + i, false);
  remember_vhost(vhost, first_thunk);
  return true;
}

}  // namespace

lws_callback_function *thunk(size_t index) noexcept { return g_thunks[index]; }

size_t index_of_thunk(lws_callback_function *callback) noexcept {
  for (size_t i = 0; i < thunks_made(); ++i)
    if (g_thunks[i] == callback) return i;
  return kNoThunk;
}

void vhost_made(lws_vhost *vhost, const lws_context_creation_info *info, const lws_protocols *entry) noexcept {
  if (!is_on() || vhost == nullptr) return;
  const ErrnoGuard guard;
  if (!wrap_vhost(vhost, info, entry)) {
    count_trouble(kVhostNotFound);
    remember_vhost(vhost, kNoThunk);
  }
  record_vhost(k_vhost_created, vhost);
  introduce_protocols();
}

void vhost_going(lws_vhost *vhost) noexcept {
  if (!is_on() || vhost == nullptr) return;
  const ErrnoGuard guard;
  record_vhost(k_vhost_destroyed, vhost);
}

void watch_as_guest(lws_vhost *vhost, const lws_protocols *entry) noexcept {
  if (!is_on() || vhost == nullptr || vhost_index(vhost) != kUnknownVhost) return;
  const ErrnoGuard guard;
  if (wrap_vhost(vhost, nullptr, entry)) begin_guest(vhost);
}

void wrap_host_table(lws_protocols *table) noexcept {
  for (size_t i = 0; table[i].callback != nullptr; ++i) wrap_entry(table + i, i == 0);
}

const lws_protocols *as_wrapped(const lws_protocols *protocol, lws_protocols &copy) noexcept {
  if (!is_on() || protocol == nullptr) return protocol;
  const size_t index = find_thunk(protocol->callback, protocol->name);
  if (index == kNoThunk) return protocol;
  copy = *protocol;
  copy.callback = thunk(index);
  return &copy;
}

}  // namespace wsitrace
