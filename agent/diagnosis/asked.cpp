// SPDX-License-Identifier: MIT
//
// Outbound connections that this program asked for in a way, or in a place, where nothing can come of it.
#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <utility>

#include "agent/diagnosis/outbound_rules.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

// Source: http_methods of libwebsockets 4.1.6 to 5.0; the others are names of roles. "GET" stands for no method, too.
constexpr std::string_view kMethods[] = {"GET",    "POST",    "OPTIONS", "HEAD", "PUT",  "PATCH",
                                         "DELETE", "CONNECT", "RAW",     "MQTT", "QUIC", "UDP"};

bool waits_for_destroy(const Case &of) {
  return of.is_open() || of.ended_as(CloseReason::kContextDestroyed) || of.ended_as(CloseReason::kVhostDestroyed);
}

}  // namespace

// The kernel had connected it and lws, which would have sent something at once, turned for others only.
std::optional<Symptom> not_its_loop(const Case &of) {
  const auto &tcp = of.connection.tcp;
  if (!waits_for_destroy(of) || of.connection.connected_ns || of.connection.session || of.last() != nullptr)
    return std::nullopt;
  if (tcp && (tcp->sent_bytes > 1 || tcp->received_bytes > 1 || tcp->unheard_ns < kLongWaitNs)) return std::nullopt;
  if (!tcp && (of.connection.peer.empty() || of.clues.serviced_ns)) return std::nullopt;  // the kernel knows the peer
  const Ns since_ns = of.clues.prepared_ns, until_ns = of.clues.serviced_ns.value_or(of.log.last_ns);
  const uint64_t turns = of.clues.serviced_ns ? of.clues.turns_between : of.log.loop_turns - of.clues.turns_before;
  if (since_ns == 0 || turns == 0 || until_ns < since_ns + kLongWaitNs) return std::nullopt;
  const Ns silent_ns = tcp ? tcp->unheard_ns : of.until_ns() - since_ns;
  if (!loop_turned_since(of, silent_ns)) return std::nullopt;
  return Symptom{
      Cause::kNotItsLoop,
      span_text(since_ns, until_ns),
      {fmt::format("TCP was established {} before the end, and lws sent nothing, which it does in the next turn of the "
                   "loop.",
                   span_text(0, silent_ns)),
       fmt::format("Meanwhile an event loop of this program turned for others: {} came after the connect at {}.",
                   count_text(turns, "callback"), time_text(since_ns, of.log.started_ns))},
      Certainty::kLikely,
      {}};
}

// lws makes a raw connection for a method that it does not know, and never begins to connect it.
std::optional<Symptom> method_unknown(const Case &of) {
  const std::string_view method = of.connection.wanted.method;
  if (method.empty() || of.connection.fd || of.clues.serviced_ns || !waits_for_destroy(of)) return std::nullopt;
  if (method != "MQTT" && std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods))
    return std::nullopt;
  return Symptom{
      Cause::kUnreachable,
      fmt::format("this libwebsockets has no method '{}'", printable(method)),
      {fmt::format("lws_client_connect_via_info() returned a wsi, and in {} lws made no socket for it: it does not "
                   "begin to connect for a method that it does not know, no callback reports it, and lws does not "
                   "free such a wsi.",
                   span_text(of.connection.opened_ns, of.until_ns()))},
      Certainty::kLikely,
      "set `method` of the connect info to GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or CONNECT, in capitals, to "
      "RAW "
      "for a connection without HTTP, or to NULL for a websocket (MQTT needs a libwebsockets built with "
      "LWS_ROLE_MQTT)"};
}

std::string address_advice(const Case &of) {
  const std::string &target = of.connection.target;
  if (target.starts_with('+')) return {};
  const size_t colon = target.rfind(':');
  const std::string host = target.substr(0, colon);
  if ((of.connection.wanted.odd & kAskedBrackets) != 0 && of.connection.attempted.empty()) return kBracketsAdvice;
  if (of.connection.attempted.ends_with(":0")) return "set `port` of the connect info, which is 0";
  if (host.starts_with('/') || host.starts_with("./"))
    return "for a unix domain socket, write a '+' before its path in `address` of the connect info "
           "(\"+/run/desk.sock\"; "
           "\"+@desk\" for an abstract one): without it, lws looks up what is there as the name of a host";
  if (target.empty()) return "set `address` of the connect info, which is empty, to a host name or an IP address";
  const bool has_port = std::count(host.begin(), host.end(), ':') == 1;  // an IPv6 address has two at least
  if (host.find('/') == std::string::npos && !has_port) return {};
  return "give `address` of the connect info a host name or an IP address and nothing else: the port belongs in "
         "`port`, "
         "what follows in `path`, and LCCSCF_USE_SSL in `ssl_connection` stands for https:// and wss://";
}

// Source: lws-context-vhost.h of libwebsockets 4.1.6 to 5.0.
std::string_view event_library_in(const std::optional<ContextOptions> &of) {
  constexpr std::pair<unsigned, std::string_view> kLibraries[] = {{4, "LIBEV"}, {10, "LIBUV"},   {21, "LIBEVENT"},
                                                                  {33, "GLIB"}, {37, "SDEVENT"}, {38, "ULOOP"}};
  for (const auto &[bit, name] : kLibraries)
    if (of && (of->options >> bit & 1) != 0) return name;
  return {};
}

std::string event_library_text(const Premises &of) {
  if (const std::string_view name = event_library_in(of.options()); !name.empty())
    return fmt::format(
        "The context was made with LWS_SERVER_OPTION_{}: its loop has to run, the one in foreign_loops or else "
        "lws_service(), which then runs the one that lws made.",
        name);
  return "The context was made without LWS_SERVER_OPTION_LIBUV or its like: lws_service() alone runs its loop, even "
         "where foreign_loops names another.";
}

// lws passes over all addresses of the kind, and says no word of it.
std::optional<Symptom> ipv6_switched_off(const Case &of) {
  constexpr uint64_t kDisableIpv6 = 1u << 5;
  const auto &options = of.premises.options();
  if (!options || (options->options & kDisableIpv6) == 0 || of.connection.fd || !of.connection.attempted.empty())
    return std::nullopt;
  return Symptom{
      Cause::kUnreachable,
      "lws had no address that it may use",
      {"The context was made with LWS_SERVER_OPTION_DISABLE_IPV6, and lws made no socket: that host seems to "
       "have IPv6 addresses only."},
      Certainty::kLikely,
      "leave LWS_SERVER_OPTION_DISABLE_IPV6 out, or connect to an IPv4 address"};
}

// Until 5.0 lws begins TLS for a connection without HTTP before it has a socket.
std::optional<Symptom> raw_with_tls(const Case &of) {
  if (of.connection.wanted.method != "RAW" || of.connection.fd || !of.connection.peer.empty()) return std::nullopt;
  return Symptom{Cause::kTlsFailed,
                 "this libwebsockets cannot begin TLS on a connection of method RAW",
                 {"It began TLS before it had a socket: the server was never connected to. "
                  "lws_client_connect_via_info() returned NULL, and no callback tells."},
                 Certainty::kLikely,
                 "connect without LCCSCF_USE_SSL, or use libwebsockets 5.0"};
}

// lws sends a request of HTTP/1 as soon as TCP is connected. Where it does not, it waits for the SETTINGS of HTTP/2.
std::optional<Symptom> no_http2_there(const Case &of) {
  const bool is_direct = !of.connection.peer.empty() && port_of(of.connection.peer) == port_of(of.connection.target);
  if (!of.ended_as(CloseReason::kPeerClosed) || of.last() != nullptr || of.connection.session || of.connection.tls ||
      !of.connection.connected_ns || !is_direct || of.connection.role == Role::kH2 || is_raw(of.connection) ||
      of.connection.wanted.method == "RAW" || of.connection.wanted.method == "MQTT" ||
      of.connection.wanted.method.empty())
    return std::nullopt;
  return Symptom{
      Cause::kAnswerRefused,
      "it is no HTTP/2",
      {fmt::format("TCP was connected, and {} later the connection was over, before lws could send its request: with "
                   "LCCSCF_H2_PRIOR_KNOWLEDGE it waits for the server's SETTINGS first.",
                   span_text(*of.connection.connected_ns, of.until_ns())),
       "LWS_CALLBACK_CLIENT_HTTP_DROP_PROTOCOL is the only callback that reports that end."},
      Certainty::kLikely,
      "leave LCCSCF_H2_PRIOR_KNOWLEDGE out, unless that server speaks HTTP/2 without TLS; with TLS, `alpn` settles it"};
}

// No callback of lws 4.3 reports it.
std::optional<Symptom> refused_by_broker(const Case &of) {
  if (of.connection.wanted.method != "MQTT" || of.connection.role == Role::kMqtt || !of.connection.connected_ns ||
      !of.ended_as(CloseReason::kPeerClosed))
    return std::nullopt;
  return Symptom{
      Cause::kAnswerRefused,
      "no CONNACK came that accepts this client",
      {fmt::format("TCP was connected, lws sent CONNECT, and {} later the connection was over: the broker hung "
                   "up, or its CONNACK had another code than 0. lws does not tell which, and "
                   "LWS_CALLBACK_MQTT_CLIENT_ESTABLISHED did not come.",
                   span_text(*of.connection.connected_ns, of.until_ns()))},
      Certainty::kLikely,
      "see the broker's log; check username, password and client_id of mqtt_cp in the connect info, whether "
      "that broker lets clients without them in, and the port (1883 without TLS, 8883 with LCCSCF_USE_SSL)"};
}

// By the callback of this program that lws asks about certificates.
Symptom certificate_refused(const Case &of, const std::string &after) {
  const bool of_client = *of.clues.certificate_refused == k_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION;
  const std::string callback =
      fmt::format("LWS_CALLBACK_OPENSSL_PERFORM_{}_CERT_VERIFICATION", of_client ? "CLIENT" : "SERVER");
  const auto &tls = of.connection.tls;
  const int verify = tls ? tls->verify.value_or(0) : 0;
  Symptom symptom{Cause::kTlsVerify, fmt::format("its {} returned non-zero", callback), {}, Certainty::kProven, {}};
  symptom.why.push_back(
      fmt::format("lws asked protocols[0] of the vhost about the {}'s certificate, which it refused; "
                  "this side ended the handshake.",
                  of_client ? "client" : "server"));
  if (verify > X509_V_ERR_UNSPECIFIED)
    symptom.why.push_back(fmt::format("OpenSSL itself had found fault with it: verify result {} ({}).", verify,
                                      X509_verify_cert_error_string(verify)));
  if (!after.empty()) symptom.why.push_back(after);
  symptom.advice =
      verify > X509_V_ERR_UNSPECIFIED
          ? "mend what OpenSSL says first; where the callback only passes that on (its `len` is 0 then), it "
            "is right"
          : "see why that callback says no: it is called for each certificate of the chain, and 0 accepts "
            "one; a `default: return 1` (or -1) refuses them all";
  return symptom;
}

// Nobody named a protocol, several could be meant, and in all that time nobody said anything.
std::optional<Symptom> protocol_not_named(const Case &of) {
  constexpr Ns kSilentNs = 1'000'000'000;
  constexpr uint64_t kSynAndFin = 2;  // TCP counts them as bytes
  const Connection &connection = of.connection;
  const std::string_view got = connection.last_callback_protocol;
  const auto &tcp = connection.tcp;
  if (connection.wanted.method != "RAW" || connection.origin != Origin::kOutbound || got.empty() || !tcp)
    return std::nullopt;
  const bool is_silent = tcp->sent_bytes <= kSynAndFin && tcp->received_bytes <= kSynAndFin;
  if (!is_silent || of.until_ns() < connection.opened_ns + kSilentNs) return std::nullopt;
  std::string others;
  for (const House::Protocol &one : of.premises.house().protocols_of(connection.vhost))
    if (one.name != got) others += (others.empty() ? "" : ", ") + quoted(one.name);
  if (others.empty()) return std::nullopt;
  return Symptom{Cause::kProtocolNotNamed,
                 quoted(got),
                 {fmt::format("lws gives a connection of method RAW that names no protocol to protocols[0] of the "
                              "vhost; the vhost has {}, too.",
                              others),
                  fmt::format("In the {} that it lasted, neither side sent anything.",
                              span_text(connection.opened_ns, of.until_ns()))},
                 Certainty::kLikely,
                 {}};
}

std::optional<Symptom> protocol_unknown(const Case &of, size_t protocols) {
  const Wanted &asked = of.connection.wanted;
  const std::string_view got = of.connection.last_callback_protocol;
  if (asked.protocol.empty()) return protocol_not_named(of);
  if (asked.protocol == "overflow" || got.empty() || got == asked.protocol) return std::nullopt;
  if (of.connection.origin != Origin::kOutbound || (!asked.is_local && protocols < 2)) return std::nullopt;
  const bool was_bound = std::any_of(of.connection.bindings.begin(), of.connection.bindings.end(),
                                     [&](const Binding &one) { return one.protocol == asked.protocol; });
  if (was_bound) return std::nullopt;
  Symptom symptom{
      Cause::kProtocolUnknown,
      printable(asked.protocol),
      {fmt::format("{} of the connect info names it. lws connects all the same; protocol {}, the first one of the "
                   "vhost, got the callbacks of this connection.",
                   asked.is_local ? "local_protocol_name" : "protocol", quoted(got))},
      Certainty::kLikely,
      {}};
  symptom.is_note = !asked.is_local;
  if (symptom.is_note)
    symptom.advice =
        "where another protocol of the vhost is meant to get them, name it in local_protocol_name of the connect info; "
        "`protocol` is the subprotocol that the server is offered";
  return symptom;
}

}  // namespace wsitrace
