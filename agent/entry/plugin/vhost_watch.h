// SPDX-License-Identifier: MIT
//
// Vhosts that have not enabled the plugin: lws puts outbound connections that name no vhost, those of proxy mounts for instance, on
// the first vhost, on "default", or on one of its own ("_ss_default"). They become guests of the probe (agent/probe/guests.h).
//
// How:     lws loads its plugins before it makes vhosts. When this library is loaded, it redirects the import slots of lws_create_vhost,
//          lws_vhost_destroy and lws_context_destroy; what is made before the plugin is enabled somewhere waits.
//          Where nobody enables it, that is all that happens.
// Threads: any.
#ifndef WSITRACE_ENTRY_PLUGIN_VHOST_WATCH_H
#define WSITRACE_ENTRY_PLUGIN_VHOST_WATCH_H

#include <libwebsockets.h>

namespace wsitrace {

// The plugin is enabled on VHOST, which the probe has been told.
void vhost_enabled(const lws_vhost *vhost);
// The probe is on: those that wait become guests.
void watch_waiting_vhosts();

}  // namespace wsitrace

#endif
