// SPDX-License-Identifier: MIT
#include "agent/probe/lws_api.h"

namespace wsitrace {
// The layout and the numbers that the probe relies on; the same in every checked version.
static_assert(sizeof(lws_protocols) == 56 && offsetof(lws_protocols, name) == 0 &&
              offsetof(lws_protocols, callback) == 8);
static_assert(offsetof(lws_context_creation_info, protocols) == 8);
static_assert(offsetof(lws_client_connect_info, address) == 8 && offsetof(lws_client_connect_info, port) == 16 &&
              offsetof(lws_client_connect_info, path) == 24 && offsetof(lws_client_connect_info, method) == 80);
static_assert(LWS_CALLBACK_HTTP_BIND_PROTOCOL == 49 && LWS_CALLBACK_WSI_DESTROY == 30 &&
              LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED == 19 && LWS_CALLBACK_CLIENT_HTTP_DROP_PROTOCOL == 76);

}  // namespace wsitrace
