// SPDX-License-Identifier: MIT
//
// The wsis whose application has written a response whole (LWS_WRITE_HTTP_FINAL, as many bytes as its content-length promised,
// lws_return_http_status) and has not said so by lws_http_transaction_completed() yet. As a rule it does at once, so this is no
// event; what is left when its handler returns, or when the next request or the end comes, is one (response_written). So is how far a
// response got that is not whole by then (response_part).
//
// Cost:   a header that is no content-length: a few compares. A write: a hash and some stores, of a body also a coarse clock read. A handler
//         that returns: a hash and two loads.
// Limits: kFinalSlots wsis, the latest of those that share a slot. A head that goes out together with the beginning of the body is not
//         told apart from it: then only LWS_WRITE_HTTP_FINAL counts.
#ifndef WSITRACE_PROBE_FINALS_H
#define WSITRACE_PROBE_FINALS_H

#include <cstddef>

#include "wsitrace/event.h"

namespace wsitrace {

inline constexpr size_t kFinalSlots = 4096;  // a power of two

// PROTOCOL, of lws_write(), is that of a response or of its head: LWS_WRITE_HTTP, ..._FINAL, ..._HEADERS.
constexpr bool is_of_response(unsigned protocol) noexcept { return (0x188U >> (protocol & 0x1f) & 1) != 0; }

// lws_add_http_header_by_token() adds the content-length VALUE to the head of a response.
void note_content_length(const void *wsi, const unsigned char *value, int length) noexcept;
// lws_write() took LENGTH bytes at DATA of a response.
void note_response_bytes(const void *wsi, const unsigned char *data, size_t length, unsigned protocol) noexcept;
// Its head says Transfer-Encoding: chunked, and the application makes the chunks.
void note_chunked(const void *wsi) noexcept;
// lws_return_http_status() wrote a whole one, or the head of one.
void note_status_page(const void *wsi) noexcept;

// The response that follows has no body: it is one to HEAD, or has status 204 or 304.
void note_bodiless(const void *wsi) noexcept;

void forget_final(const void *wsi) noexcept;
// Whether one was begun, whole or not, and nobody has said so.
bool has_response(const void *wsi) noexcept;

struct Final {
  int ago_ms = -1;           // when it was written; -1: it was not
  bool status_page = false;  // by lws_return_http_status()
  bool cut_short = false;    // as the last, but less than its content-length promised
};
// Forgets it, unless it is not whole.
Final take_final(const void *wsi) noexcept;
// Whether a response was written whole, and nobody has said so.
bool is_whole(const void *wsi) noexcept;

// It is about to be completed: what has not told the peer that this was all, kStreamNotEnded where it is a stream's, kChunksNotEnded else.
int missing_ends(const void *wsi) noexcept;
// It is completed: has it another length than its content-length promised, or a body where none may be (then 0 bytes are promised)? Forgets it.
bool take_wrong_length(const void *wsi, ResponseFacts &facts) noexcept;
// One that was begun and is not whole. Forgets it; false: there is none.
bool take_part(const void *wsi, ResponseFacts &facts) noexcept;
// The wsi of slot I, nullptr: none.
const void *wsi_with_response(size_t i) noexcept;

}  // namespace wsitrace

#endif
