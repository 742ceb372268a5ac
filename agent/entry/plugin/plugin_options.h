// SPDX-License-Identifier: MIT
//
// The plugin's per-vhost options, from the vhost's "ws-protocols" entry:
//
//   "wsitrace": { "status": "ok", "trace": "/var/log/lwsws/%p.wsitrace", "ring": "/dev/shm/lwsws.%p.ring",
//                 "ring-slots": "32768", "history": "10000", "no-args": "1", "hosts": "a.example",
//                 "token-file": "/etc/lwsws/token", "metrics-only": "1" }
//
// The first five are of the process: those of the first vhost count. The last three are of the vhost, for what it serves.
//
// "%p" becomes the process id: lwsws serves with two processes while it reloads.
#ifndef WSITRACE_ENTRY_PLUGIN_PLUGIN_OPTIONS_H
#define WSITRACE_ENTRY_PLUGIN_PLUGIN_OPTIONS_H

#include <string>
#include <vector>

#include <libwebsockets.h>

#include "agent/entry/inprocess/in_process.h"
#include "agent/serve/access.h"

namespace wsitrace {

struct PluginOptions {
  InProcessOptions tracer;
  Access access;
  std::vector<std::string> complaints;  // one line each: unknown keys, values out of range; all are ignored
};

// Never fails: what makes no sense is named in `complaints` and keeps its default.
PluginOptions plugin_options_from(const lws_protocol_vhost_options *options);

}  // namespace wsitrace

#endif
