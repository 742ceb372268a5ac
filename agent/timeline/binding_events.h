// SPDX-License-Identifier: MIT
//
// Which events begin a binding and which end it: lws has a pair of callbacks for each role.
#ifndef WSITRACE_TIMELINE_BINDING_EVENTS_H
#define WSITRACE_TIMELINE_BINDING_EVENTS_H

#include "wsitrace/event.h"

namespace wsitrace {

constexpr bool is_bind(int kind) {
  switch (kind) {
    case k_HTTP_BIND_PROTOCOL:
    case k_CLIENT_HTTP_BIND_PROTOCOL:
    case k_WS_SERVER_BIND_PROTOCOL:
    case k_WS_CLIENT_BIND_PROTOCOL:
    case k_RAW_SKT_BIND_PROTOCOL:
    case k_RAW_FILE_BIND_PROTOCOL:
    case k_RAW_PROXY_SRV_BIND_PROTOCOL:
    case k_RAW_PROXY_CLI_BIND_PROTOCOL:
    case k_MQTT_IDLE: return true;
    default: return false;
  }
}

constexpr bool is_drop(int kind) {
  switch (kind) {
    case k_HTTP_DROP_PROTOCOL:
    case k_CLIENT_HTTP_DROP_PROTOCOL:
    case k_WS_SERVER_DROP_PROTOCOL:
    case k_WS_CLIENT_DROP_PROTOCOL:
    case k_RAW_SKT_DROP_PROTOCOL:
    case k_RAW_FILE_DROP_PROTOCOL:
    case k_RAW_PROXY_SRV_DROP_PROTOCOL:
    case k_RAW_PROXY_CLI_DROP_PROTOCOL:
    case k_MQTT_DROP_PROTOCOL: return true;
    default: return false;
  }
}

}  // namespace wsitrace

#endif
