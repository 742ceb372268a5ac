// SPDX-License-Identifier: MIT
//
// Proxies that let an outbound connection go no further.
#include <fmt/format.h>

#include <cstdlib>

#include "agent/diagnosis/outbound_rules.h"
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

Symptom socks_refused(const Case &of, const std::string &message) {
  Symptom symptom{Cause::kProxyRefused,
                  ", or left without an answer (SOCKS5)",
                  {},
                  Certainty::kProven,
                  "check socks_proxy_address (user:password@host) and socks_proxy_port of the context or vhost, or "
                  "socks_proxy of the environment, and what that proxy allows"};
  symptom.why.push_back(fmt::format("lws connected to the SOCKS5 proxy {}; it says: '{}'.",
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
  symptom.why.push_back(fmt::format("The server {} itself was never reached.", printable(of.connection.target)));
  return symptom;
}

}  // namespace wsitrace
