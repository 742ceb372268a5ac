// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "agent/diagnosis/rules.h"
#include "agent/text/callbacks.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr uint64_t kHeaderBytes = 4096;  // max_http_header_data where it is not set

// Of a handshake that nobody finished: no error of OpenSSL's tells.
std::optional<Symptom> tls_not_finished(const Case &of) {
  const auto &tls = of.connection.tls;
  const bool failed = tls && !tls->failure.empty() && tls->failure.find("unexpected eof") == std::string_view::npos;
  if (failed) return std::nullopt;
  const uint64_t bytes = of.connection.tcp ? of.connection.tcp->received_bytes : 0;
  const std::string lasted = span_text(of.connection.opened_ns, of.until_ns());
  const std::string came = of.connection.tcp && bytes <= 1 ? "No byte of a TLS handshake came in " + lasted + "."
                                                           : "It was not over " + lasted + " after the connect.";
  if (of.connection.close->evidence == CloseEvidence::kPendingTimeout)
    return Symptom{Cause::kTlsFailed,
                   fmt::format("it was not over in time: lws's timeout{} fired", timeout_text(of)),
                   {came},
                   Certainty::kProven,
                   "scanners and spare connections of browsers do this; a client that speaks no TLS waits, too: check "
                   "that its URL begins with https:// or wss://"};
  if (of.connection.close->by != CloseBy::kPeer) return std::nullopt;
  return Symptom{
      Cause::kTlsFailed,
      tls && !tls->failure.empty() ? fmt::format("the peer closed before it was over ({})", printable(tls->failure))
                                   : std::string("the peer closed before it was over"),
      {came},
      Certainty::kProven,
      tls && !tls->sni.empty()
          ? "see the client's own error: one that does not trust the server's certificate leaves like this; check that "
            "it "
            "is for the name that the client asks for, and that ssl_cert_filepath has the intermediate certificates, "
            "too"
          : "see the client's own error: port scanners and health checks connect and close, and a client that does not "
            "trust the server may leave without an alert"};
}

// What OpenSSL says, as far as there is something to do about it: the first that fits.
constexpr const char *kCertificateOfServer =
    "the client refused this server's certificate: check that it is for the name that the client connects to, and that "
    "ssl_cert_filepath has the intermediate certificates, too";
struct AcceptAdvice {
  const char *says;
  const char *advice;
};
constexpr AcceptAdvice kAcceptAdvice[] = {
    {"http request",
     "the peer spoke plain HTTP to a TLS port: its URL begins with http:// where https:// is meant; to send such "
     "clients on to https, set LWS_SERVER_OPTION_ALLOW_NON_SSL_ON_SSL_PORT together with "
     "LWS_SERVER_OPTION_REDIRECT_HTTP_TO_HTTPS, which does nothing alone"},
    {"did not return a certificate",
     "the client sent no certificate, and this vhost requires one "
     "(LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT): "
     "give the client one, or let those without in (LWS_SERVER_OPTION_PEER_CERT_NOT_REQUIRED)"},
    {"no shared cipher",
     "this side and the client have no cipher in common: see ssl_cipher_list of the vhost, which takes OpenSSL's names "
     "(ECDHE-RSA-AES256-GCM-SHA384) and not IANA's (TLS_ECDHE_RSA_...), and whether its key is RSA or EC"},
    {"unsupported protocol",
     "the client offers no version of TLS that this side accepts: update the client, or see MinProtocol in "
     "openssl.cnf"},
    {"no suitable signature algorithm",
     "the client can sign with nothing that this side accepts, as those that know TLS 1.0 and 1.1 only: update the "
     "client, or lower SECLEVEL in ssl_cipher_list of the vhost"},
    {"alert unknown ca",
     "the client does not trust this server's certificate: put the intermediate certificates into ssl_cert_filepath, "
     "behind the server's own (the whole chain), and let the client trust the CA that signed it"},
    {"alert certificate expired",
     "the client says that this server's certificate has expired: renew it, or correct the client's clock"},
    {"alert bad certificate", kCertificateOfServer},
    {"alert certificate unknown", kCertificateOfServer},
    {"unknown ca", "a certificate was not accepted: check its names, its dates and the CAs that the verifier trusts"},
    {"certificate", "a certificate was not accepted: check its names, its dates and the CAs that the verifier trusts"},
};

// By lws's rules: a vhost's name, or one below it.
bool is_meant(std::string_view name, std::string_view vhost) {
  return name == vhost ||
         (name.size() > vhost.size() && name.ends_with(vhost) && name[name.size() - vhost.size() - 1] == '.');
}

// A client that leaves may have got the certificate of another vhost.
void tell_name_asked(Symptom &symptom, const Case &of) {
  const auto &tls = of.connection.tls;
  if (!tls || tls->sni.empty()) return;
  const std::vector<std::string> others = of.premises.vhosts_beside(of.connection.vhost);
  const bool has_one =
      is_meant(tls->sni, of.connection.vhost) ||
      std::any_of(others.begin(), others.end(), [&](const auto &one) { return is_meant(tls->sni, one); });
  if (others.empty() || has_one) {
    symptom.why.push_back(fmt::format("The client asked for the host {}.", quoted(printable(tls->sni))));
    return;
  }
  std::string names;
  for (const std::string &one : others) names += (names.empty() ? "" : ", ") + quoted(one);
  symptom.why.push_back(
      fmt::format("The client asked for the host {}, and no vhost of that port has the name: lws showed it the "
                  "certificate of {}, the first one ({} {} on the same port).",
                  quoted(printable(tls->sni)), quoted(of.connection.vhost), names, others.size() == 1 ? "is" : "are"));
  symptom.advice = fmt::format(
      "set vhost_name of the vhost that is meant to {} (the host name of the client's URL, without port): lws takes "
      "vhost and certificate by it",
      quoted(printable(tls->sni)));
}

std::optional<Symptom> tls_failed(const Case &of) {
  if (!of.ended_as(CloseReason::kTlsFailed)) return std::nullopt;
  if (of.clues.certificate_refused) return certificate_refused(of, {});
  if (auto symptom = tls_not_finished(of)) {
    if (of.connection.close->by == CloseBy::kPeer) tell_name_asked(*symptom, of);
    return symptom;
  }
  const auto &tls = of.connection.tls;
  const std::string failure =
      printable(tls && !tls->failure.empty() ? tls->failure : std::string_view(of.connection.close->detail));
  Symptom symptom{Cause::kTlsFailed, failure.empty() ? "the reason is unknown" : failure, {}, Certainty::kProven, {}};
  for (const AcceptAdvice &one : kAcceptAdvice)
    if (failure.find(one.says) != std::string::npos) {
      symptom.advice = one.advice;
      break;
    }
  const auto says = [&](const char *what) { return failure.find(what) != std::string::npos; };
  if (says("http request")) tell_of_plain_vhosts(symptom, of);
  if (says("alert") && (says("certificate") || says("unknown ca"))) tell_name_asked(symptom, of);
  return symptom;
}

// Bytes that came in; TCP counts one for the peer's FIN.
std::optional<uint64_t> received_bytes(const Case &of) {
  return of.connection.tcp ? std::optional(of.connection.tcp->received_bytes) : std::nullopt;
}

// lws's parser refused it, no callback.
Symptom no_request(const Case &of) {
  const auto bytes = received_bytes(of);
  Symptom symptom{Cause::kRequestRefused, {}, {}, Certainty::kProven, {}};
  if (bytes.value_or(0) > kHeaderBytes) {
    symptom.detail = ": its headers are too large";
    symptom.why.push_back(
        fmt::format("{} bytes came without an end of the headers: more than max_http_header_data of the context "
                    "allows (4096 bytes, if not set).",
                    *bytes));
    symptom.advice =
        "raise max_http_header_data (and pt_serv_buf_size) of the context, or see why the client sends so much: "
        "cookies, as a rule";
  } else {
    symptom.detail = ": no HTTP request that lws accepts";
    symptom.why.push_back(
        fmt::format("What came in{} was no HTTP request that lws accepts: another protocol on a plain HTTP port, such "
                    "as TLS or HTTP/2, a method or an Upgrade that lws does not know, or a scanner.",
                    bytes ? fmt::format(", {},", count_text(*bytes, "byte")) : ""));
    symptom.advice =
        "where a client means https:// or wss:// here, give the vhost a certificate "
        "(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT, ssl_cert_filepath) or the client http:// or ws://; where it begins "
        "with HTTP/2 without TLS, set LWS_SERVER_OPTION_H2_PRIOR_KNOWLEDGE";
  }
  if (of.connection.origin == Origin::kAdopted) {
    symptom.why = {fmt::format("What lws read{} is no HTTP request that it accepts.",
                               bytes ? fmt::format(", {},", count_text(*bytes, "byte")) : ""),
                   kReadBefore};
    symptom.advice = kReadBeforeAdvice;
  }
  return symptom;
}

// What came after a response that did not wait for the request's body.
std::optional<Symptom> body_taken_for_request(const Case &of, const Transaction &last) {
  if (last.outcome != Outcome::kCompleted || !awaits_body(of, last)) return std::nullopt;
  return Symptom{
      Cause::kRequestRefused,
      ": it is the body of the request before",
      {fmt::format(
          "{} was answered with {} before all of its body had come (no LWS_CALLBACK_HTTP_BODY_COMPLETION): lws "
          "took the rest for the next request, which it is not.",
          request_text(&last), last.status ? std::to_string(*last.status) : "a status")},
      Certainty::kLikely,
      "read the body, and answer in LWS_CALLBACK_HTTP_BODY_COMPLETION; to refuse it unread, end the connection with "
      "the answer (return -1 after it)"};
}

// How lws came to this vhost, where the port has others.
std::optional<std::string> choice_text(const Case &of) {
  const std::vector<std::string> others = of.premises.vhosts_beside(of.connection.vhost);
  if (others.empty()) return std::nullopt;
  std::string names;
  for (const std::string &one : others) names += (names.empty() ? "" : ", ") + quoted(one);
  return fmt::format(
      "lws takes the vhost whose name is the host name that the client asks for, and where there is none the first one "
      "of the port: it took {}; {} {} on the same port.",
      quoted(of.connection.vhost), names, others.size() == 1 ? "is" : "are");
}

std::optional<Symptom> upgrade_refused(const Case &of, const std::string &by) {
  Symptom symptom{Cause::kUpgradeRefused, by, {}, Certainty::kProven, {}};
  if (of.clues.refused) {
    symptom.why.push_back(refusal_text(of.clues) + ", which refuses the upgrade.");
    symptom.advice = "see why that callback refuses";
  } else if (of.connection.close->said == Said::kNoConnectionUpgrade) {
    symptom.detail = fmt::format(": {}", row_of(Said::kNoConnectionUpgrade).wrong);
    symptom.why.emplace_back("lws logged that just before it closed the connection.");
    symptom.advice = row_of(Said::kNoConnectionUpgrade).advice;
  } else if (!of.clues.has(k_FILTER_PROTOCOL_CONNECTION)) {
    symptom.why.push_back(
        fmt::format("No callback was asked: vhost {} has no protocol of a name that the client offered.",
                    quoted(of.connection.vhost)));
    tell_of_protocols(symptom, of);
    if (auto choice = choice_text(of)) {
      symptom.why.push_back(*std::move(choice));
      symptom.advice =
          "if another vhost is meant, give it the host name of the client's URL (vhost_name, without port); otherwise "
          "compare the subprotocols that the client offers with the protocols of this one";
    }
  } else {
    symptom.why.emplace_back(
        "The callbacks agreed, and lws itself refused: Sec-WebSocket-Key is missing, or Sec-WebSocket-Version is not "
        "13.");
    symptom.certainty = Certainty::kLikely;
    symptom.advice = "see which headers come in: a proxy on the way may drop some";
  }
  if (const Transaction *last = of.last())
    symptom.why.push_back("The request was " + request_text(last) +
                          (last->status ? fmt::format(", answered with {}.", *last->status) : "."));
  return symptom;
}

// After a response that was complete, lws could not read what came.
void tell_what_came_next(Symptom &symptom, const Transaction &last) {
  symptom.certainty = Certainty::kLikely;
  if (last.brings_body()) {
    symptom.detail = ": it is the rest of the body before";
    symptom.why.emplace_back(
        "What came after that body was no request: the client sent more than its Content-Length says.");
    symptom.advice =
        "compare the Content-Length that the client sends with its body: lws takes anything beyond it for the next "
        "request";
  } else {
    symptom.detail = ": lws could not read what came after the one before";
    symptom.why.emplace_back(
        "Where requests arrive together (pipelining) and lws answers one itself, with a file or an error page, it "
        "resumes in the middle of the next one, which is lost.");
    symptom.advice = "let the client wait for each response before it sends the next request, as browsers do";
  }
}

Symptom not_adopted(const Case &of) {
  Symptom symptom{Cause::kAdoptFailed, {}, {}, Certainty::kProven, {}};
  if (const std::string protocol = of.premises.protocol_not_enabled(); !protocol.empty()) {
    symptom.why.push_back(
        fmt::format("lws logged that vhost {} has no protocol {}.", quoted(of.connection.vhost), quoted(protocol)));
    symptom.advice =
        "give the vhost a protocol of that name, or name one of its own in the adopt call, or in "
        "listen_accept_protocol of the vhost where lws accepted the connection";
  } else if (of.connection.close->detail == "lws_create_adopt_udp") {
    symptom.why.push_back(
        of.premises.udp_not_bound()
            ? "lws_create_adopt_udp() returned NULL: lws logged that bind() of the UDP socket failed. "
              "Another socket has that UDP port, or the address is none of this machine."
            : "lws_create_adopt_udp() returned NULL: the address was not resolved, or there was no "
              "socket for it.");
    symptom.advice =
        "find what holds that UDP port (ss -lunp), or take another, and check what lws_create_adopt_udp() returns";
  } else if (of.connection.origin == Origin::kAccepted && of.connection.fd) {
    symptom.certainty = Certainty::kLikely;
    symptom.why.push_back(fmt::format(
        "lws itself had accepted it, as descriptor {}, and has no place for that number: its table has as many as "
        "descriptors were allowed when the context was made.",
        *of.connection.fd));
    symptom.advice =
        "raise the limit of descriptors before the context is made (ulimit -n, LimitNOFILE=, fd_limit_per_thread), and "
        "see what holds so many: ls -l /proc/PID/fd";
  }
  return symptom;
}

std::optional<Symptom> refused(const Case &of) {
  const std::string by = of.clues.refused ? ": " + refusal_text(of.clues) : "";
  if (of.ended_as(CloseReason::kAdoptFailed)) return not_adopted(of);
  if (of.ended_as(CloseReason::kUpgradeRefused)) return upgrade_refused(of, by);
  const Transaction *last = of.last();
  const bool rejected = last != nullptr && last->outcome == Outcome::kRejected;
  if (!of.ended_as(CloseReason::kRefused) && !rejected) return std::nullopt;
  const SaidRow &said = row_of(of.connection.close ? of.connection.close->said : Said::kNothing);
  if (last == nullptr && !of.clues.refused && said.wrong == nullptr) return no_request(of);
  if (last != nullptr && !rejected)
    if (auto symptom = body_taken_for_request(of, *last)) return symptom;
  Symptom symptom{Cause::kRequestRefused, by, {}, Certainty::kProven, {}};
  if (of.clues.refused) symptom.advice = "see why that callback refuses";
  else if (said.wrong != nullptr) symptom.detail = fmt::format(": {}", said.wrong), symptom.advice = said.advice;
  if (last != nullptr && last->outcome == Outcome::kCompleted && !of.clues.refused && said.wrong == nullptr)
    tell_what_came_next(symptom, *last);
  if (last != nullptr)
    symptom.why.push_back(last->status ? fmt::format("{} was answered with {}.", request_text(last), *last->status)
                                       : fmt::format("The request was {}; no status was sent.", request_text(last)));
  return symptom;
}

std::optional<Symptom> binding_left(const Case &of) {
  for (const Binding &binding : of.connection.bindings)
    if (binding.settled == Settled::kByBind)
      return Symptom{Cause::kBindingLeft,
                     {},
                     {fmt::format("Protocol {} was bound at {} and not dropped before the next was bound.",
                                  quoted(binding.protocol), time_text(binding.bound_ns, of.log.started_ns))},
                     Certainty::kLikely,
                     {}};
  return std::nullopt;
}

// The answer to a request that its vhost has no mount for, or no file.
std::optional<Symptom> not_found(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || last->status != 404) return std::nullopt;
  Symptom symptom{
      Cause::kNotFound,
      request_text(last),
      {fmt::format("Protocol {} of vhost {} answered it{}.", quoted(last->protocol), quoted(of.connection.vhost),
                   of.clues.asks_first_protocol
                       ? "; lws asks protocols[0] where no mount of the vhost has the path, and "
                         "where the file of a mount is missing"
                       : "")},
      Certainty::kLikely,
      of.clues.asks_first_protocol
          ? "compare the path with the mounts of the vhost (lws_http_mount), and the Host header with its name; a "
            "folder in `origin` that does not begin with / counts from where the program was started"
          : "see how its handler looks that path up; where it calls lws_serve_http_file(), check that the file is "
            "there "
            "and may be read (a name that does not begin with / counts from where the program was started)"};
  tell_of_mounts(symptom, of, *last);
  tell_of_socket_io(symptom, *last);
  if (last->method == "OPTIONS") {
    symptom.why.emplace_back(
        "A browser asks with OPTIONS before it sends a request to another site (CORS); lws answers that for no mount.");
    symptom.advice = "answer OPTIONS in LWS_CALLBACK_HTTP: 204 with Access-Control-Allow-Origin, -Methods and -Headers";
  }
  if (auto choice = choice_text(of)) symptom.why.push_back(*std::move(choice));
  else tell_of_namesakes(symptom, of);
  return symptom;
}

// clang-format off
constexpr CaseRule kInboundRules[] = {
    upgrade_lost, thrown_away, file_not_completed, odd_header, owes_response, forgot_completion, lost_with_carrier,
    tls_failed, refused, refused_midway, both_wait, timed_out, gave_up, left_midway, answered_twice, wrong_length,
    stream_not_ended, response_without_end, redirected_in_circle, completion_ignored, continue_not_sent,
    header_pool_used_up, thread_not_run, request_not_read, vhost_gone, not_read, peer_not_reading, not_found, error_status,
    ended_by_callback, binding_left};
// clang-format on

}  // namespace

std::string refusal_text(const Clues &clues) {
  return fmt::format("{} of protocol {} returned non-zero", callback_name(*clues.refused), quoted(clues.refused_by));
}

bool peer_was_first(const Case &of) {
  if (of.ended_as(CloseReason::kContextDestroyed)) return false;
  return of.connection.tcp &&
         (of.connection.tcp->peer_had_ended || of.connection.tcp->was_reset || of.connection.tcp->peer_closed_ns);
}

std::string request_text(const Transaction *transaction) {
  if (transaction == nullptr || (transaction->method.empty() && transaction->path.empty())) return "its request";
  const std::string method(transaction->method.empty() ? "a request for" : transaction->method);
  return printable(method + " " + transaction->path);
}

std::string in_charge_text(const Connection &connection) {
  if (!connection.last_callback) return "none";
  return fmt::format("{} of protocol {}", callback_name(*connection.last_callback),
                     quoted(connection.last_callback_protocol));
}

std::optional<Symptom> inbound_symptom(const Case &of) {
  if (of.connection.origin == Origin::kOutbound) return std::nullopt;
  for (const CaseRule rule : kInboundRules)
    if (auto symptom = rule(of)) return symptom;
  return std::nullopt;
}

}  // namespace wsitrace
