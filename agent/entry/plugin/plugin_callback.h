/* SPDX-License-Identifier: MIT */
#ifndef WSITRACE_ENTRY_PLUGIN_PLUGIN_CALLBACK_H
#define WSITRACE_ENTRY_PLUGIN_PLUGIN_CALLBACK_H

#include <libwebsockets.h>

/* Per-session memory of the plugin's protocol; plugin.cpp asserts that its session fits. */
#define WSITRACE_PLUGIN_SESSION_BYTES 64

#ifdef __cplusplus
extern "C" {
#endif

int wsitrace_plugin_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

#ifdef __cplusplus
}
#endif

#endif
