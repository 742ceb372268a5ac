// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TEXT_FRAMES_TEXT_H
#define WSITRACE_TEXT_FRAMES_TEXT_H

#include <optional>
#include <string>
#include <vector>

#include "agent/timeline/frame.h"

namespace wsitrace {

// One printable line a frame, innermost first, from the first one outside of libwebsockets to main() or what calls that:
// "connect_again  src/client.c:41", "0x1f3a0 in /usr/lib/libfoo.so.1".
std::vector<std::string> lines_of(const Frames &frames);

// Short, for the middle of a line: "callback_http, server.c:52", "callback_http in libfoo.so"; empty: no name is known.
std::string place_text(const std::optional<Frame> &function);

}  // namespace wsitrace

#endif
