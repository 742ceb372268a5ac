// SPDX-License-Identifier: MIT
//
// What an application asked for when it made a context, as far as it matters to whoever waits for that context.
#ifndef WSITRACE_PROBE_SETTINGS_H
#define WSITRACE_PROBE_SETTINGS_H

#include <libwebsockets.h>

#include "wsitrace/event.h"

namespace wsitrace {

struct Settings {
  ContextFacts facts{};
  ContextOptions options{};
  bool has_options = false;
};

// INFO has the layout of the lws that the host has loaded, which need not be that of the header here.
Settings settings_of(const lws_context_creation_info &info) noexcept;

}  // namespace wsitrace

#endif
