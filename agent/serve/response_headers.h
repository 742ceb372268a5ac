// SPDX-License-Identifier: MIT
#ifndef WSITRACE_SERVE_RESPONSE_HEADERS_H
#define WSITRACE_SERVE_RESPONSE_HEADERS_H

#include <libwebsockets.h>

#include "agent/serve/site.h"

namespace wsitrace {

// Sends a response's headers, security headers included. CLOSES: the connection ends with it. LAST: there is no body to follow.
// False: they could not be sent.
bool send_response_headers(lws *wsi, const Response &response, bool closes, bool last);

}  // namespace wsitrace

#endif
