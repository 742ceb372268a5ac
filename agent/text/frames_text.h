// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TEXT_FRAMES_TEXT_H
#define WSITRACE_TEXT_FRAMES_TEXT_H

#include <string>
#include <vector>

#include "agent/timeline/frame.h"

namespace wsitrace {

// One printable line a frame, innermost first, from the first one outside of libwebsockets to main() or what calls that:
// "connect_again  src/client.c:41", "0x1f3a0 in /usr/lib/libfoo.so.1".
std::vector<std::string> lines_of(const Frames &frames);

}  // namespace wsitrace

#endif
