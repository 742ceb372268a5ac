// SPDX-License-Identifier: MIT
//
// What the head of a request says of the body that it brings. Of the values of its headers none is kept.
//
// Cost: three looks at headers, for a request whose method brings a body.
#ifndef WSITRACE_PROBE_HEADS_H
#define WSITRACE_PROBE_HEADS_H

#include <libwebsockets.h>

#include <cstdint>

namespace wsitrace {

// Flags of FILTER_HTTP_CONNECTION: kBodyInChunks, kNoBodyLength, kExpectsContinue.
uint8_t flags_of_body(lws *wsi) noexcept;

}  // namespace wsitrace

#endif
