// SPDX-License-Identifier: MIT
//
// What lws's own words mean: the cause that a DROP carries and the caller that a close names. A string is looked at once, when
// it is told; an event then costs an array look-up.
//
// Source: string literals in libwebsockets 4.1.6 to 5.0 at the calls of lws_bind_protocol() and lws_close_free_wsi(). One that
//         is not listed here is Word::kOther.
#ifndef WSITRACE_TIMELINE_WORDS_H
#define WSITRACE_TIMELINE_WORDS_H

#include <cstdint>
#include <string_view>

namespace wsitrace {

enum class Word : uint8_t {
  kOther,
  // causes of a DROP
  kTransactionCompleted,
  // callers of a close
  kSocketFailed,      // read said EOF or error, or the transaction that just ended was the last one
  kServiceSaidClose,  // hang-up, error, or a handler asked for the close
  kH1Bail,            // parser, lws or handler refused
  kH2Bail,            // end of input or GOAWAY
  kStreamDone,        // usual end of an h2 stream
  kPeerReset,         // RST_STREAM
  kReturnedCloseFrame,
  kContextDestroyed,
  kContextDeprecated,
  kAdoptFailed,
  kConnectFailed,
  kClientFailed,   // while the peer's answer was awaited or read
  kClientRefused,  // the peer's answer was not accepted
  kRedirected,     // the connection lives on
  kAuthenticates,  // so it does: 401 was the answer, lws connects again with credentials
  kKilled,         // the application asked for it
  kRawFailed,
  kTlsFailed,
  kWriteFailed,
};

Word word_of(std::string_view text);

// After a close by this caller the connection goes on, on another socket.
constexpr bool lives_on(Word caller) { return caller == Word::kRedirected || caller == Word::kAuthenticates; }

}  // namespace wsitrace

#endif
