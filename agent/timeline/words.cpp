// SPDX-License-Identifier: MIT
#include "agent/timeline/words.h"

namespace wsitrace {
namespace {

struct Known {
  std::string_view text;
  Word word;
};

constexpr Known kExact[] = {
    {"lws_http_transaction_completed", Word::kTransactionCompleted},
    {"server socket svc fail", Word::kSocketFailed},
    {"close_and_handled", Word::kServiceSaidClose},
    {"lws_read_h1 bail", Word::kH1Bail},
    {"lws_read_h2 bail", Word::kH2Bail},
    {"h2 pollout handle", Word::kStreamDone},
    {"reset stream", Word::kStreamDone},
    {"close_swsi_and_return", Word::kStreamDone},
    {"peer RST_STREAM", Word::kPeerReset},
    {"returned close packet", Word::kReturnedCloseFrame},
    {"ctx destroy", Word::kContextDestroyed},
    {"ctx deprecate", Word::kContextDeprecated},
    {"lws_context_deprecate", Word::kContextDeprecated},
    {"ss adopt skt fail", Word::kAdoptFailed},
    {"c hs interp", Word::kClientRefused},
    {"redir", Word::kRedirected},
    {"digest_auth_step2", Word::kAuthenticates},
    {"to sync kill", Word::kKilled},
    {"lws_cgi_kill", Word::kKilled},
    {"mqtt pollout handle", Word::kKilled},  // the handler refused to write
    {"mqtt svc fail", Word::kServiceSaidClose},
    {"cws", Word::kClientFailed},  // the request could not be written
    {"chs", Word::kClientFailed},  // or not be made
    {"raw svc fail", Word::kRawFailed},
    {"tls start fail", Word::kTlsFailed},
    {"ssl accept failed", Word::kTlsFailed},
    {"comp write fail", Word::kWriteFailed},
};

// Families that differ by a number or a detail at the end.
constexpr Known kPrefix[] = {
    {"h2 end stream", Word::kStreamDone},
    {"adopt ", Word::kAdoptFailed},
    {"client_connect", Word::kConnectFailed},
    {"cbail", Word::kClientFailed},
};

}  // namespace

Word word_of(std::string_view text) {
  for (const Known &known : kExact)
    if (text == known.text) return known.word;
  for (const Known &known : kPrefix)
    if (text.substr(0, known.text.size()) == known.text) return known.word;
  return Word::kOther;
}

}  // namespace wsitrace
