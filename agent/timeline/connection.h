// SPDX-License-Identifier: MIT
//
// What the fold makes of events: connections with their bindings, transactions and session. Plain values.
//
// Units: every *_ns is absolute CLOCK_MONOTONIC, as in the event; exporters subtract the process's start.
// Unknown: std::nullopt, or an empty string where a name is unknown; never 0 or a guess.
#ifndef WSITRACE_TIMELINE_CONNECTION_H
#define WSITRACE_TIMELINE_CONNECTION_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/timeline/close_reason.h"

namespace wsitrace {

using Ns = uint64_t;
using OptionalNs = std::optional<uint64_t>;

enum class ConnectionClass { kListener, kClient, kInternal };
enum class Origin { kListen, kAccepted, kAdopted, kOutbound, kStream, kInternal };
enum class Evidence { kSoAcceptConn, kLwsTag, kEvent, kElimination };
enum class State { kHandshake, kIdle, kActive, kUpgraded, kClosed };
enum class Outcome { kOpen, kCompleted, kUpgraded, kAborted, kRejected };

struct Binding {
  std::string protocol;
  Ns bound_ns = 0;
  OptionalNs dropped_ns;
  std::string cause;  // lws's words, or "settled_by_destroy"; empty while open
};

struct Transaction {
  uint32_t index = 0;  // 1, 2, 3, ... on its connection
  std::string version; // "HTTP/1.1"
  std::string method;
  std::string path;
  std::optional<int> status;
  std::string protocol;  // that handled it
  std::optional<bool> pipelined;
  Ns requested_ns = 0;
  OptionalNs handled_ns;    // the handler was called
  OptionalNs responded_ns;  // the response's status was sent
  OptionalNs completed_ns;  // the exchange ended, however
  Outcome outcome = Outcome::kOpen;
};

// The websocket life after an upgrade.
struct Session {
  std::string protocol;
  Ns established_ns = 0;
  OptionalNs closed_ns;
  std::optional<int> peer_code;   // close code the peer sent
  std::optional<int> local_code;  // close code this side sent
};

struct Close {
  CloseReason reason = CloseReason::kUnknown;
  CloseBy by = CloseBy::kUnknown;
  std::string detail;  // lws's caller or message, or empty
  std::optional<int> ws_code;
};

struct Connection {
  uint64_t id = 0;
  uint64_t pointer = 0;
  uint32_t generation = 0;  // how many lives this pointer has had, this one included
  ConnectionClass cls = ConnectionClass::kInternal;
  Origin origin = Origin::kInternal;
  Evidence evidence = Evidence::kElimination;
  std::string role;  // "listen", "h1", "h2", "ws", "raw", "raw_file"; empty: unknown
  std::optional<uint64_t> parent;  // id
  std::optional<uint32_t> thread;
  std::string vhost;
  std::optional<int> fd;
  std::string local;  // "127.0.0.1:7681", "[::1]:7681", "unix:/path"
  std::string peer;
  bool tls = false;
  Ns opened_ns = 0;
  OptionalNs closed_ns;
  State state = State::kHandshake;
  std::optional<Close> close;
  std::vector<Binding> bindings;
  std::vector<Transaction> transactions;
  std::optional<Session> session;
};

// The words of the contract: "listener", "accepted", "so_acceptconn", "handshake", "completed", ...
const char *name_of(ConnectionClass);
const char *name_of(Origin);
const char *name_of(Evidence);
const char *name_of(State);
const char *name_of(Outcome);

}  // namespace wsitrace

#endif
