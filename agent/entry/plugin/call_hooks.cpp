// SPDX-License-Identifier: MIT
#include "agent/entry/plugin/call_hooks.h"

#include <iterator>

#include <libwebsockets.h>

#include "agent/entry/plugin/got_patch.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"

namespace wsitrace {
namespace {

// Calls from this file reach lws itself: import slots of this library are not redirected.

int on_writable_all_protocol(const lws_context *context, const lws_protocols *protocol) {
  lws_protocols copy;
  return lws_callback_on_writable_all_protocol(context, as_wrapped(protocol, copy));
}

int all_protocol(lws_context *context, const lws_protocols *protocol, int reason) {
  lws_protocols copy;
  return lws_callback_all_protocol(context, as_wrapped(protocol, copy), reason);
}

void rx_flow_allow_all_protocol(const lws_context *context, const lws_protocols *protocol) {
  lws_protocols copy;
  lws_rx_flow_allow_all_protocol(context, as_wrapped(protocol, copy));
}

void close_free_wsi(lws *wsi, lws_close_status reason, const char *caller) {
  if (wsi != nullptr) record_about(k_close_requested, wsi, reason, caller);
  lws_close_free_wsi(wsi, reason, caller);
}

int http_transaction_completed(lws *wsi) {
  record_about(k_transaction_completed, wsi, 0, nullptr);
  return lws_http_transaction_completed(wsi);
}

int add_http_header_status(lws *wsi, unsigned int code, unsigned char **p, unsigned char *end) {
  record_about(k_status_sent, wsi, static_cast<int>(code & 0xffff), nullptr);
  return lws_add_http_header_status(wsi, code, p, end);
}

void close_reason(lws *wsi, lws_close_status status, unsigned char *text, size_t length) {
  record_about(k_close_code_sent, wsi, status, nullptr);
  lws_close_reason(wsi, status, text, length);
}

}  // namespace

void hook_calls() noexcept {
  const ErrnoGuard guard;
  const Redirection redirections[] = {
      {"lws_callback_on_writable_all_protocol", reinterpret_cast<void *>(on_writable_all_protocol)},
      {"lws_callback_all_protocol", reinterpret_cast<void *>(all_protocol)},
      {"lws_rx_flow_allow_all_protocol", reinterpret_cast<void *>(rx_flow_allow_all_protocol)},
      {"lws_close_free_wsi", reinterpret_cast<void *>(close_free_wsi)},
      {"lws_http_transaction_completed", reinterpret_cast<void *>(http_transaction_completed)},
      {"lws_add_http_header_status", reinterpret_cast<void *>(add_http_header_status)},
      {"lws_close_reason", reinterpret_cast<void *>(close_reason)},
  };
  const size_t changed =
      redirect_imports(redirections, std::size(redirections), reinterpret_cast<const void *>(&hook_calls));
  if (changed > 0) record_own(k_calls_observed, nullptr, static_cast<int>(changed), nullptr);
}

}  // namespace wsitrace
