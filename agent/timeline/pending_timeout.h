// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TIMELINE_PENDING_TIMEOUT_H
#define WSITRACE_TIMELINE_PENDING_TIMEOUT_H

#include <cstdint>
#include <string>

namespace wsitrace {

// A pending timeout (include/wsitrace/event.h) in words: "HTTP_KEEPALIVE_IDLE, 5 s". The names are those of enum pending_timeout in
// <libwebsockets.h>, whose numbers are the same from 4.1.6 to 5.0.
std::string pending_timeout_text(int32_t value);

}  // namespace wsitrace

#endif
