// SPDX-License-Identifier: MIT
//
// Why an outbound connection failed, by what lws says to LWS_CALLBACK_CLIENT_CONNECTION_ERROR and what is known besides.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "agent/timeline/address.h"
#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

constexpr Ns kNsPerASecond = 1'000'000'000;
constexpr Ns kTimerSlackPart = 10;  // see was_quiet_for()

Close failed(CloseReason reason, CloseBy by) { return {reason, by, CloseEvidence::kErrorCallback, {}, {}}; }
Close failed(CloseReason reason) { return failed(reason, row_of(reason).by); }

// lws says the same when a program frees a connection and when its time is up.
Close given_up(const Fold &fold, const Life &life, CloseReason reason, const Event &destroy) {
  const int seconds = pending_timeout_seconds(destroy.value);
  if (life.clues.caller == Word::kContextDestroyed || fold.threads[destroy.thread].destroying_contexts > 0)
    return failed(CloseReason::kContextDestroyed);
  if (seconds < 0 || life.clues.caller == Word::kKilled || life.clues.refused >= 0)
    return failed(CloseReason::kHandlerClosed);
  const Ns limit_ns = static_cast<Ns>(std::max(seconds, 0)) * kNsPerASecond;
  const bool timed_out =
      seconds > 0 && destroy.time_ns >= life.connection.opened_ns + limit_ns - limit_ns / kTimerSlackPart;
  if (timed_out && reason == CloseReason::kHandshakeFailed) return failed(CloseReason::kTimeout);
  return failed(reason, timed_out ? CloseBy::kLws : CloseBy::kUnknown);
}

}  // namespace

// A refused connect is an answer of the peer; for all others lws or the kernel gave up.
CloseBy who_failed_connect(const Connection &connection) {
  if (!connection.connect_failure) return CloseBy::kUnknown;
  const auto &[step, error] = *connection.connect_failure;
  return step == kStepConnect && (error == ECONNREFUSED || error == ECONNRESET) ? CloseBy::kPeer : CloseBy::kLws;
}

CloseBy who_failed_tls(std::string_view failure) {
  for (const std::string_view sent :
       {"alert", "unexpected eof", "the peer"})  // OpenSSL 3 takes an EOF for an error of TLS
    if (failure.find(sent) != std::string_view::npos) return CloseBy::kPeer;
  return failure.find("verify") != std::string_view::npos ? CloseBy::kLocal : CloseBy::kLws;
}

void note_attempt(Connection &connection, ItemBytes items) {
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    ConnectFacts facts{};
    if (tag == kItemAttempted) connection.attempted = address_text(bytes);
    if (tag != kItemConnect || bytes.size() != sizeof facts) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    connection.connect_failure = facts;
  });
}

Close close_by_error(const Fold &fold, const Life &life, const Event &destroy) {
  const bool connected = life.has_seen(kSeenCreate | kSeenAnswer | kSeenEstablished);
  const CloseReason unmade = connected ? CloseReason::kHandshakeFailed : CloseReason::kConnectFailed;
  if (life.connection.tls && !life.connection.tls->failure.empty())
    return failed(CloseReason::kTlsFailed, who_failed_tls(life.connection.tls->failure));
  switch (error_word_of(life.clues.message)) {
    case ErrorWord::kTlsFailed: return failed(CloseReason::kTlsFailed);
    case ErrorWord::kRefusedByCallback:
    case ErrorWord::kAnswerRefusedByCallback: return failed(CloseReason::kHandlerClosed);
    case ErrorWord::kRedirectRefused:
    case ErrorWord::kUnreadable: return failed(CloseReason::kHandshakeFailed, CloseBy::kLws);
    case ErrorWord::kUpgradeRefusedByPeer: return failed(CloseReason::kUpgradeRefused, CloseBy::kPeer);
    case ErrorWord::kUpgradeRefusedByLws: return failed(CloseReason::kUpgradeRefused);
    case ErrorWord::kTimedOut: return failed(CloseReason::kTimeout);
    case ErrorWord::kNobodyListens: return failed(CloseReason::kConnectFailed, CloseBy::kPeer);
    case ErrorWord::kClosedBeforeAnswer:
    case ErrorWord::kProxyRefused: return failed(unmade, CloseBy::kPeer);
    case ErrorWord::kNameFailed: return failed(CloseReason::kConnectFailed, CloseBy::kLws);
    case ErrorWord::kNotConnected: return failed(unmade, who_failed_connect(life.connection));
    case ErrorWord::kGivenUp: return given_up(fold, life, unmade, destroy);
    case ErrorWord::kNoTlsContext: return failed(unmade, CloseBy::kLws);
    case ErrorWord::kOther: break;
  }
  return failed(unmade, connected ? CloseBy::kUnknown : who_failed_connect(life.connection));
}

}  // namespace wsitrace
