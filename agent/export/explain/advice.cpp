// SPDX-License-Identifier: MIT
//
// Each rule looks for one thing and says what to look at in the application, or nothing.
#include <fmt/format.h>

#include "agent/export/explain/narrators.h"
#include "agent/export/explain/rules.h"
#include "agent/lws/callbacks.h"
#include "agent/text/callbacks.h"
#include "agent/text/spans.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

constexpr Ns kPatienceNs = 1'000'000'000;  // whoever waits that long for a handler may well wait for a bug

const Transaction *last_transaction(const Connection &connection) {
  return connection.transactions.empty() ? nullptr : &connection.transactions.back();
}

// A handler was called, and nothing told lws that its work is done: it hangs, or its peer has waited for long.
std::string missing_completion(const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  const Transaction *last = last_transaction(connection);
  if (last == nullptr || connection.origin == Origin::kOutbound || !last->handled_ns) return "";
  const Ns until_ns = last->completed_ns.value_or(log.last_ns);
  const Ns waited_ns = until_ns > last->requested_ns ? until_ns - last->requested_ns : 0;
  const bool hangs = last->outcome == Outcome::kOpen && is_open(connection);
  const bool given_up = last->outcome == Outcome::kAborted &&
                        (ended_as(connection, CloseReason::kTimeout) || ended_as(connection, CloseReason::kPeerClosed));
  if ((!hangs && !given_up) || waited_ns < kPatienceNs || subject.events.count_of(k_callback_refused) > 0) return "";
  const char *known = last->status ? "a response was begun" : "no response is known to have begun";
  return fmt::format(
      "The handler of {} was called for transaction {} and had not completed it {} later ({}): look for a path through "
      "it "
      "without lws_http_transaction_completed(), or without a request to be called again (lws_callback_on_writable).",
      quoted(last->protocol), last->index, span_text(waited_ns), known);
}

std::string handler_refused(const Subject &subject, const LogFacts &) {
  const Connection &connection = subject.connection;
  const KeptEvent *refused = subject.events.first_of(k_callback_refused);
  if (refused == nullptr || connection.cls == ConnectionClass::kListener) return "";
  if (ended_as(connection, CloseReason::kResponseDone))
    return fmt::format("That {} returned non-zero is as it should be: the response was the last one on this {}.",
                       callback_name(refused->value), connection.origin == Origin::kStream ? "stream" : "connection");
  if (!ended_as(connection, CloseReason::kHandlerClosed)) return "";
  return fmt::format(
      "Any result but 0 from {} makes lws close the connection: if protocol {} did not mean to, it should return 0.",
      callback_name(refused->value), quoted(refused->protocol));
}

std::string upgrade_refused(const Subject &subject, const LogFacts &) {
  const Connection &connection = subject.connection;
  if (!ended_as(connection, CloseReason::kUpgradeRefused) || connection.origin == Origin::kOutbound) return "";
  if (const KeptEvent *refused = subject.events.first_of(k_callback_refused))
    return fmt::format("{} of protocol {} returned non-zero: that is where the upgrade was refused.",
                       callback_name(refused->value), quoted(refused->protocol));
  if (subject.events.count_of(k_FILTER_PROTOCOL_CONNECTION) > 0) return "";
  return fmt::format(
      "lws found no protocol for this upgrade, so no callback was asked: compare the subprotocols that the client "
      "offers "
      "(Sec-WebSocket-Protocol) with the names in the protocols of vhost {}.",
      quoted(connection.vhost));
}

std::string aborted(const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  const Transaction *last = last_transaction(connection);
  if (last == nullptr || last->outcome != Outcome::kAborted || !ended_as(connection, CloseReason::kPeerClosed))
    return "";
  return fmt::format("The peer did not wait for the response: {} after its request it was gone.",
                     span_text(last->requested_ns, last->completed_ns.value_or(log.last_ns)));
}

std::string settled_by_destroy(const Subject &subject, const LogFacts &) {
  if (subject.connection.bindings.empty()) return "";
  const Binding &last = subject.connection.bindings.back();
  if (last.settled != Settled::kByDestroy || ended_as(subject.connection, CloseReason::kConnectFailed)) return "";
  return fmt::format(
      "Protocol {} was bound and not unbound when the connection ended: lws leaves that callback out for a protocol "
      "without "
      "per-session data (per_session_data_size 0). Do not count on it there.",
      quoted(last.protocol));
}

std::string settled_by_bind(const Subject &subject, const LogFacts &log) {
  for (const Binding &binding : subject.connection.bindings)
    if (binding.settled == Settled::kByBind)
      return fmt::format("Protocol {} was bound at {} and not unbound before the next was bound{}.",
                         quoted(binding.protocol), time_text(binding.bound_ns, log.started_ns),
                         log.lossy() ? "; events were lost, so its unbinding may be among them"
                                     : ": what the application frees when it is unbound was kept");
  return "";
}

// BIND and DROP come two or three times for each request; people take that for a bug.
std::string bound_often(const Subject &subject, const LogFacts &) {
  const Connection &connection = subject.connection;
  if (!is_inbound(connection) || connection.session || connection.transactions_total == 0) return "";
  if (connection.bindings_total <= connection.transactions_total) return "";
  return fmt::format(
      "{} for {} is normal: lws unbinds and binds anew around every request that a handler answers, to reset its "
      "per-session data. Count neither as requests.",
      count_text(connection.bindings_total, "binding"), count_text(connection.transactions_total, "request"));
}

std::string leaked(const Subject &subject, const LogFacts &log) {
  if (!is_open(subject.connection) || !log.contexts_gone) return "";
  std::string out =
      "Nothing ended it when its context went. With libuv, lws delivers closes from the loop: run it once more after "
      "lws_context_destroy().";
  const auto &bindings = subject.connection.bindings;
  if (!bindings.empty() && !bindings.back().dropped_ns)
    out += fmt::format(" What protocol {} holds for it was not given back either.", quoted(bindings.back().protocol));
  return out;
}

std::string unknown_end(const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  if (is_open(connection) || !ended_as(connection, CloseReason::kUnknown) || !log.by_link) return "";
  return "Linked in, wsitrace hears callbacks only. `wsitrace run` also hears the calls that say why a connection "
         "ends.";
}

constexpr AdviceRule kRules[] = {leaked,          waited_for_loop, waited_after_adoption, missing_completion,
                                 handler_refused, timed_out,       ping_timed_out,        upgrade_refused,
                                 aborted,         tls_failed,      connect_failed,        handshake_failed,
                                 adopt_failed,    no_request,      settled_by_bind,       settled_by_destroy,
                                 bound_often,     unknown_end};

}  // namespace

Sentences advice_of(const Subject &subject, const LogFacts &log) {
  Sentences all;
  for (const AdviceRule rule : kRules)
    if (std::string text = rule(subject, log); !text.empty()) all.push_back(std::move(text));
  return all;
}

}  // namespace wsitrace
