// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "agent/export/explain/narrators.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

const char *what_of(const Connection &connection) {
  switch (connection.cls == ConnectionClass::kInternal ? Origin::kInternal : connection.origin) {
    case Origin::kListen: return "a listener of this program";
    case Origin::kAccepted: return "a connection that a listener of this program accepted";
    case Origin::kAdopted: return "a socket that the application handed to lws";
    case Origin::kOutbound: return "a connection that this program made to somebody else";
    case Origin::kStream: return "a stream of an HTTP/2 connection";
    case Origin::kInternal: break;
  }
  return "one of lws's own, not somebody's connection";
}

const char *known_by_events(Origin origin) {
  switch (origin) {
    case Origin::kListen: return "it was asked about new connections (LWS_CALLBACK_FILTER_NETWORK_CONNECTION)";
    case Origin::kAccepted: return "a listener spoke of its socket just before";
    case Origin::kAdopted: return "no listener had spoken of its socket";
    case Origin::kOutbound: return "its first events are those of a connection that goes out";
    case Origin::kStream: return "lws named the connection that carries it";
    case Origin::kInternal: break;
  }
  return "of its events";
}

std::string how_known(const Connection &connection) {
  switch (connection.evidence) {
    case Evidence::kSoAcceptConn: return "because the kernel says that its socket listens (SO_ACCEPTCONN)";
    case Evidence::kLwsTag: return "because lws's own tag says so";
    case Evidence::kEvent: return std::string("because ") + known_by_events(connection.origin);
    case Evidence::kElimination: break;
  }
  return "only by elimination: nothing else fits what was seen, so it may be wrong";
}

std::string role_text(const Connection &connection) {
  switch (connection.role) {
    case Role::kWs: return "It became a websocket.";
    case Role::kH1: return "It speaks HTTP/1.";
    case Role::kH2: return connection.origin == Origin::kStream ? "" : "It speaks HTTP/2.";
    case Role::kRaw: return "It is a raw socket: lws hands its bytes through.";
    case Role::kRawFile: return "It is a raw file descriptor, not a socket.";
    case Role::kUnknown:
      return connection.cls == ConnectionClass::kClient ? "What it speaks is unknown: no request was seen on it." : "";
    default: return "";
  }
}

std::string ends_text(const Connection &connection) {
  if (connection.cls == ConnectionClass::kListener)
    return connection.local.empty() ? "Where it listens is unknown: it was never seen to accept."
                                    : "It listens on " + printable(connection.local) + ".";
  if (connection.origin == Origin::kStream || connection.cls == ConnectionClass::kInternal) return "";
  std::string out = "Its peer is " + (connection.peer.empty() ? "unknown" : printable(connection.peer));
  if (!connection.local.empty()) out += ", its own end " + printable(connection.local);
  if (connection.fd) out += fmt::format(", its descriptor {}", *connection.fd);
  if (!connection.target.empty()) out += "; the application had asked for " + printable(connection.target);
  return out + ".";
}

std::string carried_text(const Subject &subject) {
  const Connection &connection = subject.connection;
  if (connection.parent) return fmt::format("Connection {} carries it.", *connection.parent);
  if (connection.origin == Origin::kStream) return "Which connection carries it is unknown.";
  if (subject.streams.count == 0) return "";
  if (subject.streams.count == 1) return fmt::format("It carried one stream, connection {}.", subject.streams.first_id);
  return fmt::format("It carried {} streams, connections of their own from {} to {}.", subject.streams.count,
                     subject.streams.first_id, subject.streams.last_id);
}

std::string vhost_text(const Connection &connection) {
  if (connection.vhost.empty()) return "";
  const bool moved = !connection.opened_vhost.empty() && connection.opened_vhost != connection.vhost;
  if (!moved) return fmt::format("It belongs to vhost {}.", quoted(connection.vhost));
  const char *why = connection.cls == ConnectionClass::kListener
                        ? "lws hands a listener on when the vhost that made it goes"
                        : "the Host header or SNI of its client chose that one";
  return fmt::format("It began on vhost {} and moved to vhost {}: {}.", quoted(connection.opened_vhost),
                     quoted(connection.vhost), why);
}

std::string thread_text(const Connection &connection) {
  if (!connection.thread || !connection.opened_thread || *connection.thread == *connection.opened_thread) return "";
  return fmt::format("It was first seen in thread {} and is served by thread {}.", *connection.opened_thread,
                     *connection.thread);
}

std::string tls_facts(const Tls &tls) {
  std::string out;
  const auto add = [&out](const std::string &fact) { out += (out.empty() ? "" : ", ") + fact; };
  if (!tls.version.empty()) add(printable(tls.version));
  if (!tls.cipher.empty()) add(printable(tls.cipher));
  if (!tls.alpn.empty()) add("ALPN " + printable(tls.alpn));
  if (!tls.sni.empty()) add("asked for as " + printable(tls.sni));
  if (tls.resumed) add(*tls.resumed ? "a resumed session" : "not resumed");
  if (tls.handshake_ns) add("handshake done after " + span_text(*tls.handshake_ns));
  if (tls.verify)
    add(*tls.verify == 0 ? "the peer's certificate verified"
                         : fmt::format("the peer's certificate not verified (X509_V_... {})", *tls.verify));
  return out;
}

std::string tls_text(const Connection &connection) {
  if (!connection.tls) return "";
  const std::string facts = tls_facts(*connection.tls);
  std::string out = facts.empty() ? "It uses TLS; version and cipher are unknown." : "It uses TLS: " + facts + ".";
  if (!connection.tls->failure.empty()) out += " The handshake failed: " + quoted(connection.tls->failure) + ".";
  return out;
}

std::string pointer_text(const Connection &connection) {
  std::string out = fmt::format("Its struct lws was at {:#x}", connection.pointer);
  if (connection.generation > 1)
    out += fmt::format(", where {} had been before it", count_text(connection.generation - 1, "other connection"));
  return out + ".";
}

}  // namespace

Sentences identity_of(const Subject &subject, const LogFacts &) {
  const Connection &connection = subject.connection;
  Sentences all{fmt::format("It is {} (class {}, origin {}); that is known {} (evidence: {}).", what_of(connection),
                            name_of(connection.cls), name_of(connection.origin), how_known(connection),
                            name_of(connection.evidence))};
  for (std::string text : {role_text(connection), ends_text(connection), carried_text(subject), vhost_text(connection),
                           thread_text(connection), tls_text(connection), pointer_text(connection)})
    if (!text.empty()) all.push_back(std::move(text));
  return all;
}

}  // namespace wsitrace
