// SPDX-License-Identifier: MIT
//
// Outbound connections that got no further than connecting: to a name, to TCP, through a proxy, to TLS.
#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/diagnosis/connect_error.h"
#include "agent/diagnosis/outbound_rules.h"
#include "agent/lws/words.h"
#include "agent/text/callbacks.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

// lws's timers fire in its loop: one that fired long after its time was not looked at.
bool fired_late(const Case &of, Ns waited_ns) {
  const int limit_s = pending_timeout_seconds(of.clues.pending_timeout);
  return limit_s > 0 && waited_ns > static_cast<Ns>(limit_s) * 1'050'000'000;
}

bool lasted_to_timeout(const Case &of) {
  const int limit_s = pending_timeout_seconds(of.clues.pending_timeout);
  return limit_s > 0 && of.until_ns() >= of.connection.opened_ns + static_cast<Ns>(limit_s) * 900'000'000;
}

constexpr const char *kOnlyResult =
    "lws_client_connect_via_info() returned NULL, and LWS_CALLBACK_CLIENT_CONNECTION_ERROR did not come: the result is "
    "the only sign, and a program that tries again has to look at it, too.";

Symptom failed_by(const Case &of, Cause cause, std::string detail) {
  Symptom symptom{cause, std::move(detail), {}, Certainty::kProven, {}};
  const std::string &message = of.clues.message;
  const std::string said = message.empty() ? "" : fmt::format("; lws says: '{}'", printable(message));
  if (const auto error = connect_error(of.connection, message)) {
    const char *call = error->step == kStepName     ? "getaddrinfo()"
                       : error->step == kStepSocket ? "socket()"
                                                    : "connect()";
    const std::string whereto = of.connection.attempted.empty() || error->step != kStepConnect
                                    ? ""
                                    : " to " + printable(of.connection.attempted);
    symptom.why.push_back(fmt::format("{}{} of lws failed with {} {} after the attempt was begun{}.", call, whereto,
                                      name_of(*error), span_text(of.connection.opened_ns, of.until_ns()), said));
    symptom.advice = advice_on(*error);
  } else if (!message.empty()) {
    symptom.why.push_back(fmt::format("lws says: '{}'.", printable(message)));
  }
  if (of.connection.close && of.connection.close->evidence == CloseEvidence::kCallResult &&
      !of.clues.has(k_CLIENT_CONNECTION_ERROR))
    symptom.why.emplace_back(kOnlyResult);
  if (const std::string advice = address_advice(of); !advice.empty()) symptom.advice = advice;
  return symptom;
}

// "ECONNREFUSED (nothing listens there)"
std::string error_text(const ConnectError &error) {
  const std::string meaning = meaning_of(error);
  return name_of(error) + (meaning.empty() ? "" : " (" + meaning + ")");
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_address(std::string_view host) {
  return !host.empty() &&
         (host.front() == '[' || host.front() == '+' ||
          host.find_first_not_of("0123456789.") == std::string_view::npos || host.find(':') != std::string_view::npos);
}

// The call that connects came back empty before any socket was made, as it does where a name has no address.
std::optional<Symptom> refused_call(const Case &of) {
  const std::string &target = of.connection.target;
  const std::string host = target.substr(0, target.rfind(':'));
  if (host.empty() && !of.connection.fd)
    return Symptom{Cause::kUnreachable,
                   "`address` of the connect info is empty or NULL",
                   {"lws_client_connect_via_info() returned NULL, and no callback reports it."},
                   Certainty::kProven,
                   "set `address` of the connect info to a host name or an IP address"};
  if (of.connection.close->said == Said::kHeadersTooLarge)
    return Symptom{Cause::kUnreachable,
                   kTooLongToAsk,
                   {"lws logged that it ran out of room for it; lws_client_connect_via_info() returned NULL."},
                   Certainty::kProven,
                   kTooLongAdvice};
  if (of.connection.fd || is_address(host))
    return Symptom{Cause::kUnreachable,
                   "lws_client_connect_via_info() returned NULL",
                   {},
                   Certainty::kProven,
                   "check its result, and the parameters: vhost, protocol and method"};
  return Symptom{
      Cause::kNameFailed,
      "lws made no socket",
      {fmt::format(
           "lws_client_connect_via_info() returned NULL, {} after it was called, and lws had made no socket: it "
           "had no address for {}.",
           span_text(of.connection.opened_ns, of.until_ns()), printable(host)),
       "LWS_CALLBACK_CLIENT_CONNECTION_ERROR did not come: the result is the only sign, and a program that tries again "
       "has to look at it, too."},
      Certainty::kLikely,
      {}};
}

constexpr const char *kNoCommonVersion =
    "client and server have no version of TLS in common: see ssl_client_options_set of the context (SSL_OP_NO_TLSv1_3 "
    "and the like) and MinProtocol in openssl.cnf here, and which versions the server accepts";

struct TlsAdvice {
  std::string_view failure;
  const char *advice;
};
// The first that fits counts.
constexpr TlsAdvice kTlsAdvice[] = {
    {"wrong version number", "check that the other port speaks TLS"},
    {"http request", "check that the other port speaks TLS"},
    {"packet length too long", "check that the other port speaks TLS"},
    {"unknown ca", "the server does not trust the CA of this program's certificate (client_ssl_cert_filepath)"},
    {"certificate required", "the server wants a certificate of the client: set client_ssl_cert_filepath and its key"},
    {"bad certificate",
     "the server did not accept this program's certificate (client_ssl_cert_filepath): check its dates and its CA"},
    {"certificate expired",
     "the server did not accept this program's certificate (client_ssl_cert_filepath): it has expired"},
    {"certificate unknown",
     "the server did not accept this program's certificate (client_ssl_cert_filepath): check its dates and its CA"},
    {"unrecognized name", "the server has no such name: check `host` of the connect info, which becomes the SNI"},
    {"handshake failure",
     "the server wants a certificate of the client (client_ssl_cert_filepath), or has no cipher in common with it"},
    {"protocol version", kNoCommonVersion},
    {"unsupported protocol", kNoCommonVersion},
    {"no protocols available", kNoCommonVersion},
    {"no application protocol", "client and server have no protocol of ALPN in common: see `alpn` of the connect info"},
    {"cipher", "client and server have no cipher in common: see client_ssl_cipher_list"},
    {"the peer ended", "see the server's log; it may speak no TLS on that port, or turn clients away"},
    {"unexpected eof", "see the server's log; it may speak no TLS on that port, or turn clients away"},
    {"legacy sigalg", "the server has no newer TLS than 1.1, or signs with SHA-1: update it"},
    {"too small", "the server's key is too short for OpenSSL's security level: give it another certificate"},
    {"too weak", "the signature of the server's certificate is too weak for OpenSSL's security level: renew it"},
};

const char *who_ended(CloseBy by) {
  switch (by) {
    case CloseBy::kPeer: return "The server ended the handshake.";
    case CloseBy::kLocal: return "This program ended the handshake.";
    case CloseBy::kLws: return "OpenSSL in this program ended the handshake: it could not read what the server sent.";
    case CloseBy::kUnknown: break;
  }
  return "";
}

// By X509_V_ERR_...: what the verifier misses decides what to change.
std::string certificate_advice(int verify) {
  switch (verify) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "renew the server's certificate, and check the clocks of both machines";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "check the clock of this machine: a device without one has to get the time before it connects; then that "
             "of the machine that made the certificate";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "give this program that certificate as a CA (client_ssl_ca_filepath), or the server one from a CA that is "
             "trusted here; LCCSCF_ALLOW_SELFSIGNED accepts any, for tests only";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "give this program the CA at the top of the server's chain (client_ssl_ca_filepath)";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "let the server send its intermediate certificates, too (openssl s_client -showcerts tells what it "
             "sends), and see that this machine has their CA: the package ca-certificates, or client_ssl_ca_filepath";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "connect by a name that is in the server's certificate (`host` of the connect info), or put this name "
             "into it";
    default: return "";
  }
}

// Without its CAs this program trusts nobody.
void tell_of_missing_ca(Symptom &symptom, const Case &of, int verify) {
  const std::string *file = of.premises.client_ca_missing();
  const bool lacks_ca =
      verify == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || verify == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
      verify == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE || verify == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
      verify == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
  if (file == nullptr || !lacks_ca) return;
  symptom.why.push_back(fmt::format(
      "lws had logged that it could not load the CAs in '{}', so this program knows none of them.", printable(*file)));
  symptom.advice =
      "check client_ssl_ca_filepath of the context or vhost (or else ssl_ca_filepath): the file has to be there, "
      "readable for this program, and PEM";
}

// lws sets out for another address than the one that this program named.
std::optional<Symptom> redirect_failed(const Case &of, const std::optional<ConnectError> &error) {
  const auto status = redirect_status(of);
  if (!status || !error || error->step != kStepConnect) return std::nullopt;
  Symptom symptom =
      failed_by(of, Cause::kUnreachable,
                fmt::format("the server redirected it{}, and there connect() failed with {}",
                            of.connection.attempted.empty() ? "" : " to " + printable(of.connection.attempted),
                            error_text(*error)));
  symptom.why.insert(symptom.why.begin(), fmt::format("The server answered {} with {}, and lws followed.",
                                                      request_text(of.last()), *status));
  symptom.advice = "check what the Location header of the server's answer names";
  return symptom;
}

// "10.1.2.3": what needs no resolver.
bool is_ipv4(std::string_view host) {
  int parts = 0;
  while (!host.empty()) {
    const size_t dot = std::min(host.find('.'), host.size());
    const std::string_view part = host.substr(0, dot);
    if (part.size() > 3 || !is_number(part) || std::stoi(std::string(part)) > 255) return false;
    ++parts;
    host.remove_prefix(std::min(dot + 1, host.size()));
  }
  return parts == 4;
}

// What has no address, where the server's needs no look-up, is the proxy's name: lws looks that up instead.
std::optional<Symptom> proxy_not_found(const Case &of, const std::optional<ConnectError> &error) {
  const std::string &target = of.connection.target;
  if (!error || error->step != kStepName || !is_ipv4(target.substr(0, target.rfind(':')))) return std::nullopt;
  if (const std::string name = name_of(*error); name != "EAI_NONAME" && name != "EAI_AGAIN") return std::nullopt;
  Symptom symptom = failed_by(of, Cause::kProxyRefused, ": its name was not resolved, " + error_text(*error));
  symptom.why.push_back(
      fmt::format("The server {} is named by its address, which needs no look-up: lws looked up the name of the proxy "
                  "that is set, and the server was never asked.",
                  printable(target)));
  symptom.certainty = Certainty::kLikely;
  symptom.advice =
      "check the name of the proxy (http_proxy of the environment, or lws_set_proxy()), and the resolver of this "
      "machine; without a proxy, unset http_proxy";
  return symptom;
}

std::optional<Symptom> proxy_not_reached(const Case &of, const std::optional<ConnectError> &error) {
  const std::string &attempted = of.connection.attempted, &target = of.connection.target;
  const bool is_proxy = !attempted.starts_with("unix:") && !target.starts_with('+') && !target.empty() &&
                        !attempted.empty() && port_of(attempted) != port_of(target) && is_number(port_of(target));
  if (!is_proxy || !error || error->step != kStepConnect) return std::nullopt;
  Symptom symptom =
      failed_by(of, Cause::kProxyRefused,
                fmt::format(": connect() to it, at {}, failed with {}", printable(attempted), error_text(*error)));
  symptom.why.push_back(
      fmt::format("The server {} itself was never reached: lws asks the proxy for it.", printable(target)));
  symptom.advice =
      "check address and port of the proxy (http_proxy, or lws_set_proxy()), and that it runs; without a proxy, unset "
      "http_proxy";
  return symptom;
}

}  // namespace

std::string port_of(const std::string &address) { return address.substr(address.rfind(':') + 1); }

std::optional<int> redirect_status(const Case &of) {
  const Transaction *last = of.last();
  const bool redirected = last != nullptr && last->outcome == Outcome::kCompleted && last->status.value_or(0) >= 300 &&
                          last->status.value_or(0) <= 399;
  return redirected && !of.is_open() ? last->status : std::nullopt;
}

std::string message_of(const Case &of) {
  return of.clues.message.empty() && of.connection.close ? of.connection.close->detail : of.clues.message;
}

std::string wait_text(const Case &of, Ns since_ns) { return span_text(since_ns, of.until_ns()); }

// That the kernel knows its peer says that it is connected.
bool was_tcp_connected(const Case &of) {
  return of.connection.connected_ns || !of.connection.peer.empty() ||
         (of.connection.tcp && of.connection.tcp->sent_bytes > 0);
}

std::optional<Ns> unserviced_ns(const Case &of) {
  const Ns since_ns = of.clues.prepared_ns, until_ns = of.clues.serviced_ns.value_or(of.log.last_ns);
  const uint64_t turns = of.clues.serviced_ns ? of.clues.turns_between : of.log.loop_turns - of.clues.turns_before;
  if (since_ns == 0 || turns > 0 || until_ns < since_ns + kLongWaitNs) return std::nullopt;
  return until_ns - since_ns;
}

std::optional<Symptom> not_serviced(const Case &of) {
  const auto waited_ns = unserviced_ns(of);
  if (!waited_ns) return std::nullopt;
  const bool failed = of.ended_as(CloseReason::kConnectFailed) || of.ended_as(CloseReason::kTimeout);
  const bool unconnected = !of.connection.connected_ns && of.connection.transactions.empty();
  if (!failed && !(unconnected && (of.is_open() || of.ended_as(CloseReason::kContextDestroyed)))) return std::nullopt;
  if (!was_tcp_connected(of) && !(failed && fired_late(of, *waited_ns))) return std::nullopt;
  Symptom symptom{Cause::kNotServiced, span_text(*waited_ns), {}, Certainty::kLikely, {}};
  symptom.why.push_back(fmt::format(
      "Between the connect at {} and {} lay {} without a sign of an event loop in this program.",
      time_text(of.clues.prepared_ns, of.log.started_ns),
      of.clues.serviced_ns ? fmt::format("the next callback at {}", time_text(*of.clues.serviced_ns, of.log.started_ns))
                           : "the end of the log",
      span_text(*waited_ns)));
  if (was_tcp_connected(of))
    symptom.why.emplace_back("TCP was established: the server's kernel had accepted the connection at once.");
  if (failed)
    symptom.why.push_back(
        fmt::format("When the loop ran, lws's own connect timeout (connect_timeout_secs of the context) had expired: "
                    "'{}'.",
                    printable(message_of(of))));
  if (of.log.loop_turns == 0 && of.premises.options()) symptom.why.push_back(event_library_text(of.premises));
  if (of.clues.turns_before > 0 && !of.clues.serviced_ns && of.is_open()) {
    symptom.why.emplace_back(
        "The loop had run before. If the connect was made in a callback, that callback has not returned: until it "
        "does, "
        "its loop serves nobody.");
    symptom.advice =
        "do not wait in a callback for what the same event loop has to deliver: return from it, and go on in "
        "CLIENT_ESTABLISHED or CLIENT_CONNECTION_ERROR; if it was not made in one, call lws_service() right after it; "
        "the server is not the cause";
  } else if (!event_library_in(of.premises.options()).empty())
    symptom.advice =
        "run the event loop that the context was made for, and connect when it runs, from a timer or a callback of it; "
        "the server is not the cause";
  return symptom;
}

std::optional<Symptom> server_tls_failed(const Case &of) {
  if (!of.ended_as(CloseReason::kTlsFailed)) return std::nullopt;
  const auto &tls = of.connection.tls;
  if (auto symptom = raw_with_tls(of)) return symptom;
  const std::string failure(tls && !tls->failure.empty() ? tls->failure : std::string_view(message_of(of)));
  const std::string after =
      fmt::format("It failed {} after TCP was connected to {}.",
                  wait_text(of, of.connection.connected_ns.value_or(of.connection.opened_ns)),
                  printable(of.connection.peer.empty() ? of.connection.target : of.connection.peer));
  if (of.clues.certificate_refused) return certificate_refused(of, after);
  if (tls && tls->verify.value_or(0) != 0) {
    Symptom symptom{Cause::kTlsVerify,
                    X509_verify_cert_error_string(*tls->verify),
                    {fmt::format("OpenSSL's verify result was {} ({}); this program ended the handshake.", *tls->verify,
                                 X509_verify_cert_error_string(*tls->verify)),
                     after},
                    Certainty::kProven,
                    certificate_advice(*tls->verify)};
    tell_of_missing_ca(symptom, of, *tls->verify);
    return symptom;
  }
  Symptom symptom{Cause::kTlsFailed, printable(failure), {}, Certainty::kProven, {}};
  if (const char *ended = who_ended(of.connection.close->by); *ended != '\0') symptom.why.emplace_back(ended);
  symptom.why.push_back(after);
  const auto *advice = std::find_if(std::begin(kTlsAdvice), std::end(kTlsAdvice),
                                    [&](const TlsAdvice &row) { return says(failure, row.failure); });
  if (advice != std::end(kTlsAdvice)) symptom.advice = advice->advice;
  return symptom;
}

std::optional<Symptom> connect_failed(const Case &of) {
  const std::string message = message_of(of);
  const ErrorWord word = error_word_of(message);
  const auto error = connect_error(of.connection, message);
  if (auto symptom = redirect_failed(of, error)) return symptom;
  if (!of.ended_as(CloseReason::kConnectFailed) && !of.ended_as(CloseReason::kTimeout)) return std::nullopt;
  if (of.connection.connected_ns && of.last() != nullptr) return std::nullopt;  // it failed later than that
  if (auto symptom = proxy_not_reached(of, error)) return symptom;
  if (auto symptom = proxy_not_found(of, error)) return symptom;
  if (word == ErrorWord::kNameFailed || (error && error->step == kStepName))
    return failed_by(of, Cause::kNameFailed, error ? error_text(*error) : printable(message));
  if (word == ErrorWord::kNobodyListens || (error && error->step == kStepConnect && error->number == ECONNREFUSED))
    return failed_by(of, Cause::kRefusedByTarget, {});
  if (error && error->step == kStepConnect && error->number == ETIMEDOUT)
    return failed_by(of, Cause::kConnectTimeout, wait_text(of, of.connection.opened_ns));
  if (error) return failed_by(of, Cause::kUnreachable, error_text(*error));
  if (was_tcp_connected(of)) return std::nullopt;
  if (of.ended_as(CloseReason::kTimeout) || word == ErrorWord::kTimedOut || lasted_to_timeout(of))
    return failed_by(of, Cause::kConnectTimeout, wait_text(of, of.connection.opened_ns));
  if (of.connection.close->evidence == CloseEvidence::kElimination) return std::nullopt;
  if (of.connection.close->evidence == CloseEvidence::kCallResult) return refused_call(of);
  if (auto symptom = ipv6_switched_off(of)) return symptom;
  if (message.empty()) return std::nullopt;
  return failed_by(of, Cause::kUnreachable, "lws says '" + printable(message) + "'");
}

std::optional<Symptom> serviced_late(const Case &of) {
  const auto waited_ns = unserviced_ns(of);
  if (!waited_ns || !of.clues.serviced_ns || !of.connection.connected_ns) return std::nullopt;
  return Symptom{
      Cause::kServicedLate,
      span_text(*waited_ns),
      {fmt::format("Between the connect at {} and the next callback lay {}, without a sign of an event loop.",
                   time_text(of.clues.prepared_ns, of.log.started_ns), span_text(*waited_ns))},
      Certainty::kLikely,
      "start the loop before you connect"};
}

}  // namespace wsitrace
