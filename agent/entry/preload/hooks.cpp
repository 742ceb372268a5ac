// SPDX-License-Identifier: MIT
//
// The functions of libwebsockets that this library puts itself in front of. Each passes its arguments and its result on
// untouched; what the probe does before or after cannot fail and leaves errno alone.
//
// lws calls these through its PLT, so its own calls are seen as well as the program's. Hidden paths are not (timeouts,
// vhost destroy): a connection that ends without close_requested ended on one of those.
#include <libwebsockets.h>

#include "agent/entry/imports/watch_failure.h"
#include "agent/entry/preload/real_lws.h"
#include "agent/probe/contexts.h"
#include "agent/probe/descriptors.h"
#include "agent/probe/finals.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/timeouts.h"

using wsitrace::probe_ready;

namespace {

// An lws that is linked statically does not come here; what stands beside it may call the shared one about its objects.
bool is_observed(const lws_context *context) noexcept {
  if (!wsitrace::is_unseen_context(context)) return true;
  wsitrace::leave_process_notice("it uses a libwebsockets that is linked statically into it, or loaded past wsitrace");
  return false;
}

bool is_observed(const lws *wsi) noexcept {
  const auto context_of = wsitrace::api().lws_get_context;
  return context_of == nullptr || is_observed(context_of(wsi));
}

}  // namespace

extern "C" {

LWS_VISIBLE struct lws_context *lws_create_context(const struct lws_context_creation_info *info) {
  const auto real = WSITRACE_REAL(lws_create_context);
  if (real == nullptr) return nullptr;
  const bool ready = probe_ready();
  wsitrace::context_begins();
  struct lws_context *context = real(info);
  wsitrace::context_begun(context);
  wsitrace::context_seen(context);
  if (ready && context != nullptr) wsitrace::record_own(wsitrace::k_context_created, context, 0, nullptr);
  return context;
}

LWS_VISIBLE void lws_context_destroy(struct lws_context *context) {
  const auto real = WSITRACE_REAL(lws_context_destroy);
  if (real == nullptr) return;
  const bool ready = context != nullptr && probe_ready() && is_observed(context);
  if (ready) wsitrace::record_own(wsitrace::k_context_destroyed, context, 0, nullptr);
  real(context);
  if (ready) wsitrace::context_ends(context);
  if (ready) wsitrace::record_own(wsitrace::k_context_destroyed, context, 1, nullptr);
}

// lws_create_context comes here too, through the PLT.
LWS_VISIBLE struct lws_vhost *lws_create_vhost(struct lws_context *context,
                                               const struct lws_context_creation_info *info) {
  const auto real = WSITRACE_REAL(lws_create_vhost);
  if (real == nullptr) return nullptr;
  const bool ready = probe_ready();
  wsitrace::context_seen(context);
  struct lws_vhost *vhost = real(context, info);
  if (ready) wsitrace::vhost_made(vhost, info, nullptr);
  return vhost;
}

LWS_VISIBLE void lws_vhost_destroy(struct lws_vhost *vhost) {
  const auto real = WSITRACE_REAL(lws_vhost_destroy);
  if (real == nullptr) return;
  if (probe_ready()) wsitrace::vhost_going(vhost);
  real(vhost);
}

LWS_VISIBLE void lws_close_free_wsi(struct lws *wsi, enum lws_close_status reason, const char *caller) {
  const auto real = WSITRACE_REAL(lws_close_free_wsi);
  if (real == nullptr) return;
  if (wsi != nullptr && probe_ready() && is_observed(wsi)) wsitrace::record_close(wsi, reason, caller);
  real(wsi, reason, caller);
}

LWS_VISIBLE int lws_http_transaction_completed(struct lws *wsi) {
  const auto real = WSITRACE_REAL(lws_http_transaction_completed);
  if (real == nullptr) return 1;
  if (probe_ready()) wsitrace::record_completion(wsi);
  return real(wsi);
}

// Of writes, only those of a response are looked at.
LWS_VISIBLE int lws_write(struct lws *wsi, unsigned char *buf, size_t len, enum lws_write_protocol protocol) {
  const auto real = WSITRACE_REAL(lws_write);
  if (real == nullptr) return -1;
  const int result = real(wsi, buf, len, protocol);
  if (wsitrace::is_of_response(protocol) && result >= 0) wsitrace::note_response_bytes(wsi, len, protocol);
  return result;
}

LWS_VISIBLE int lws_return_http_status(struct lws *wsi, unsigned int code, const char *html_body) {
  const auto real = WSITRACE_REAL(lws_return_http_status);
  if (real == nullptr) return 1;
  const int result = real(wsi, code, html_body);
  if (result == 0) wsitrace::note_status_page(wsi);
  return result;
}

// Of headers, only the length of the response is looked at.
LWS_VISIBLE int lws_add_http_header_by_token(struct lws *wsi, enum lws_token_indexes token, const unsigned char *value,
                                             int length, unsigned char **p, unsigned char *end) {
  const auto real = WSITRACE_REAL(lws_add_http_header_by_token);
  if (real == nullptr) return 1;
  if (token == WSI_TOKEN_HTTP_CONTENT_LENGTH) wsitrace::note_content_length(wsi, value, length);
  return real(wsi, token, value, length, p, end);
}

LWS_VISIBLE int lws_add_http_header_status(struct lws *wsi, unsigned int code, unsigned char **p, unsigned char *end) {
  const auto real = WSITRACE_REAL(lws_add_http_header_status);
  if (real == nullptr) return 1;
  if (probe_ready()) wsitrace::record_status(wsi, code);
  return real(wsi, code, p, end);
}

LWS_VISIBLE void lws_close_reason(struct lws *wsi, enum lws_close_status status, unsigned char *buf, size_t len) {
  const auto real = WSITRACE_REAL(lws_close_reason);
  if (real == nullptr) return;
  if (probe_ready()) wsitrace::record_about(wsitrace::k_close_code_sent, wsi, status, nullptr);
  real(wsi, status, buf, len);
}

LWS_VISIBLE struct lws *lws_client_connect_via_info(const struct lws_client_connect_info *info) {
  const auto real = WSITRACE_REAL(lws_client_connect_via_info);
  if (real == nullptr) return nullptr;
  if (!probe_ready()) return real(info);
  wsitrace::record_connect(info);
  return wsitrace::watch_for_failure("lws_client_connect_via_info", [&] { return real(info); });
}

LWS_VISIBLE void lws_set_timeout(struct lws *wsi, enum pending_timeout reason, int seconds) {
  const auto real = WSITRACE_REAL(lws_set_timeout);
  if (real == nullptr) return;
  if (probe_ready()) wsitrace::remember_timeout(wsi, reason, seconds);
  real(wsi, reason, seconds);
}

LWS_VISIBLE struct lws *lws_adopt_descriptor_vhost(struct lws_vhost *vh, lws_adoption_type type,
                                                   lws_sock_file_fd_type fd, const char *protocol, struct lws *parent) {
  const auto real = WSITRACE_REAL(lws_adopt_descriptor_vhost);
  if (real == nullptr) return nullptr;
  if (!probe_ready()) return real(vh, type, fd, protocol, parent);
  return wsitrace::watch_for_failure("lws_adopt_descriptor_vhost",
                                     [&] { return real(vh, type, fd, protocol, parent); });
}

// Broadcasts name a protocol by the host's own table, whose callbacks are the originals; lws compares them with those of its
// vhosts, which are wrapped.
LWS_VISIBLE int lws_callback_on_writable_all_protocol(const struct lws_context *context,
                                                      const struct lws_protocols *protocol) {
  const auto real = WSITRACE_REAL(lws_callback_on_writable_all_protocol);
  if (real == nullptr) return 0;
  struct lws_protocols copy;
  return real(context, wsitrace::as_wrapped(protocol, copy));
}

LWS_VISIBLE int lws_callback_all_protocol(struct lws_context *context, const struct lws_protocols *protocol,
                                          int reason) {
  const auto real = WSITRACE_REAL(lws_callback_all_protocol);
  if (real == nullptr) return 0;
  struct lws_protocols copy;
  return real(context, wsitrace::as_wrapped(protocol, copy), reason);
}

LWS_VISIBLE void lws_rx_flow_allow_all_protocol(const struct lws_context *context,
                                                const struct lws_protocols *protocol) {
  const auto real = WSITRACE_REAL(lws_rx_flow_allow_all_protocol);
  if (real == nullptr) return;
  struct lws_protocols copy;
  real(context, wsitrace::as_wrapped(protocol, copy));
}

}  // extern "C"
