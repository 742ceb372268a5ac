// SPDX-License-Identifier: MIT
//
// Proxies that let an outbound connection go no further.
#include <fmt/format.h>

#include <cstdlib>

#include "agent/diagnosis/outbound_rules.h"
#include "agent/lws/timeouts.h"
#include "agent/lws/words.h"
#include "agent/text/printable.h"

namespace wsitrace {
namespace {

// Of "http_proxy -> 403", or what was read of it.
int proxy_status(const Case &of, const std::string &message) {
  constexpr std::string_view kArrow = "-> ";
  if (const size_t at = message.find(kArrow); at != std::string::npos)
    return std::atoi(message.c_str() + at + kArrow.size());
  return of.connection.first_answer;
}

// RFC 1928, 6, and what it means to the one who asks.
const char *socks_reply(unsigned reply) {
  switch (reply) {
    case 1: return "it failed, without a reason (1)";
    case 2: return "its rules do not allow that connection (2)";
    case 3: return "the network of the server cannot be reached (3)";
    case 4: return "the server cannot be reached, or its name not resolved (4)";
    case 5: return "the server refused the connection (5)";
    case 6: return "the time to live expired (6)";
    case 7: return "it does not know the command (7)";
    case 8: return "it does not take host names as addresses (8)";
    default: return "";
  }
}

// By the step at which it answered; empty: not known, or it did not.
std::string socks_answer(const Case &of) {
  constexpr unsigned kNoneAcceptable = 0xff;
  const auto &close = of.connection.close;
  if (!close || close->said != Said::kSocksRefused) return {};
  const unsigned reply = close->said_number;
  switch (pending_timeout_reason(of.clues.pending_timeout)) {
    case kTimeout_AWAITING_SOCKS_GREETING_REPLY:
      return reply == kNoneAcceptable ? "it takes none of the ways to log in that this program offers"
                                      : "what answers there is no SOCKS5 proxy";
    case kTimeout_AWAITING_SOCKS_AUTH_REPLY: return "it did not accept the user and password";
    case kTimeout_AWAITING_SOCKS_CONNECT_REPLY: return socks_reply(reply);
    default: return {};
  }
}

const char *socks_advice(const Case &of) {
  constexpr unsigned kNotAllowed = 2, kLastOfServer = 5;
  const bool asked_on = of.connection.close && of.connection.close->said == Said::kSocksRefused &&
                        pending_timeout_reason(of.clues.pending_timeout) == kTimeout_AWAITING_SOCKS_CONNECT_REPLY;
  const unsigned reply = asked_on ? of.connection.close->said_number : 0;
  if (reply == kNotAllowed) return "have that host and port allowed in the proxy, or connect without it";
  if (reply > kNotAllowed && reply <= kLastOfServer)
    return "check address and port of the server, as the proxy sees it, and that the server runs";
  return "check socks_proxy_address (user:password@host) and socks_proxy_port of the context or vhost, or socks_proxy "
         "of "
         "the environment, and what that proxy allows";
}

Symptom socks_refused(const Case &of, const std::string &message) {
  const std::string answer = socks_answer(of);
  Symptom symptom{Cause::kProxyRefused,
                  answer.empty() ? ", or left without an answer (SOCKS5)" : " (SOCKS5): " + answer,
                  {},
                  Certainty::kProven,
                  socks_advice(of)};
  symptom.why.push_back(fmt::format("lws connected to the SOCKS5 proxy {}; lws says of its answer: '{}'.",
                                    of.connection.peer.empty() ? "that is set" : printable(of.connection.peer),
                                    printable(message)));
  symptom.why.push_back(fmt::format("The server {} itself was never reached.", printable(of.connection.target)));
  return symptom;
}

const char *proxy_advice(int status) {
  switch (status) {
    case 407: return "";
    case 400:
    case 403:
    case 405:
    case 501:
      return "that proxy does not let CONNECT through to that host and port: have it allowed, or connect without the "
             "proxy";
    case 502:
    case 503:
    case 504: return "the proxy could not reach the server: check the address, and the server";
    default: return "check that what is set as proxy (http_proxy, or lws_set_proxy()) is one";
  }
}

}  // namespace

std::optional<Symptom> proxy_refused(const Case &of) {
  const std::string message = message_of(of);
  if (error_word_of(message) != ErrorWord::kProxyRefused) return std::nullopt;
  if (message.starts_with("socks")) return socks_refused(of, message);
  const int status = proxy_status(of, message);
  Symptom symptom{Cause::kProxyRefused,
                  status > 0 ? fmt::format(" with {}", status) : "",
                  {},
                  Certainty::kProven,
                  proxy_advice(status)};
  symptom.why.push_back(fmt::format("lws connected to the proxy {} and asked it for {}; lws says of its answer: '{}'.",
                                    of.connection.peer, printable(of.connection.target), printable(message)));
  if (status == kNotHttp) symptom.why.emplace_back("What it sent does not begin as an answer of HTTP does.");
  if (is_tls_alert(of.connection)) {
    symptom.why.emplace_back("It is as long as an alert of TLS: that port seems to speak TLS (https://).");
    symptom.advice =
        "give lws the port of the proxy that speaks HTTP: lws has no TLS with a proxy, only through it with the server";
  }
  symptom.why.push_back(fmt::format("The server {} itself was never reached.", printable(of.connection.target)));
  return symptom;
}

}  // namespace wsitrace
