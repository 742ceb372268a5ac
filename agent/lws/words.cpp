// SPDX-License-Identifier: MIT
#include "agent/lws/words.h"

namespace wsitrace {
namespace {

// Which of the versions that were looked through (4.1.6, 4.3.5, 4.5.8, 5.0.0) have a literal.
enum Versions : uint8_t { k41 = 1, k43 = 2, k45 = 4, k50 = 8, kAll = k41 | k43 | k45 | k50 };
struct KnownWord {
  std::string_view text;
  Word word;
  bool is_prefix;
  uint8_t versions;
};

constexpr KnownWord kWords[] = {
    {"lws_http_transaction_completed", Word::kTransactionCompleted, false, kAll},
    {"server socket svc fail", Word::kSocketFailed, false, kAll},
    {"close_and_handled", Word::kServiceSaidClose, false, kAll},
    {"lws_read_h1 bail", Word::kH1Bail, false, kAll},
    {"lws_read_h2 bail", Word::kH2Bail, false, kAll},
    {"h2 pollout handle", Word::kStreamDone, false, kAll},
    {"reset stream", Word::kStreamDone, false, kAll},
    {"close_swsi_and_return", Word::kStreamDone, false, kAll},
    {"peer RST_STREAM", Word::kPeerReset, false, k50},
    {"returned close packet", Word::kReturnedCloseFrame, false, kAll},
    {"ctx destroy", Word::kContextDestroyed, false, kAll},
    {"ctx deprecate", Word::kContextDeprecated, false, k41},
    {"lws_context_deprecate", Word::kContextDeprecated, false, kAll},
    {"ss adopt skt fail", Word::kAdoptFailed, false, k45 | k50},
    {"c hs interp", Word::kClientRefused, false, kAll},
    {"redir", Word::kRedirected, false, kAll},
    {"digest_auth_step2", Word::kAuthenticates, false, k45 | k50},
    {"to sync kill", Word::kKilled, false, kAll},
    {"lws_cgi_kill", Word::kKilled, false, kAll},
    {"mqtt pollout handle", Word::kKilled, false, kAll},  // the handler refused to write
    {"mqtt svc fail", Word::kServiceSaidClose, false, kAll},
    {"cws", Word::kClientFailed, false, kAll},  // the request could not be written
    {"chs", Word::kClientFailed, false, kAll},  // or not be made
    {"raw svc fail", Word::kRawFailed, false, kAll},
    {"tls start fail", Word::kTlsFailed, false, kAll},
    {"ssl accept failed", Word::kTlsFailed, false, k50},
    {"comp write fail", Word::kWriteFailed, false, kAll},
    // families that differ by a number or a detail at the end
    {"h2 end stream", Word::kStreamDone, true, kAll},
    {"adopt ", Word::kAdoptFailed, true, kAll},
    {"client_connect", Word::kConnectFailed, true, kAll},
    {"cbail", Word::kClientFailed, true, kAll},
};

struct KnownError {
  std::string_view begins;
  ErrorWord word;
};
// The first that fits counts.
constexpr KnownError kErrors[] = {
    {"connect SSL err", ErrorWord::kTlsFailed},  // 4.1
    {"tls:", ErrorWord::kTlsFailed},             // later
    {"HS: Rejected at CLIENT_ESTABLISHED", ErrorWord::kRefusedByCallback},
    {"HS: disallowed", ErrorWord::kAnswerRefusedByCallback},
    {"HS: Rejected by filter cb", ErrorWord::kAnswerRefusedByCallback},
    {"HS: user code", ErrorWord::kAnswerRefusedByCallback},
    {"HS: Redirect", ErrorWord::kRedirectRefused},
    {"HS: URI did not parse", ErrorWord::kRedirectRefused},
    {"HS: ws upgrade", ErrorWord::kUpgradeRefusedByPeer},
    {"ws protocol no match", ErrorWord::kUpgradeRefusedByLws},
    {"HS: ", ErrorWord::kUpgradeRefusedByLws},
    {"Timed out", ErrorWord::kTimedOut},
    {"Timedout", ErrorWord::kTimedOut},
    {"timed out", ErrorWord::kTimedOut},
    {"conn fail: 111", ErrorWord::kNobodyListens},
    {"conn fail: ECONNREFUSED", ErrorWord::kNobodyListens},
    {"conn fail: errno 111", ErrorWord::kNobodyListens},  // of a debug build
    {"conn fail: ", ErrorWord::kNotConnected},
    {"Unable to connect", ErrorWord::kNotConnected},
    {"bio_create failed", ErrorWord::kNoTlsContext},
    {"read failed", ErrorWord::kClosedBeforeAnswer},
    {"Peer hung up", ErrorWord::kClosedBeforeAnswer},
    {"problems parsing header", ErrorWord::kUnreadable},
    {"http_proxy", ErrorWord::kProxyRefused},
    {"proxy ", ErrorWord::kProxyRefused},
    {"socks ", ErrorWord::kProxyRefused},
    {"DNS ", ErrorWord::kNameFailed},
    {"dns ", ErrorWord::kNameFailed},
    {"ipv6 lws_getaddrinfo", ErrorWord::kNameFailed},
    {"getaddrinfo", ErrorWord::kNameFailed},
    {"closed before established", ErrorWord::kGivenUp},
    {"Closed before conn", ErrorWord::kGivenUp},
};

struct WordFacts {
  bool lives_on;
  const char *meaning;
};
constexpr WordFacts kFacts[] = {
#define WSITRACE_WORD(enumerator, lives_on, meaning) {lives_on, meaning},
    WSITRACE_LWS_WORDS(WSITRACE_WORD)
#undef WSITRACE_WORD
};

}  // namespace

Word word_of(std::string_view text) {
  for (const KnownWord &known : kWords)
    if (text == known.text || (known.is_prefix && text.starts_with(known.text))) return known.word;
  return Word::kOther;
}

const char *meaning_of(Word word) { return kFacts[static_cast<size_t>(word)].meaning; }
bool lives_on(Word caller) { return kFacts[static_cast<size_t>(caller)].lives_on; }

ErrorWord error_word_of(std::string_view message) {
  for (const KnownError &known : kErrors)
    if (message.starts_with(known.begins)) return known.word;
  return ErrorWord::kOther;
}

}  // namespace wsitrace
