// SPDX-License-Identifier: MIT
//
// The functions of libwebsockets that wsitrace stands in front of: one table, and one body for each (hooks.cpp). A body passes its arguments
// and its result on untouched; what the probe does before or after cannot fail and leaves errno alone. lws calls these through
// its PLT, so its own calls are seen as well as the program's. Hidden paths are not (timeouts, vhost destroy): a connection that ends
// without close_requested ended on one of those.
//
// Bound by a symbol of the same name, which stands first in the search order (agent/entry/preload, with WSITRACE_HOOKS_BY_SYMBOL), or by
// import slots (agent/entry/imports, for plugin and link).
#ifndef WSITRACE_ENTRY_HOOKS_HOOKS_H
#define WSITRACE_ENTRY_HOOKS_HOOKS_H

#include <atomic>
#include <cstddef>

#include <libwebsockets.h>

// X(name)
#define WSITRACE_HOOKS(X)                  \
  X(_lws_log)                              \
  X(lws_service)                           \
  X(lws_service_tsi)                       \
  X(lws_vhost_destroy)                     \
  X(lws_close_free_wsi)                    \
  X(lws_http_transaction_completed)        \
  X(lws_write)                             \
  X(lws_return_http_status)                \
  X(lws_add_http_header_by_token)          \
  X(lws_add_http_header_by_name)           \
  X(lws_add_http_header_status)            \
  X(lws_close_reason)                      \
  X(lws_set_timeout)                       \
  X(lws_callback_on_writable)              \
  X(lws_sul_schedule)                      \
  X(lws_sul_cancel)                        \
  X(lws_set_timer_usecs)                   \
  X(lws_client_connect_via_info)           \
  X(lws_client_http_body_pending)          \
  X(lws_http_client_read)                  \
  X(lws_adopt_descriptor_vhost)            \
  X(lws_callback_on_writable_all_protocol) \
  X(lws_callback_all_protocol)             \
  X(lws_rx_flow_allow_all_protocol)

// Those that came after 4.1.6, or have more parameters since: its header does not declare them so.
#define WSITRACE_NEWER_HOOKS(X) X(_lws_log_cx) X(lws_create_adopt_udp)
// What the bodies call instead, and nothing stands in front of.
#define WSITRACE_CALLED(X) X(_lws_logv) X(lwsl_visible_cx) X(lws_get_count_threads)

// The name of a body.
#if defined(WSITRACE_HOOKS_BY_SYMBOL)
#define WSITRACE_HOOK(name) name
#else
#define WSITRACE_HOOK(name) wsitrace_hook_##name
#endif

namespace wsitrace {

enum HookIndex : size_t {
#define WSITRACE_INDEX(name) kHook_##name,
  WSITRACE_HOOKS(WSITRACE_INDEX) WSITRACE_NEWER_HOOKS(WSITRACE_INDEX) WSITRACE_CALLED(WSITRACE_INDEX)
#undef WSITRACE_INDEX
      kHookCount
};

struct Hook {
  const char *name;
  void *body;                    // nullptr: none, it is only called
  std::atomic<void *> original;  // the host's function of that name; nullptr: not found yet
};
Hook &hook(size_t index) noexcept;
// The host's functions that were found are gone, or others now: all are looked up anew.
void forget_originals() noexcept;

// What the bodies ask of the way in that binds them.
bool hooks_record() noexcept;                    // the probe is on
bool is_observed(const lws *wsi) noexcept;       // an lws that is observed made it
void *find_original(const char *name) noexcept;  // called until there is one

// Found twice at once, it is the same.
template <typename Function>
Function *host_function(HookIndex index) noexcept {
  std::atomic<void *> &original = hook(index).original;
  void *function = original.load(std::memory_order_relaxed);
  if (function == nullptr) [[unlikely]] {
    function = find_original(hook(index).name);
    original.store(function, std::memory_order_relaxed);
  }
  return reinterpret_cast<Function *>(function);
}

// log_hooks.cpp
void forget_log_originals() noexcept;

}  // namespace wsitrace

// WSITRACE_ORIGINAL(lws_write) is that of the host; nullptr when it has none.
#define WSITRACE_ORIGINAL(name) wsitrace::host_function<decltype(::name)>(wsitrace::kHook_##name)

extern "C" {
#define WSITRACE_DECLARE(name) decltype(::name) WSITRACE_HOOK(name);
WSITRACE_HOOKS(WSITRACE_DECLARE)
#undef WSITRACE_DECLARE

// Of 4.2 and later: a type of its own for the context of a log, and the function that puts a prefix before a line. The label keeps it
// apart from the header's own declaration.
using LogPrefix = void (*)(void *, void *, char **, char *);
using LogInContext = void(void *context, LogPrefix, void *object, int level, const char *function, const char *format,
                          ...);
// The last parameter came with 4.2: what 4.1 gets there, it does not look at.
using CreateAdoptUdp = lws *(lws_vhost *vhost, const char *address, int port, int flags, const char *protocol,
                             const char *interface, lws *parent, void *opaque, const lws_retry_bo_t *retry,
                             const char *fault_name);
#if defined(WSITRACE_HOOKS_BY_SYMBOL)
LWS_VISIBLE LogInContext wsitrace_hook__lws_log_cx __asm__("_lws_log_cx");
LWS_VISIBLE CreateAdoptUdp wsitrace_hook_lws_create_adopt_udp __asm__("lws_create_adopt_udp");
#else
LogInContext wsitrace_hook__lws_log_cx;
CreateAdoptUdp wsitrace_hook_lws_create_adopt_udp;
#endif
}

#endif
