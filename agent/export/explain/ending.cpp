// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "agent/export/explain/narrators.h"
#include "agent/lws/callbacks.h"
#include "agent/lws/words.h"
#include "agent/text/callbacks.h"
#include "agent/text/spans.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

constexpr Ns kLateDestroyNs = 100'000'000;

std::string when_text(const Connection &connection, const LogFacts &log) {
  if (!connection.closed_ns)
    return "It ended, but its LWS_CALLBACK_WSI_DESTROY was not seen: its struct lws was used for another connection.";
  std::string out = "It ended at " + time_text(*connection.closed_ns, log.started_ns);
  if (connection.opened_seen)
    out += ", " + span_text(connection.opened_ns, *connection.closed_ns) + " after it was first seen";
  return out + ".";
}

std::string detail_text(const Close &close) {
  const char *gloss = meaning_of(close.caller);
  const std::string words = "lws's words for it are " + quoted(close.detail);
  return gloss == nullptr ? words + "." : fmt::format("{}; it says so where {}.", words, gloss);
}

std::string code_text(int code) {
  switch (code) {
    case 1000: return "a normal end";
    case 1001: return "the one who sent it is going away";
    case 1002: return "a protocol error";
    case 1003: return "data of a kind that is not accepted";
    case 1005: return "no code was given";
    case 1006: return "the connection ended without a close frame";
    case 1007: return "data that does not fit its type";
    case 1008: return "against the sender's policy";
    case 1009: return "a message that was too big";
    case 1010: return "an extension that was missing";
    case 1011: return "an unexpected condition";
    case 1015: return "TLS failed";
    default: return code >= 4000 && code <= 4999 ? "private to the application" : "";
  }
}

std::string ws_code_sentence(int code) {
  const std::string meaning = code_text(code);
  return fmt::format("The close code was {}{}.", code, meaning.empty() ? "" : " (" + meaning + ")");
}

// The last lws_set_timeout() of the wsi; it is worth a word where a timeout is the reason.
std::string timeout_sentence(const Subject &subject) {
  const KeptEvent *destroy = subject.events.last_of(k_WSI_DESTROY);
  const CloseReason reason = subject.connection.close->reason;
  if (destroy == nullptr || (reason != CloseReason::kTimeout && reason != CloseReason::kPingTimeout)) return "";
  const std::string meaning = timeout_purpose(pending_timeout_reason(destroy->value));
  const int limit_s = pending_timeout_seconds(destroy->value);
  if (meaning.empty() || limit_s < 0) return "";
  return fmt::format("lws had set a timeout of {} {}.", count_text(static_cast<uint64_t>(limit_s), "second"), meaning);
}

std::string late_destroy_sentence(const Subject &subject) {
  const KeptEvent *close = subject.events.first_of(k_close_requested);
  const OptionalNs closed_ns = subject.connection.closed_ns;
  if (close == nullptr || lives_on(word_of(close->text)) || !closed_ns || *closed_ns < close->at_ns + kLateDestroyNs)
    return "";
  return fmt::format(
      "Between the close and the destroy lay {}: what was left to send, the peer's answer to a close frame, or, "
      "with libuv, the event loop's own close.",
      span_text(close->at_ns, *closed_ns));
}

std::string end_of_log_sentence(const LogFacts &log) {
  if (log.contexts_gone)
    return "Its lws context was destroyed before that, so lws should have destroyed it: it was leaked.";
  if (!log.end) return "The log goes on, or was cut off.";
  switch (*log.end) {
    case Ending::kExit: return "It was still open when the program exited, which never called lws_context_destroy().";
    case Ending::kSignal: return "A signal ended the program there.";
    case Ending::kExec: return "The program became another one there (exec).";
    case Ending::kDetached: return "Tracing stopped there; the program went on.";
    case Ending::kUnknown: break;
  }
  return "How the program ended is unknown.";
}

Sentences ending_of_open(const Connection &connection, const LogFacts &log) {
  std::string since =
      connection.opened_seen ? ", " + span_text(connection.opened_ns, log.last_ns) + " after it was first seen" : "";
  return {fmt::format("It has not ended: it is open ({}) at the end of the log, {}{}.", name_of(connection.state),
                      time_text(log.last_ns, log.started_ns), since),
          end_of_log_sentence(log)};
}

}  // namespace

const char *sentence_of(CloseBy by) {
  switch (by) {
    case CloseBy::kPeer: return "The peer ended it.";
    case CloseBy::kLocal: return "This program ended it.";
    case CloseBy::kLws: return "lws ended it by itself.";
    case CloseBy::kUnknown: break;
  }
  return "Which side ended it is unknown.";
}

Sentences ending_of(const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  if (is_open(connection)) return ending_of_open(connection, log);
  Sentences all{when_text(connection, log)};
  if (!connection.close || !connection.closed_ns) return all;
  const Close &close = *connection.close;
  all.emplace_back(row_of(close.reason).sentence);
  all.back().insert(all.back().size() - 1, fmt::format(" ({})", name_of(close.reason)));
  all.emplace_back(sentence_of(close.by));
  if (close.ws_code) all.push_back(ws_code_sentence(*close.ws_code));
  const bool killed = close.evidence == CloseEvidence::kPendingTimeout && close.reason == CloseReason::kHandlerClosed;
  all.emplace_back(killed ? "That follows from its last lws_set_timeout(), which told lws to kill it."
                          : row_of(close.evidence).sentence);
  const std::string timeout = timeout_sentence(subject);
  if (!timeout.empty()) all.push_back(timeout);
  else if (!close.detail.empty()) all.push_back(detail_text(close));
  if (const std::string late = late_destroy_sentence(subject); !late.empty()) all.push_back(late);
  return all;
}

}  // namespace wsitrace
