// SPDX-License-Identifier: MIT
//
// Heads of responses that leave their client in doubt: with neither length nor chunks on a connection that goes on, so that nobody knows
// where the body ends; in answer to a request that is half of a websocket upgrade, the other half of which was lost on its way; with a
// Location that leads nowhere; or, on HTTP/2, with headers that are of HTTP/1.1 only.
//
// Cost:   a hash, two loads and one look at the request's headers for each head; where it has no length, a look at what was written of it.
//         A header by token: a few compares; by name: one of its first letter, and of its name where that fits.
// Limits: heads that the application makes without lws_finalize_http_header() are not seen.
#ifndef WSITRACE_PROBE_REPLIES_H
#define WSITRACE_PROBE_REPLIES_H

#include <libwebsockets.h>

namespace wsitrace {

// lws_finalize_http_header(WSI) is about to end the head that was written up to WRITTEN.
void note_head(lws *wsi, const unsigned char *written) noexcept;

// The headers that are looked at.
constexpr bool is_noted(lws_token_indexes token) noexcept {
  return token == WSI_TOKEN_HTTP_LOCATION || token == WSI_TOKEN_HTTP_TRANSFER_ENCODING || token == WSI_TOKEN_CONNECTION;
}
// Which of them has NAME, with the colon that lws wants behind it; else one that is not noted.
lws_token_indexes token_named(const unsigned char *name) noexcept;
// Whether it may be one of them, by its first letters: nearly none is.
inline bool may_be_noted(const unsigned char *name) noexcept {
  if (name == nullptr || name[0] == 0) return false;
  const unsigned first = name[0] | 0x20u;
  if (first == 'c') return (name[1] | 0x20u) == 'o' && (name[2] | 0x20u) == 'n' && (name[3] | 0x20u) == 'n';
  return first == 'k' || first == 'l' || first == 't';
}
// CALLER is about to add that header, which is_noted(), to a head.
void note_header(lws *wsi, lws_token_indexes token, const unsigned char *value, int length,
                 const void *caller) noexcept;

}  // namespace wsitrace

#endif
