// SPDX-License-Identifier: MIT
#include "agent/entry/hooks/hooks.h"

#include "agent/base/clock.h"
#include "agent/probe/answers.h"
#include "agent/probe/bodies.h"
#include "agent/probe/callers.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/finals.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/replies.h"
#include "agent/probe/service.h"
#include "agent/probe/spins.h"
#include "agent/probe/thunks.h"
#include "agent/probe/timeouts.h"
#include "agent/probe/timers.h"
#include "agent/probe/uses.h"
#include "agent/probe/wakes.h"

using wsitrace::hooks_record;

namespace wsitrace {
namespace {

Hook g_hooks[kHookCount] = {
#define WSITRACE_ROW(name) {#name, reinterpret_cast<void *>(&WSITRACE_HOOK(name)), nullptr},
    WSITRACE_HOOKS(WSITRACE_ROW)
#undef WSITRACE_ROW
#define WSITRACE_ROW(name) {#name, reinterpret_cast<void *>(&wsitrace_hook_##name), nullptr},
        WSITRACE_NEWER_HOOKS(WSITRACE_ROW)
#undef WSITRACE_ROW
#define WSITRACE_ROW(name) {#name, nullptr, nullptr},
            WSITRACE_CALLED(WSITRACE_ROW)
#undef WSITRACE_ROW
};

// What CALL returns; records call_failed when that is nullptr: such a call frees what it had made, in some versions without a callback.
// NAME is a literal.
template <typename Call>
lws *watch_for_failure(const char *name, Call call) {
  const uint64_t since_ns = monotonic_ns();
  lws *wsi = call();
  if (wsi != nullptr) return wsi;
  const ErrnoGuard guard;
  record_failed_call(name, since_ns);
  return nullptr;
}

}  // namespace

Hook &hook(size_t index) noexcept { return g_hooks[index]; }

void forget_originals() noexcept {
  for (Hook &each : g_hooks) each.original.store(nullptr, std::memory_order_relaxed);
  forget_log_originals();
}

}  // namespace wsitrace

extern "C" {

// What an application calls that has no loop of its own. lws itself never does.
LWS_VISIBLE int WSITRACE_HOOK(lws_service)(lws_context *context, int timeout_ms) {
  const auto original = WSITRACE_ORIGINAL(lws_service);
  if (original == nullptr) return -1;
  if (!hooks_record()) return original(context, timeout_ms);
  wsitrace::service_begins(context, timeout_ms, wsitrace::kOnlyThread);
  const int result = original(context, timeout_ms);
  wsitrace::service_ends(context, timeout_ms, wsitrace::kOnlyThread);
  return result;
}

// With several service threads, each has its own number.
LWS_VISIBLE int WSITRACE_HOOK(lws_service_tsi)(lws_context *context, int timeout_ms, int tsi) {
  const auto original = WSITRACE_ORIGINAL(lws_service_tsi);
  if (original == nullptr) return -1;
  if (!hooks_record()) return original(context, timeout_ms, tsi);
  if (const auto count = WSITRACE_ORIGINAL(lws_get_count_threads))
    wsitrace::note_service_thread(context, tsi, count(context));
  wsitrace::service_begins(context, timeout_ms, tsi);
  const int result = original(context, timeout_ms, tsi);
  wsitrace::service_ends(context, timeout_ms, tsi);
  return result;
}

LWS_VISIBLE void WSITRACE_HOOK(lws_vhost_destroy)(lws_vhost *vhost) {
  const auto original = WSITRACE_ORIGINAL(lws_vhost_destroy);
  if (original == nullptr) return;
  if (hooks_record()) wsitrace::vhost_going(vhost);
  original(vhost);
}

LWS_VISIBLE void WSITRACE_HOOK(lws_close_free_wsi)(lws *wsi, lws_close_status reason, const char *caller) {
  const auto original = WSITRACE_ORIGINAL(lws_close_free_wsi);
  if (original == nullptr) return;
  if (wsi != nullptr && hooks_record() && wsitrace::is_observed(wsi)) wsitrace::record_close(wsi, reason, caller);
  original(wsi, reason, caller);
}

LWS_VISIBLE int WSITRACE_HOOK(lws_http_transaction_completed)(lws *wsi) {
  const auto original = WSITRACE_ORIGINAL(lws_http_transaction_completed);
  if (original == nullptr) return 1;
  if (hooks_record()) wsitrace::record_completion(wsi);
  return original(wsi);
}

// Of writes, only those of a response are looked at.
LWS_VISIBLE int WSITRACE_HOOK(lws_write)(lws *wsi, unsigned char *buffer, size_t length, lws_write_protocol protocol) {
  const auto original = WSITRACE_ORIGINAL(lws_write);
  if (original == nullptr) return -1;
  if (hooks_record()) {
    wsitrace::note_use(wsi, "lws_write", __builtin_return_address(0));
    wsitrace::note_call(wsi, "lws_write");
    wsitrace::note_work();
  }
  const int result = original(wsi, buffer, length, protocol);
  if (wsitrace::is_of_response(protocol) && result >= 0) {
    wsitrace::note_response_bytes(wsi, buffer, length, protocol);
    if (hooks_record()) wsitrace::body_was_written(wsi);
  }
  return result;
}

LWS_VISIBLE void WSITRACE_HOOK(lws_client_http_body_pending)(lws *wsi, int more) {
  const auto original = WSITRACE_ORIGINAL(lws_client_http_body_pending);
  if (original == nullptr) return;
  if (hooks_record()) wsitrace::body_is_pending(wsi, more != 0);
  original(wsi, more);
}

LWS_VISIBLE int WSITRACE_HOOK(lws_http_client_read)(lws *wsi, char **buffer, int *length) {
  const auto original = WSITRACE_ORIGINAL(lws_http_client_read);
  if (original == nullptr) return -1;
  if (hooks_record() && wsitrace::is_first_read(wsi)) wsitrace::record_about(wsitrace::k_answer_read, wsi, 0, nullptr);
  return original(wsi, buffer, length);
}

LWS_VISIBLE int WSITRACE_HOOK(lws_return_http_status)(lws *wsi, unsigned int code, const char *body) {
  const auto original = WSITRACE_ORIGINAL(lws_return_http_status);
  if (original == nullptr) return 1;
  const int result = original(wsi, code, body);
  if (result == 0) wsitrace::note_status_page(wsi);
  return result;
}

// Of headers, only those are looked at that tell where a response ends and leads.
LWS_VISIBLE int WSITRACE_HOOK(lws_add_http_header_by_token)(lws *wsi, lws_token_indexes token,
                                                            const unsigned char *value, int length, unsigned char **p,
                                                            unsigned char *end) {
  const auto original = WSITRACE_ORIGINAL(lws_add_http_header_by_token);
  if (original == nullptr) return 1;
  if (token == WSI_TOKEN_HTTP_CONTENT_LENGTH) wsitrace::note_content_length(wsi, value, length);
  else if (wsitrace::is_noted(token)) wsitrace::note_header(wsi, token, value, length, __builtin_return_address(0));
  return original(wsi, token, value, length, p, end);
}

// lws comes here for those that it has no token of.
LWS_VISIBLE int WSITRACE_HOOK(lws_add_http_header_by_name)(lws *wsi, const unsigned char *name,
                                                           const unsigned char *value, int length, unsigned char **p,
                                                           unsigned char *end) {
  const auto original = WSITRACE_ORIGINAL(lws_add_http_header_by_name);
  if (original == nullptr) return 1;
  if (wsitrace::may_be_noted(name)) {
    const lws_token_indexes token = wsitrace::token_named(name);
    if (wsitrace::is_noted(token)) wsitrace::note_header(wsi, token, value, length, __builtin_return_address(0));
  }
  return original(wsi, name, value, length, p, end);
}

LWS_VISIBLE int WSITRACE_HOOK(lws_add_http_header_status)(lws *wsi, unsigned int code, unsigned char **p,
                                                          unsigned char *end) {
  const auto original = WSITRACE_ORIGINAL(lws_add_http_header_status);
  if (original == nullptr) return 1;
  if (hooks_record()) wsitrace::record_status(wsi, code);
  if (code == HTTP_STATUS_NO_CONTENT || code == HTTP_STATUS_NOT_MODIFIED) wsitrace::note_bodiless(wsi);
  return original(wsi, code, p, end);
}

LWS_VISIBLE void WSITRACE_HOOK(lws_close_reason)(lws *wsi, lws_close_status status, unsigned char *text,
                                                 size_t length) {
  const auto original = WSITRACE_ORIGINAL(lws_close_reason);
  if (original == nullptr) return;
  if (hooks_record()) {
    wsitrace::note_call(wsi, "lws_close_reason");
    const bool by_lws = wsitrace::is_code_of_lws(__builtin_return_address(0));
    wsitrace::record_close_code(wsi, status, by_lws ? text : nullptr, length);
  }
  original(wsi, status, text, length);
}

LWS_VISIBLE void WSITRACE_HOOK(lws_set_timeout)(lws *wsi, pending_timeout reason, int seconds) {
  const auto original = WSITRACE_ORIGINAL(lws_set_timeout);
  if (original == nullptr) return;
  if (hooks_record()) {
    const bool by_program = !wsitrace::is_code_of_lws(__builtin_return_address(0));
    if (by_program) wsitrace::note_use(wsi, "lws_set_timeout", __builtin_return_address(0));
    wsitrace::note_call(wsi, "lws_set_timeout");
    wsitrace::remember_timeout(wsi, reason, seconds, by_program, wsitrace::owner_clock_ms());
  }
  original(wsi, reason, seconds);
}

LWS_VISIBLE int WSITRACE_HOOK(lws_callback_on_writable)(lws *wsi) {
  const auto original = WSITRACE_ORIGINAL(lws_callback_on_writable);
  if (original == nullptr) return -1;
  if (hooks_record()) {
    const bool by_program = !wsitrace::is_code_of_lws(__builtin_return_address(0));
    if (by_program) wsitrace::note_use(wsi, "lws_callback_on_writable", __builtin_return_address(0));
    const bool on_loop = wsitrace::note_wake(wsi, wsitrace::is_serving());
    if (on_loop && by_program) wsitrace::note_ask(wsi);
  }
  return original(wsi);
}

LWS_VISIBLE void WSITRACE_HOOK(lws_sul_schedule)(lws_context *context, int tsi, lws_sorted_usec_list_t *timer,
                                                 sul_cb_t callback, lws_usec_t us) {
  const auto original = WSITRACE_ORIGINAL(lws_sul_schedule);
  if (original == nullptr) return;
  if (hooks_record()) {
    wsitrace::note_context_call(context, "lws_sul_schedule");
    wsitrace::note_timer(us);
    const bool is_of_lws = wsitrace::is_code_of_lws(reinterpret_cast<const void *>(callback));
    if (us == LWS_SET_TIMER_USEC_CANCEL) wsitrace::timer_cancelled(timer);
    else if (!is_of_lws) wsitrace::timer_set(timer, us);
  }
  original(context, tsi, timer, callback, us);
}

LWS_VISIBLE void WSITRACE_HOOK(lws_sul_cancel)(lws_sorted_usec_list_t *timer) {
  const auto original = WSITRACE_ORIGINAL(lws_sul_cancel);
  if (original == nullptr) return;
  if (hooks_record()) wsitrace::timer_cancelled(timer);
  original(timer);
}

LWS_VISIBLE void WSITRACE_HOOK(lws_set_timer_usecs)(lws *wsi, lws_usec_t us) {
  const auto original = WSITRACE_ORIGINAL(lws_set_timer_usecs);
  if (original == nullptr) return;
  if (hooks_record() && !wsitrace::is_code_of_lws(__builtin_return_address(0))) {
    wsitrace::note_use(wsi, "lws_set_timer_usecs", __builtin_return_address(0));
    if (us == LWS_SET_TIMER_USEC_CANCEL) wsitrace::wsi_timer_cancelled(wsi);
  }
  original(wsi, us);
}

LWS_VISIBLE lws *wsitrace_hook_lws_create_adopt_udp(lws_vhost *vhost, const char *address, int port, int flags,
                                                    const char *protocol, const char *interface, lws *parent,
                                                    void *opaque, const lws_retry_bo_t *retry, const char *fault_name) {
  const auto original = wsitrace::host_function<CreateAdoptUdp>(wsitrace::kHook_lws_create_adopt_udp);
  if (original == nullptr) return nullptr;
  const auto call = [&] {
    return original(vhost, address, port, flags, protocol, interface, parent, opaque, retry, fault_name);
  };
  return hooks_record() ? wsitrace::watch_for_failure("lws_create_adopt_udp", call) : call();
}

LWS_VISIBLE lws *WSITRACE_HOOK(lws_client_connect_via_info)(const lws_client_connect_info *info) {
  const auto original = WSITRACE_ORIGINAL(lws_client_connect_via_info);
  if (original == nullptr) return nullptr;
  if (!hooks_record()) return original(info);
  constexpr const char *kName = "lws_client_connect_via_info";
  if (info != nullptr) {
    wsitrace::note_context_use(info->context, kName);
    wsitrace::note_context_call(info->context, kName);
  }
  wsitrace::record_connect(info);
  return wsitrace::watch_for_failure(kName, [&] {
    const uint64_t since_ns = wsitrace::monotonic_ns();
    wsitrace::call_begins();
    lws *wsi = original(info);
    wsitrace::call_ends();
    wsitrace::note_call_lasted(wsi, kName, since_ns);
    return wsi;
  });
}

LWS_VISIBLE lws *WSITRACE_HOOK(lws_adopt_descriptor_vhost)(lws_vhost *vhost, lws_adoption_type type,
                                                           lws_sock_file_fd_type fd, const char *protocol,
                                                           lws *parent) {
  const auto original = WSITRACE_ORIGINAL(lws_adopt_descriptor_vhost);
  if (original == nullptr) return nullptr;
  if (!hooks_record()) return original(vhost, type, fd, protocol, parent);
  return wsitrace::watch_for_failure("lws_adopt_descriptor_vhost",
                                     [&] { return original(vhost, type, fd, protocol, parent); });
}

// Broadcasts name a protocol by the host's own table, whose callbacks are the originals; lws compares them with those of its
// vhosts, which are wrapped.
LWS_VISIBLE int WSITRACE_HOOK(lws_callback_on_writable_all_protocol)(const lws_context *context,
                                                                     const lws_protocols *protocol) {
  const auto original = WSITRACE_ORIGINAL(lws_callback_on_writable_all_protocol);
  if (original == nullptr) return 0;
  lws_protocols copy;
  return original(context, wsitrace::as_wrapped(protocol, copy));
}

LWS_VISIBLE int WSITRACE_HOOK(lws_callback_all_protocol)(lws_context *context, const lws_protocols *protocol,
                                                         int reason) {
  const auto original = WSITRACE_ORIGINAL(lws_callback_all_protocol);
  if (original == nullptr) return 0;
  lws_protocols copy;
  return original(context, wsitrace::as_wrapped(protocol, copy), reason);
}

LWS_VISIBLE void WSITRACE_HOOK(lws_rx_flow_allow_all_protocol)(const lws_context *context,
                                                               const lws_protocols *protocol) {
  const auto original = WSITRACE_ORIGINAL(lws_rx_flow_allow_all_protocol);
  if (original == nullptr) return;
  lws_protocols copy;
  original(context, wsitrace::as_wrapped(protocol, copy));
}

}  // extern "C"
