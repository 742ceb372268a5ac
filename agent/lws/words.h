// SPDX-License-Identifier: MIT
//
// What lws's own words mean: the cause that a DROP carries, the caller that a close names, and what CLIENT_CONNECTION_ERROR says. A
// string is looked at once, when it is told; from then on the enumerator says what it means.
//
// Source: string literals in libwebsockets 4.1.6 to 5.0 at the calls of lws_bind_protocol() and lws_close_free_wsi(), and in
//         lws_inform_client_conn_fail(). One that is not listed is Word::kOther.
#ifndef WSITRACE_LWS_WORDS_H
#define WSITRACE_LWS_WORDS_H

#include <cstdint>
#include <string_view>

namespace wsitrace {

// X(enumerator, the connection lives on, where lws says so). The last completes "it says so where ..."; nullptr: nothing to explain.
#define WSITRACE_LWS_WORDS(X)                                                                                        \
  X(kOther, false, nullptr)                                                                                          \
  X(kTransactionCompleted, false, nullptr)                                                                           \
  X(kSocketFailed, false, "reading or writing its socket told of an end or an error, or its last response was sent") \
  X(kServiceSaidClose, false, "the socket hung up or failed, or a handler asked for the close")                      \
  X(kH1Bail, false, "what came in was refused, by lws's parser or by a callback")                                    \
  X(kH2Bail, false, "the HTTP/2 input ended, or the peer said GOAWAY")                                               \
  X(kStreamDone, false, "the stream had done its work")                                                              \
  X(kPeerReset, false, "the peer reset the stream")                                                                  \
  X(kReturnedCloseFrame, false, "the peer's close frame was answered")                                               \
  X(kContextDestroyed, false, "lws_context_destroy was closing everything")                                          \
  X(kContextDeprecated, false, "lws_context_deprecate was closing the listeners")                                    \
  X(kAdoptFailed, false, "lws could not adopt the socket")                                                           \
  X(kConnectFailed, false, "lws could not connect")                                                                  \
  X(kClientFailed, false, "the connection failed while lws waited for the answer or read it")                        \
  X(kClientRefused, false, "lws did not accept the peer's answer")                                                   \
  X(kRedirected, true, nullptr)                                                                                      \
  X(kAuthenticates, true, nullptr)                                                                                   \
  X(kKilled, false, "the application told lws to kill it")                                                           \
  X(kRawFailed, false, "reading or writing the raw socket told of an end or an error")                               \
  X(kTlsFailed, false, "TLS could not be started")                                                                   \
  X(kWriteFailed, false, "writing failed")

enum class Word : uint8_t {
#define WSITRACE_WORD(enumerator, lives_on, meaning) enumerator,
  WSITRACE_LWS_WORDS(WSITRACE_WORD)
#undef WSITRACE_WORD
};

Word word_of(std::string_view text);
const char *meaning_of(Word word);
// After a close by this caller the connection goes on, on another socket.
bool lives_on(Word caller);

// What CLIENT_CONNECTION_ERROR tells.
enum class ErrorWord : uint8_t {
  kOther,
  kTlsFailed,
  kRefusedByCallback,        // after the upgrade
  kAnswerRefusedByCallback,  // before that, or without
  kRedirectRefused,          // by lws
  kUpgradeRefusedByPeer,
  kUpgradeRefusedByLws,
  kTimedOut,
  kNobodyListens,
  kClosedBeforeAnswer,
  kNoTlsContext,  // TLS was asked for, and not set up
  kUnreadable,    // what came was no answer that lws can read
  kProxyRefused,  // or closed, or spoke nonsense
  kNameFailed,    // it was not resolved
  kNotConnected,  // without a reason
  kGivenUp,       // lws was told to free it before it was established, or its time was up
};
ErrorWord error_word_of(std::string_view message);

}  // namespace wsitrace

#endif
