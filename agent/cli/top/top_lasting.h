// SPDX-License-Identifier: MIT
//
// The callbacks that keep an event loop now, a line each:
//
//    Event loop blocked for 2.50 s: LWS_CALLBACK_HTTP of protocol 'dyn', connection 7, thread 0; 4 connections wait
#ifndef WSITRACE_CLI_TOP_TOP_LASTING_H
#define WSITRACE_CLI_TOP_TOP_LASTING_H

#include <vector>

#include "agent/cli/top/top_screen.h"

namespace wsitrace {

// Of all processes that live.
std::vector<TopLine> lasting_lines(const TopInput &input);
// On the thread of CONNECTION, which is of PROCESS.
std::vector<TopLine> lasting_lines(const WatchedFiles::Process &process, const Connection &connection, Ns now_ns);

}  // namespace wsitrace

#endif
