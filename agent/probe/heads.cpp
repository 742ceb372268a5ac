// SPDX-License-Identifier: MIT
#include "agent/probe/heads.h"

#include <strings.h>

#include "agent/probe/probe.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

// Whether the value of a header is WANTED, or, where that is nullptr, a number.
bool is_header(lws *wsi, lws_token_indexes token, const char *wanted) noexcept {
  char text[24];
  const int length = api().lws_hdr_copy(wsi, text, sizeof text, token);
  if (length <= 0) return false;
  return wanted == nullptr ? text[0] >= '0' && text[0] <= '9' : strcasecmp(text, wanted) == 0;
}

}  // namespace

uint8_t flags_of_body(lws *wsi) noexcept {
  uint8_t flags = 0;
  if (is_header(wsi, WSI_TOKEN_HTTP_EXPECT, "100-continue")) flags |= kExpectsContinue;
  if (is_header(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING, "chunked")) flags |= kBodyInChunks;
  else if (!is_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, nullptr)) flags |= kNoBodyLength;
  return flags;
}

}  // namespace wsitrace
