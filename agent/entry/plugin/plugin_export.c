/* SPDX-License-Identifier: MIT
 *
 * What lws's plugin loader looks for: a symbol named like the file behind "libprotocol_". In C, because C++ has a namespace of
 * that name. */
#include <libwebsockets.h>

#include "agent/entry/plugin/plugin_callback.h"

static const struct lws_protocols wsitrace_protocols[] = {
    {"wsitrace", wsitrace_plugin_callback, WSITRACE_PLUGIN_SESSION_BYTES, 0, 0, NULL, 0},
};

__attribute__((visibility("default"))) const lws_plugin_protocol_t wsitrace = {
    .hdr =
        {
            .name = "wsitrace",
            ._class = "lws_protocol_plugin",
#if LWS_PLUGIN_API_MAGIC > 190 /* 4.2 and later compare it with their own */
            .lws_build_hash = LWS_BUILD_HASH,
#endif
            .api_magic = LWS_PLUGIN_API_MAGIC,
        },
    .protocols = wsitrace_protocols,
    .count_protocols = LWS_ARRAY_SIZE(wsitrace_protocols),
    .extensions = NULL,
    .count_extensions = 0,
};
