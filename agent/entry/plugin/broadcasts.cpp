// SPDX-License-Identifier: MIT
#include "agent/entry/plugin/broadcasts.h"

#include <libwebsockets.h>

#include "agent/entry/plugin/got_patch.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"

namespace wsitrace {
namespace {

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

}  // namespace

void keep_broadcasts_working() noexcept {
  const ErrnoGuard guard;
  const Redirection redirections[] = {
      {"lws_callback_on_writable_all_protocol", reinterpret_cast<void *>(on_writable_all_protocol)},
      {"lws_callback_all_protocol", reinterpret_cast<void *>(all_protocol)},
      {"lws_rx_flow_allow_all_protocol", reinterpret_cast<void *>(rx_flow_allow_all_protocol)},
  };
  redirect_imports(redirections, 3, reinterpret_cast<const void *>(&keep_broadcasts_working));
}

}  // namespace wsitrace
