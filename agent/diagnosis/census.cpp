// SPDX-License-Identifier: MIT
#include "agent/diagnosis/census.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/diagnosis/subject.h"
#include "agent/lws/callbacks.h"

namespace wsitrace {
namespace {

const char *end_text(CloseReason reason) {
  switch (reason) {
    case CloseReason::kPeerClosed: return "closed by the peer";
    case CloseReason::kPeerWsClose: return "closed by the peer's close frame";
    case CloseReason::kLocalWsClose: return "closed by this program's close frame";
    case CloseReason::kHandlerClosed: return "closed by this program";
    case CloseReason::kResponseDone: return "closed after the response";
    case CloseReason::kRefused: return "refused";
    case CloseReason::kProtocolError: return "closed by lws for a protocol error";
    case CloseReason::kUpgradeRefused: return "upgrade refused";
    case CloseReason::kTlsFailed: return "failed in the TLS handshake";
    case CloseReason::kConnectFailed: return "failed to connect";
    case CloseReason::kHandshakeFailed: return "failed in the handshake";
    case CloseReason::kLeaderFailed: return "failed with the connection they were queued behind";
    case CloseReason::kTimeout: return "ended by a timeout";
    case CloseReason::kPingTimeout: return "ended because nothing came in time";
    case CloseReason::kStreamReset: return "reset by the peer";
    case CloseReason::kParentClosed: return "ended with the connection that carried them";
    case CloseReason::kContextDestroyed: return "ended by lws_context_destroy()";
    case CloseReason::kVhostDestroyed: return "ended by lws_vhost_destroy()";
    case CloseReason::kListenerStopped: return "stopped";
    case CloseReason::kAdoptFailed: return "not adopted";
    case CloseReason::kUnknown: break;
  }
  return "ended for an unknown reason";
}

// What an open connection waits for.
std::string wait_of(const Connection &connection) {
  const Transaction *last = connection.transactions.empty() ? nullptr : &connection.transactions.back();
  switch (connection.state) {
    case State::kHandshake:
      return connection.tls && !connection.tls->handshake_ns ? "in its TLS handshake" : "in its handshake";
    case State::kUpgraded: return "websocket session open";
    case State::kActive:
      if (is_raw(connection) && connection.connected_ns) return "connected";
      if (connection.origin == Origin::kOutbound)
        return last != nullptr && last->responded_ns ? "in the middle of the server's answer"
                                                     : "waiting for the server's answer";
      if (last == nullptr) return "";
      if (!last->responded_ns && last->brings_body() && connection.last_callback == k_HTTP)
        return "request body not complete, or response owed";
      return last->responded_ns ? "response begun, not completed" : "owed a response";
    case State::kIdle:
      if (connection.origin == Origin::kOutbound && last != nullptr)
        return last->outcome == Outcome::kAborted ? "its request has failed" : "idle, its last request was answered";
      return connection.transactions_total > 0 ? "keep-alive, waiting for the next request" : "idle";
    case State::kClosed: break;
  }
  return "";
}

// "+/run/desk.sock:80" is how a program names a socket file.
std::string target_of(const Connection &connection) {
  if (connection.origin != Origin::kOutbound) return "";
  const std::string &target = connection.target.empty() ? connection.peer : connection.target;
  return target.starts_with('+') ? "unix:" + target.substr(1, target.rfind(':') - 1) : target;
}

// The request that has no end yet, or that became the session; empty: it is of no account.
std::string awaited_request(const Connection &connection) {
  if (connection.transactions.empty() || is_raw(connection)) return "";
  const Transaction &last = connection.transactions.back();
  if (last.path.empty() || (last.outcome != Outcome::kOpen && last.outcome != Outcome::kUpgraded)) return "";
  return last.method.empty() || last.outcome == Outcome::kUpgraded ? last.path
                                                                   : std::string(last.method) + " " + last.path;
}

OptionalNs unheard_ns(const Connection &connection) {
  if (!connection.tcp || connection.tcp->unheard_ns == 0) return std::nullopt;
  return connection.tcp->unheard_ns;
}

}  // namespace

Census::Sort Census::sort_of(const Connection &connection) {
  if (connection.cls == ConnectionClass::kListener) return Sort::kListener;
  if (connection.cls == ConnectionClass::kInternal) return Sort::kInternal;
  switch (connection.origin) {
    case Origin::kAdopted: return Sort::kAdopted;
    case Origin::kOutbound: return Sort::kOutbound;
    case Origin::kStream: return connection.role == Role::kMqtt ? Sort::kUser : Sort::kStream;
    default: return Sort::kAccepted;
  }
}

const char *Census::name_of(Sort sort, uint64_t count) {
  switch (sort) {
    case Sort::kAccepted: return count == 1 ? "accepted connection" : "accepted connections";
    case Sort::kAdopted: return count == 1 ? "adopted connection" : "adopted connections";
    case Sort::kOutbound: return count == 1 ? "outbound connection" : "outbound connections";
    case Sort::kStream: return count == 1 ? "HTTP/2 stream" : "HTTP/2 streams";
    case Sort::kUser: return count == 1 ? "mqtt user" : "mqtt users";
    case Sort::kListener: return count == 1 ? "listener" : "listeners";
    case Sort::kInternal: break;
  }
  return "internal (lws's own)";
}

// By the kernel's count, which has one for the peer's FIN.
const char *Census::request_text(const Connection &connection) {
  const bool is_of_http = (connection.role == Role::kUnknown || connection.role == Role::kH1) && !connection.session;
  const bool is_inbound = connection.origin == Origin::kAccepted || connection.origin == Origin::kAdopted;
  if (!is_inbound || !is_of_http || !connection.tcp || !connection.opened_seen || connection.transactions_total > 0)
    return "";
  if (connection.tcp->received_bytes <= 1) return ", which had sent nothing";
  return connection.tls ? "" : " before lws had read a whole request";
}

std::string Census::end_of(const Connection &connection) {
  std::string end = end_text(connection.close ? connection.close->reason : CloseReason::kUnknown);
  const bool by_peer = connection.close && connection.close->reason == CloseReason::kPeerClosed;
  if (by_peer && connection.tcp && connection.tcp->was_reset) end += " with a reset (RST)";
  if (by_peer) end += request_text(connection);
  const bool says_nothing = connection.session && connection.close && !connection.close->ws_code &&
                            connection.close->reason == CloseReason::kContextDestroyed;
  if (says_nothing) end += ", without a close frame (the peer sees 1006)";
  if (connection.close && connection.close->ws_code) end += fmt::format(", code {}", *connection.close->ws_code);
  if (is_idle_timeout(connection)) {
    const int limit_s = pending_timeout_seconds(connection.close->pending_timeout);
    end += " between two requests (keepalive_timeout of the vhost";
    end += limit_s > 0 ? fmt::format(", {} s)", limit_s) : ")";
  }
  return end;
}

void Census::count(const Connection &connection, const std::string &end) {
  ++connections_[sort_of(connection)][end];
  if (connection.session) ++sessions_;
}

void Census::still_open(const Connection &connection) {
  count(connection, "still open");
  if (!connection.transactions.empty() && connection.transactions.back().outcome == Outcome::kOpen)
    ++outcomes_[Outcome::kOpen];
  const Sort sort = sort_of(connection);
  const std::string protocol(connection.session             ? connection.session->protocol
                             : !connection.bindings.empty() ? connection.bindings.back().protocol
                                                            : connection.last_callback_protocol);
  const bool is_listener = sort == Sort::kListener;
  OpenKey key{sort, target_of(connection), connection.role, is_listener ? "" : protocol,
              is_listener ? "" : wait_of(connection)};
  if (open_.size() >= kTargets && !open_.contains(key)) std::get<1>(key).clear();
  const auto [at, is_first] = open_.try_emplace(std::move(key));
  OpenGroup &group = at->second;
  const std::string request = awaited_request(connection);
  if (is_first) {
    group.first_id = connection.id, group.oldest_ns = connection.opened_ns;
    group.request = request;
    group.unheard_ns = unheard_ns(connection);
  }
  ++group.count;
  group.last_id = std::max(group.last_id, connection.id);
  group.oldest_ns = std::min(group.oldest_ns, connection.opened_ns);
  group.requests_differ = group.requests_differ || request != group.request;
  if (const OptionalNs heard = unheard_ns(connection); heard && group.unheard_ns)
    group.unheard_ns = std::min(*heard, *group.unheard_ns);
  else group.unheard_ns.reset();
  group.peers_gone += connection.tcp && connection.tcp->peer_closed_ns ? 1 : 0;
}

void Census::Numbers::add(const Connection &connection, int all, int now_open) {
  const auto to = [&](uint64_t &number, uint64_t &number_open) {
    number += static_cast<uint64_t>(all);
    number_open += static_cast<uint64_t>(now_open);
  };
  const Sort sort = sort_of(connection);
  if (is_counted(connection)) to(connections, open);
  else if (sort == Sort::kStream || sort == Sort::kUser) to(streams, open_streams);
  else if (sort == Sort::kListener) to(listeners, open_listeners);
}

void Census::Numbers::changed(const Connection &before, const Connection &now) {
  if (sort_of(before) == sort_of(now)) return;
  add(before, -1, -1);
  add(now, 1, 1);
}

void Census::Numbers::add(const Numbers &others) {
  connections += others.connections;
  open += others.open;
  streams += others.streams;
  open_streams += others.open_streams;
  listeners += others.listeners;
  open_listeners += others.open_listeners;
}

}  // namespace wsitrace
