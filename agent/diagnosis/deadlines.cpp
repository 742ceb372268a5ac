// SPDX-License-Identifier: MIT
//
// Connections whose time was up: whose timeout that was, what it waited for, and which call or setting moves it.
#include <fmt/format.h>

#include "agent/diagnosis/rules.h"
#include "agent/lws/timeouts.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr int kNoPendingTimeout = 0;
constexpr Ns kOngoingNs = 500'000'000;  // who wrote so lately was not done

// The application has set it, not lws: some numbers are never lws's own.
bool is_of_program(const Case &of) {
  if (of.clues.pending_timeout == 0 || pending_timeout_seconds(of.clues.pending_timeout) <= 0) return false;
  const int reason = pending_timeout_reason(of.clues.pending_timeout);
  return of.connection.close->timeout_of_program || reason == kNoPendingTimeout || reason >= kApplicationTimeouts;
}

// "lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 2)".
std::string call_text(int32_t pending) {
  const int reason = pending_timeout_reason(pending), limit_s = pending_timeout_seconds(pending);
  const TimeoutRow *known = pending_timeout(reason);
  std::string name = std::to_string(reason);
  if (reason == kNoPendingTimeout) name = "NO_PENDING_TIMEOUT";
  else if (reason >= kApplicationTimeouts)
    name = fmt::format("PENDING_TIMEOUT_USER_REASON_BASE + {}", reason - kApplicationTimeouts);
  else if (known != nullptr) name = fmt::format("PENDING_TIMEOUT_{}", known->name);
  return fmt::format("lws_set_timeout(wsi, {}, {})", name, limit_s);
}

Symptom deadline_passed(const Case &of) {
  const int limit_s = pending_timeout_seconds(of.clues.pending_timeout);
  Symptom symptom{Cause::kDeadline, call_text(of.clues.pending_timeout), {}, Certainty::kProven, {}};
  symptom.why.push_back(
      fmt::format("It expires {} s after it was set: traffic up to the end does not move such a deadline{}.", limit_s,
                  of.connection.session ? ", and a missing pong is not the reason" : ""));
  return symptom;
}

// The handler was still at it, or had begun what has no end; lws gives a response a time as a whole.
std::optional<Symptom> cut_off(const Case &of, const Transaction &last, const std::string &fired) {
  const auto &part = of.clues.part;
  if (!part || part->transaction != last.index) return std::nullopt;
  const bool was_at_it = part->written_ns && of.until_ns() < *part->written_ns + kOngoingNs;
  if (part->promised_bytes && !was_at_it) return std::nullopt;
  const std::string sent = !part->promised_bytes ? "a response without a Content-Length, as an event stream is"
                                                 : fmt::format("{} of the {} of its body", part->sent_bytes.value_or(0),
                                                               count_text(*part->promised_bytes, "byte"));
  Symptom symptom{
      Cause::kTimeout,
      fmt::format("the response to {} was cut off while it went on", request_text(&last)),
      {fmt::format(
          "The handler of protocol {} had sent {}{}{}.", quoted(last.protocol),
          last.status ? fmt::format("status {} and ", *last.status) : "", sent,
          part->written_ns ? ", the last of it " + span_text(*part->written_ns, of.until_ns()) + " before" : "")},
      Certainty::kProven,
      "call lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0) once a response has begun that may last (event "
      "streams, long downloads), or lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, seconds) with each "
      "part; where it was all, call lws_http_transaction_completed()"};
  symptom.why.push_back(fired + " It is set once for a response: lws_write() does not move it.");
  return symptom;
}

}  // namespace

std::string timeout_text(const Case &of) {
  const int reason = pending_timeout_reason(of.clues.pending_timeout);
  const int limit_s = pending_timeout_seconds(of.clues.pending_timeout);
  const TimeoutRow *known = pending_timeout(reason);
  if (of.connection.close && is_of_program(of))
    return fmt::format(" of {} s that this program had set, {},", limit_s, call_text(of.clues.pending_timeout));
  if (known == nullptr || known->purpose == nullptr || limit_s <= 0) return {};
  const char *setting = setting_of_timeout(reason);
  return fmt::format(" of {} s {} (PENDING_TIMEOUT_{}{}{})", limit_s, known->purpose, known->name,
                     setting != nullptr ? "; set by " : "", setting != nullptr ? setting : "");
}

std::string fired_text(const Case &of) {
  const std::string which = timeout_text(of);
  if (of.connection.close && of.connection.close->timeout_of_program && !which.empty()) return "a timeout" + which;
  const bool names_setting = which.find("set by") != std::string::npos;
  return "lws's timeout" + which + (names_setting ? "" : " (timeout_secs of the context)");
}

std::optional<Symptom> timed_out(const Case &of) {
  if (!of.ended_as(CloseReason::kTimeout)) return std::nullopt;
  const int reason = pending_timeout_reason(of.clues.pending_timeout);
  if (reason == kTimeout_CLOSE_ACK) return std::nullopt;
  const Transaction *last = of.last();
  if (is_of_program(of) && !is_owed(of)) return deadline_passed(of);
  if (of.connection.session) return std::nullopt;
  if (of.connection.role == Role::kH2 && of.connection.origin != Origin::kStream)
    return std::nullopt;  // its streams tell
  const std::string fired = "lws's timeout" + timeout_text(of) + " fired.";
  if (last != nullptr && !last->responded_ns && awaits_body(of, *last))
    return Symptom{
        Cause::kTimeout,
        fmt::format("the rest of the body of {} did not come", request_text(last)),
        {fmt::format("LWS_CALLBACK_HTTP_BODY_COMPLETION never came in {}: {}.",
                     span_text(last->requested_ns, of.until_ns()), missing_body_text(of)),
         fired},
        Certainty::kProven,
        (of.clues.request_flags & kExpectsContinue) != 0
            ? kContinueAdvice
            : "see why the client stops before the end of its body: its Content-Length may promise more than it sends"};
  if (last == nullptr) {
    const auto &tcp = of.connection.tcp;
    const bool is_adopted = of.connection.origin == Origin::kAdopted;
    Symptom symptom{
        Cause::kTimeout,
        "no complete request came in time",
        {tcp ? fmt::format("{} came in {}, and no end of the headers.",
                           tcp->received_bytes == 0 ? "Nothing" : count_text(tcp->received_bytes, "byte"),
                           span_text(of.connection.opened_ns, of.until_ns()))
             : fmt::format("No end of the headers came in {}.", span_text(of.connection.opened_ns, of.until_ns())),
         fired},
        Certainty::kProven,
        is_adopted ? kReadBeforeAdvice
                   : "timeout_secs of the context sets how long lws waits; scanners and spare connections of browsers "
                     "do this"};
    if (is_adopted) symptom.why.emplace_back(kReadBefore);
    return symptom;
  }
  if (last->outcome == Outcome::kCompleted || is_idle_timeout(of.connection) || is_owed(of)) return std::nullopt;
  const bool in_response = reason == kTimeout_HTTP_CONTENT && last->responded_ns;
  const bool is_blocked = of.connection.tcp && of.connection.tcp->unsent_bytes > 0;
  if (in_response && !is_blocked)
    if (auto symptom = cut_off(of, *last, fired)) return symptom;
  Symptom symptom{
      Cause::kTimeout,
      fmt::format("{} stood still", in_response ? "sending the response to " + request_text(last) : request_text(last)),
      {},
      Certainty::kProven,
      "check that the peer reads, and that the handler keeps writing"};
  if (is_blocked) {
    symptom.why.push_back(fmt::format("{} waited for the network to take them: the peer did not read.",
                                      count_text(of.connection.tcp->unsent_bytes, "byte")));
    symptom.advice = "see why the peer does not read: a slow or suspended client, or a link that is gone";
  }
  symptom.why.push_back(fired);
  return symptom;
}

}  // namespace wsitrace
