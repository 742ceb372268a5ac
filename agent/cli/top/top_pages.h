// SPDX-License-Identifier: MIT
//
// What `wsitrace top` shows instead of the table: one connection, and help. Their lines scroll.
#ifndef WSITRACE_CLI_TOP_TOP_PAGES_H
#define WSITRACE_CLI_TOP_TOP_PAGES_H

#include "agent/cli/top/top_screen.h"

namespace wsitrace {

// The one that is selected, with its timeline as `wsitrace report --conn` tells it.
TopScreen draw_connection(const TopInput &input, const TopChoice &choice, const TopSize &size);
TopScreen draw_help(const TopChoice &choice, const TopSize &size);

}  // namespace wsitrace

#endif
