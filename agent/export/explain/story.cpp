// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/export/explain/narrators.h"
#include "agent/lws/callbacks.h"
#include "agent/lws/words.h"
#include "agent/text/callbacks.h"
#include "agent/text/spans.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

constexpr size_t kRefusalsTold = 5;
constexpr Ns kShortLifeNs = 100'000'000;  // its steps differ by microseconds

std::string opening_text(const Connection &connection) {
  switch (connection.origin) {
    case Origin::kAccepted: return "it was accepted";
    case Origin::kAdopted: return "the application handed it to lws";
    case Origin::kOutbound:
      return connection.cls == ConnectionClass::kInternal ? "lws connected for itself"
                                                          : "the application asked lws to connect";
    case Origin::kStream: return "the stream began (LWS_CALLBACK_WSI_CREATE)";
    case Origin::kListen:
    case Origin::kInternal: break;
  }
  return "it was made";
}

void add_opening(Steps &steps, const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  if (!connection.opened_seen) return;
  steps.push_back({connection.opened_ns, opening_text(connection)});
  const auto wait = wait_for_loop(subject, log);
  if (connection.origin != Origin::kOutbound || !wait) return;
  if (wait->until_ns && connection.connected_ns)
    steps.push_back({*connection.connected_ns, fmt::format("it was connected, {} after the connect was issued",
                                                           span_text(wait->since_ns, *connection.connected_ns))});
  if (!wait->until_ns)
    steps.push_back({wait->since_ns, "the last that was heard of it: nobody has serviced this connection since"});
}

void add_tls(Steps &steps, const Subject &subject) {
  const Connection &connection = subject.connection;
  const KeptEvent *told = subject.events.first_of(k_tls_established);
  if (connection.tls && connection.tls->handshake_ns) {
    const Ns since_ns = connection.connected_ns.value_or(connection.opened_ns);
    steps.push_back({since_ns + *connection.tls->handshake_ns, "its TLS handshake was complete"});
  } else if (told != nullptr) {
    steps.push_back({told->at_ns, "its TLS handshake was complete by then"});
  }
}

std::string session_end_text(const Session &session) {
  std::string out =
      fmt::format("the websocket session ended after {}", span_text(session.established_ns, *session.closed_ns));
  if (session.peer_code) out += fmt::format("; the peer had sent close code {}", *session.peer_code);
  if (session.local_code) out += fmt::format("; this side had sent close code {}", *session.local_code);
  return out;
}

void add_session(Steps &steps, const Connection &connection) {
  if (!connection.session) return;
  const Session &session = *connection.session;
  const char *callback =
      connection.origin == Origin::kOutbound ? "LWS_CALLBACK_CLIENT_ESTABLISHED" : "LWS_CALLBACK_ESTABLISHED";
  steps.push_back({session.established_ns, fmt::format("its websocket session began, with protocol {} ({})",
                                                       quoted(session.protocol), callback)});
  if (session.closed_ns) steps.push_back({*session.closed_ns, session_end_text(session)});
}

std::string refusal_text(const KeptEvent &event, const Connection &connection) {
  std::string out = "the callback";
  if (!event.protocol.empty()) out += " of protocol " + quoted(event.protocol);
  out += " returned non-zero from " + callback_name(event.value);
  if (connection.cls == ConnectionClass::kListener) return out + ": the new connection was turned away";
  return out + ", which asks lws to close";
}

std::string said_text(const KeptEvent &event, const Connection &connection) {
  switch (event.kind) {
    case k_callback_refused: return refusal_text(event, connection);
    case k_CLIENT_CONNECTION_ERROR: return "lws gave up (LWS_CALLBACK_CLIENT_CONNECTION_ERROR): " + quoted(event.text);
    case k_CLIENT_HTTP_REDIRECT:
      return "the peer redirected it, and lws began anew (LWS_CALLBACK_CLIENT_HTTP_REDIRECT)";
    case k_close_requested: return fmt::format("lws closed it (lws_close_free_wsi, called as {})", quoted(event.text));
    case k_WS_PEER_INITIATED_CLOSE: return "the peer sent a close frame (LWS_CALLBACK_WS_PEER_INITIATED_CLOSE)";
    case k_close_code_sent: return "this side chose its close code (lws_close_reason)";
    case k_CHILD_CLOSING: return "the connection that it belongs to told it to close (LWS_CALLBACK_CHILD_CLOSING)";
    case k_WSI_DESTROY: return "it was destroyed (LWS_CALLBACK_WSI_DESTROY)";
    default: return "";
  }
}

// Consequences come after causes: of what may be said again, the first time counts, as for the close.
void add_said(Steps &steps, const Subject &subject) {
  size_t refusals = 0;
  bool closed = false;
  subject.events.for_each([&](const KeptEvent &event) {
    if (event.kind == k_callback_refused && ++refusals > kRefusalsTold) return;
    if (event.kind == k_close_requested) {
      if (closed || lives_on(word_of(event.text))) return;
      closed = true;
    }
    std::string text = said_text(event, subject.connection);
    if (!text.empty()) steps.push_back({event.at_ns, std::move(text)});
  });
}

std::string left_out_sentence(const Subject &subject) {
  const Connection &connection = subject.connection;
  std::string out;
  if (connection.transactions.size() < connection.transactions_total)
    out = fmt::format("Of its {} transactions the first {} and the last {} were looked at.",
                      connection.transactions_total, kKeptFirst, connection.transactions.size() - kKeptFirst);
  if (subject.events.left_out() > 0)
    out += fmt::format("{}Of its {} events the first {} and the last {} were looked at.", out.empty() ? "" : " ",
                       subject.events.total(), KeptEvents::kFirst, KeptEvents::kLast);
  return out;
}

std::string accepted_sentence(const Subject &subject) {
  if (subject.connection.cls != ConnectionClass::kListener) return "";
  const uint64_t accepted = subject.events.count_of(k_FILTER_NETWORK_CONNECTION);
  const uint64_t refused = subject.events.count_of(k_callback_refused);
  if (accepted == 0) return "It was never seen to accept a connection.";
  std::string out =
      fmt::format("It accepted {} (LWS_CALLBACK_FILTER_NETWORK_CONNECTION)", count_text(accepted, "connection"));
  return refused == 0 ? out + "." : fmt::format("{}, of which the application turned away {}.", out, refused);
}

std::string tcp_sentence(const Connection &connection) {
  if (!connection.tcp) return "";
  const Tcp &tcp = *connection.tcp;
  return fmt::format("In all, TCP received {} and had {} acknowledged, with {} sent again and a round trip of {}.",
                     count_text(tcp.received_bytes, "byte"), count_text(tcp.sent_bytes, "byte"),
                     count_text(tcp.retransmits, "segment"), span_text(uint64_t{tcp.rtt_us} * 1000));
}

}  // namespace

Sentences story_of(const Subject &subject, const LogFacts &log) {
  Steps steps;
  add_opening(steps, subject, log);
  add_tls(steps, subject);
  add_exchanges(steps, subject.connection, log);
  add_bindings(steps, subject, log);
  add_session(steps, subject.connection);
  add_said(steps, subject);
  std::stable_sort(steps.begin(), steps.end(), [](const Step &a, const Step &b) { return a.at_ns < b.at_ns; });
  const bool brief = last_sight_ns(subject.connection, log) < subject.connection.opened_ns + kShortLifeNs;
  const int decimals = brief ? 6 : 3;
  Sentences all;
  if (!subject.connection.opened_seen) all.emplace_back("It was there before its first event; since when is unknown.");
  for (const Step &step : steps)
    all.push_back(fmt::format("{}: {}.", time_text(step.at_ns, log.started_ns, decimals), step.text));
  for (std::string text : {accepted_sentence(subject), idle_sentence(subject.connection, log),
                           tcp_sentence(subject.connection), left_out_sentence(subject)})
    if (!text.empty()) all.push_back(std::move(text));
  return all;
}

}  // namespace wsitrace
