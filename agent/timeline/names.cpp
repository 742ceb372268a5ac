// SPDX-License-Identifier: MIT
#include "agent/timeline/close_reason.h"
#include "agent/timeline/connection.h"

namespace wsitrace {

const char *name_of(Severity severity) {
  switch (severity) {
    case Severity::kNeutral: return "neutral";
    case Severity::kOdd: return "odd";
    case Severity::kBad: break;
  }
  return "bad";
}

const char *name_of(CloseBy by) {
  switch (by) {
    case CloseBy::kPeer: return "peer";
    case CloseBy::kLocal: return "local";
    case CloseBy::kLws: return "lws";
    case CloseBy::kUnknown: break;
  }
  return "unknown";
}

const char *name_of(ConnectionClass cls) {
  switch (cls) {
    case ConnectionClass::kListener: return "listener";
    case ConnectionClass::kClient: return "client";
    case ConnectionClass::kInternal: break;
  }
  return "internal";
}

const char *name_of(Origin origin) {
  switch (origin) {
    case Origin::kListen: return "listen";
    case Origin::kAccepted: return "accepted";
    case Origin::kAdopted: return "adopted";
    case Origin::kOutbound: return "outbound";
    case Origin::kStream: return "stream";
    case Origin::kInternal: break;
  }
  return "internal";
}

const char *name_of(Evidence evidence) {
  switch (evidence) {
    case Evidence::kSoAcceptConn: return "so_acceptconn";
    case Evidence::kLwsTag: return "lws_tag";
    case Evidence::kEvent: return "event";
    case Evidence::kElimination: break;
  }
  return "elimination";
}

const char *name_of(Role role) {
  switch (role) {
    case Role::kH1: return "h1";
    case Role::kH2: return "h2";
    case Role::kListen: return "listen";
    case Role::kMqtt: return "mqtt";
    case Role::kRaw: return "raw";
    case Role::kRawFile: return "raw_file";
    case Role::kRawProxy: return "raw_proxy";
    case Role::kWs: return "ws";
    case Role::kUnknown: break;
  }
  return "";
}

const char *name_of(State state) {
  switch (state) {
    case State::kHandshake: return "handshake";
    case State::kIdle: return "idle";
    case State::kActive: return "active";
    case State::kUpgraded: return "upgraded";
    case State::kClosed: break;
  }
  return "closed";
}

const char *name_of(PipelinedEvidence evidence) {
  switch (evidence) {
    case PipelinedEvidence::kAlreadyRead: return "already_read";
    case PipelinedEvidence::kWaitedInSocket: return "waited_in_socket";
    case PipelinedEvidence::kSocketWasEmpty: return "socket_was_empty";
    case PipelinedEvidence::kResponseOutstanding: return "response_outstanding";
    case PipelinedEvidence::kFirstRequest: return "first_request";
    case PipelinedEvidence::kNone: break;
  }
  return nullptr;
}

}  // namespace wsitrace
