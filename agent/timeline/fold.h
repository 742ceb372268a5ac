// SPDX-License-Identifier: MIT
//
// The state of a Timeline, and the steps of the fold that work on it. Each step is one concern in one file. An event about a connection
// passes through them in this order (timeline.cpp):
//
//    lifecycle.cpp     begin and end of a life, call_failed
//    identity.cpp      class, origin, evidence, role, parent, vhost, addresses; WSI_DESTROY ends the life after this
//    close.cpp         why it ended
//    transport.cpp     TLS and TCP
//    transactions.cpp  requests and upgrades
//    outbound.cpp      the same, where the application is the client
//    refusal.cpp       callback_refused
//    bindings.cpp      BIND and DROP
//    sessions.cpp      the websocket life
//
// Beside them, called by these or for events of a kind of their own:
//
//    close_outbound.cpp  why an outbound connection failed
//    pipelining.cpp      whether a request waited for the response before
//    said.cpp            what lws logged
//    stacks.cpp          where the application stood
//
// Internal to the room.
#ifndef WSITRACE_TIMELINE_FOLD_H
#define WSITRACE_TIMELINE_FOLD_H

#include <array>
#include <map>

#include "agent/lws/callbacks.h"
#include "agent/timeline/life_table.h"
#include "agent/timeline/observer.h"
#include "agent/timeline/observers.h"
#include "agent/timeline/string_table.h"

namespace wsitrace {

using ItemBytes = std::span<const std::byte>;

// The outbound connection that is about to end, or just has: those that were queued behind it follow, and nothing else before.
struct FailedLeader {
  uint64_t id;
  std::string target;
  std::string message;  // of its CLIENT_CONNECTION_ERROR
};

// What the fold remembers about a recording thread. Threads from 255 on share one.
struct ThreadFacts {
  int accepted_fd = -1;  // a listener accepted this just now
  uint64_t closing = 0;  // pointer of the connection that lws is closing; ends of others may follow, nothing else
  std::optional<FailedLeader> failed_leader;
  std::optional<ConnectRequest> connecting;  // lws_client_connect_via_info was called; no connection has begun since
  Ns connect_called_ns = 0;                  // when it was, the last time; 0: it was not seen to be
  uint32_t destroying_contexts = 0;          // lws_context_destroy is running
  std::optional<Event> said;                 // the last lws_said that nothing has ended by
};

// What on_connection_changed tells.
struct Shown {
  ConnectionClass cls;
  Origin origin;
  State state;
  std::string_view vhost;
};

struct Fold {
  Observers observer;
  StringTable strings;
  LifeTable lives;
  Totals totals;
  ProcessFacts process;
  Loss loss;
  std::optional<End> end;
  uint64_t last_event_ns = 0;
  // A search among the open lives looks at one for each event that came: work stays linear in the log, whatever the log claims.
  uint64_t may_look_at = 0;
  bool sees_calls = false;  // calls into lws are recorded too, not only its callbacks (preload, plugin)
  bool lossy = false;       // events are missing
  std::array<ThreadFacts, 256> threads;
  std::map<uint64_t, ContextLife> contexts;  // alive, of those whose creation was seen
  uint64_t contexts_created = 0;
  uint64_t contexts_destroyed = 0;
  uint64_t vhosts_made = 0;
  uint64_t vhosts_gone = 0;            // protocols[0] was told PROTOCOL_DESTROY
  uint16_t told_init = kNoString;      // the vhost of the last PROTOCOL_INIT
  std::vector<int64_t> vhosts_left;    // told PROTOCOL_INIT and not PROTOCOL_DESTROY, by string id of the name
  std::vector<Ns> vhost_destroyed_ns;  // by string id of its name; 0: not
  std::vector<bool> vhost_listens;     // by string id of its name: it has a port, or a unix socket
  std::vector<Module> modules;
  std::map<std::string, uint64_t, std::less<>> callbacks;  // address by protocol; 0: it has several
  std::vector<uint64_t> pointer_by_fd;                     // the wsi that had this descriptor last; 0: none
};

inline constexpr Ns kNsPerMillisecond = 1'000'000;
inline constexpr int kContextDestroyReason = 9999;  // lws's private reason in lws_context_destroy, 4.1.6 to 5.0
inline bool ends_with_context(const Event &event) {
  return event.kind == k_close_requested && event.value == kContextDestroyReason;
}

// lifecycle.cpp
bool can_begin_life(uint16_t kind);
// The life that EVENT belongs to, begun if need be; nullptr for a stray event.
Life *life_of(Fold &fold, const Event &event);
void end_life(Fold &fold, Life &life, const Event &event, ItemBytes items);
bool end_failed_call(Fold &fold, const Event &event, ItemBytes items);
// The contexts are gone: what lws frees with them without a word ends.
void end_what_lws_freed(Fold &fold, Ns now_ns);
// LIFE is carried no longer.
void leave_parent(Fold &fold, Life &life);
void announce(Fold &fold, Life &life);
void tell_change(Fold &fold, Life &life, const Shown &before);
Shown shown(const Connection &connection);

// identity.cpp
void identify(Fold &fold, Life &life, const Event &event, ItemBytes items);
void identify_at_end(Fold &fold, Life &life, const Event &event);
void note_addresses(Life &life, ItemBytes items);

// bindings.cpp
void fold_binding(Fold &fold, Life &life, const Event &event);
void settle_binding(Fold &fold, Life &life, Ns now_ns, Settled settled, std::string_view cause = {});

// transactions.cpp
void fold_transaction(Fold &fold, Life &life, const Event &event, ItemBytes items);
void end_transaction(Fold &fold, Life &life, Outcome outcome, Ns now_ns);
// The connection ends or gives up HTTP: whatever is open ends with it.
void settle_transaction(Fold &fold, Life &life, Ns now_ns);

// transactions.cpp
Transaction &begin_transaction(Fold &fold, Life &life, Ns requested_ns);

// outbound.cpp
void note_connect_request(Fold &fold, const Event &event, ItemBytes items);
void take_connect_request(Fold &fold, Life &life, const Event &event);
void fold_frame(Fold &fold, const Event &event, ItemBytes items);
void fold_outbound(Fold &fold, Life &life, const Event &event, ItemBytes items);

// pipelining.cpp
void note_completion(Life &life, const Event &event);
void judge_pipelining(Life &life, Transaction &transaction, const Event &request);

// transport.cpp
void remember_descriptor(Fold &fold, const Life &life);
void fold_handshake(Fold &fold, const Event &event, ItemBytes items);
Life *life_on_descriptor(Fold &fold, int descriptor);  // nullptr: none
void fold_peer_left(Fold &fold, const Event &event, ItemBytes items);
void fold_transport(Fold &fold, Life &life, const Event &event, ItemBytes items);

// refusal.cpp
void fold_refusal(Fold &fold, Life &life, const Event &event);
std::optional<Close> close_by_refusal(const Life &life);

// stacks.cpp: what is recorded on demand. It tells about a life, and never begins one or changes it.
void fold_module(Fold &fold, ItemBytes items);
void fold_callback_known(Fold &fold, const Event &event, ItemBytes items);
void fold_stack(Fold &fold, const Event &event, ItemBytes items);
void fold_user_left(Fold &fold, const Event &event, ItemBytes items);

// sessions.cpp
void fold_session(Fold &fold, Life &life, const Event &event);
void settle_session(Fold &fold, Life &life, Ns now_ns);

// said.cpp
void note_said(Fold &fold, const Event &event);
// What was said in this thread just before EVENT, which is part of LIFE's end.
void take_said(Fold &fold, Life &life, const Event &event);
bool peer_broke_rule(const Life &life);
// The pending timeout that ran out, by number.
int named_timeout(const Life &life);
std::optional<Close> by_log_line(Life &life);

// close.cpp
void note_close_evidence(Fold &fold, Life &life, const Event &event, ItemBytes items);
void send_stored_code(Life &life);
Close resolve_close(Fold &fold, Life &life, const Event &destroy);

// close_outbound.cpp
Close close_by_error(const Fold &fold, const Life &life, const Event &destroy);
void note_attempt(Connection &connection, ItemBytes items);
CloseBy who_failed_connect(const Connection &connection);
// Who ended a TLS handshake, by OpenSSL's reason: an alert is what the other side sent.
CloseBy who_failed_tls(std::string_view failure);

}  // namespace wsitrace

#endif
