// SPDX-License-Identifier: MIT
#include "agent/entry/imports/calls.h"

#include <dlfcn.h>
#include <iterator>

#include <libwebsockets.h>

#include "agent/entry/imports/lws_object.h"
#include "agent/entry/imports/redirect.h"
#include "agent/entry/imports/watch_failure.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/finals.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/timeouts.h"

namespace wsitrace {
namespace {

// X(name): a replacement of that name stands below.
#define WSITRACE_HOOKED_CALLS(X)           \
  X(lws_callback_on_writable_all_protocol) \
  X(lws_callback_all_protocol)             \
  X(lws_rx_flow_allow_all_protocol)        \
  X(lws_close_free_wsi)                    \
  X(lws_http_transaction_completed)        \
  X(lws_add_http_header_status)            \
  X(lws_close_reason)                      \
  X(lws_write)                             \
  X(lws_return_http_status)                \
  X(lws_add_http_header_by_token)          \
  X(lws_set_timeout)                       \
  X(lws_vhost_destroy)                     \
  X(lws_client_connect_via_info)           \
  X(lws_adopt_descriptor_vhost)

// The host's own functions of these names.
struct HostCalls {
#define WSITRACE_MEMBER(name) decltype(&::name) name;
  WSITRACE_HOOKED_CALLS(WSITRACE_MEMBER)
#undef WSITRACE_MEMBER
};
HostCalls g_host;

struct Hooks {
  static int lws_callback_on_writable_all_protocol(const lws_context *context, const lws_protocols *protocol) {
    lws_protocols copy;
    return g_host.lws_callback_on_writable_all_protocol(context, as_wrapped(protocol, copy));
  }

  static int lws_callback_all_protocol(lws_context *context, const lws_protocols *protocol, int reason) {
    lws_protocols copy;
    return g_host.lws_callback_all_protocol(context, as_wrapped(protocol, copy), reason);
  }

  static void lws_rx_flow_allow_all_protocol(const lws_context *context, const lws_protocols *protocol) {
    lws_protocols copy;
    g_host.lws_rx_flow_allow_all_protocol(context, as_wrapped(protocol, copy));
  }

  static void lws_close_free_wsi(lws *wsi, lws_close_status reason, const char *caller) {
    if (wsi != nullptr) record_close(wsi, reason, caller);
    g_host.lws_close_free_wsi(wsi, reason, caller);
  }

  static int lws_http_transaction_completed(lws *wsi) {
    record_completion(wsi);
    return g_host.lws_http_transaction_completed(wsi);
  }

  static int lws_add_http_header_status(lws *wsi, unsigned int code, unsigned char **p, unsigned char *end) {
    record_status(wsi, code);
    return g_host.lws_add_http_header_status(wsi, code, p, end);
  }

  static void lws_close_reason(lws *wsi, lws_close_status status, unsigned char *text, size_t length) {
    record_about(k_close_code_sent, wsi, status, nullptr);
    g_host.lws_close_reason(wsi, status, text, length);
  }

  static int lws_write(lws *wsi, unsigned char *buffer, size_t length, lws_write_protocol protocol) {
    const int result = g_host.lws_write(wsi, buffer, length, protocol);
    if (is_of_response(protocol) && result >= 0) note_response_bytes(wsi, length, protocol);
    return result;
  }

  static int lws_return_http_status(lws *wsi, unsigned int code, const char *body) {
    const int result = g_host.lws_return_http_status(wsi, code, body);
    if (result == 0) note_status_page(wsi);
    return result;
  }

  static int lws_add_http_header_by_token(lws *wsi, lws_token_indexes token, const unsigned char *value, int length,
                                          unsigned char **p, unsigned char *end) {
    if (token == WSI_TOKEN_HTTP_CONTENT_LENGTH) note_content_length(wsi, value, length);
    return g_host.lws_add_http_header_by_token(wsi, token, value, length, p, end);
  }

  static void lws_set_timeout(lws *wsi, pending_timeout reason, int seconds) {
    remember_timeout(wsi, reason, seconds);
    g_host.lws_set_timeout(wsi, reason, seconds);
  }

  static void lws_vhost_destroy(lws_vhost *vhost) {
    vhost_going(vhost);
    g_host.lws_vhost_destroy(vhost);
  }

  static lws *lws_client_connect_via_info(const lws_client_connect_info *info) {
    record_connect(info);
    return watch_for_failure("lws_client_connect_via_info", [&] { return g_host.lws_client_connect_via_info(info); });
  }

  static lws *lws_adopt_descriptor_vhost(lws_vhost *vhost, lws_adoption_type type, lws_sock_file_fd_type fd,
                                         const char *protocol, lws *parent) {
    return watch_for_failure("lws_adopt_descriptor_vhost",
                             [&] { return g_host.lws_adopt_descriptor_vhost(vhost, type, fd, protocol, parent); });
  }
};

}  // namespace

void hook_calls(const void *lws_function) noexcept {
  const ErrnoGuard guard;
  void *library = open_object_of(lws_function);
  if (library == nullptr) return;
#define WSITRACE_FIND(name) g_host.name = reinterpret_cast<decltype(g_host.name)>(dlsym(library, #name));
  WSITRACE_HOOKED_CALLS(WSITRACE_FIND)
#undef WSITRACE_FIND
  dlclose(library);  // only our own reference: the host keeps its library
  const Redirection redirections[] = {
#define WSITRACE_REDIRECT(name) {#name, g_host.name != nullptr ? reinterpret_cast<void *>(Hooks::name) : nullptr},
      WSITRACE_HOOKED_CALLS(WSITRACE_REDIRECT)
#undef WSITRACE_REDIRECT
  };
  const size_t changed =
      redirect_imports(redirections, std::size(redirections), {reinterpret_cast<const void *>(&hook_calls), false});
  if (changed > 0) record_own(k_calls_observed, nullptr, static_cast<int>(changed), nullptr);
}

}  // namespace wsitrace
