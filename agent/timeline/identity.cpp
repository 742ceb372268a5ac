// SPDX-License-Identifier: MIT
#include <cstring>

#include "agent/timeline/address.h"
#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

// lws resolves names through a socket of its own that looks adopted.
constexpr std::string_view kAsyncDnsProtocol = "lws-async-dns";
// Built with Secure Streams, lws asks a known host for this path once a context is up, to find out whether a captive portal is in
// the way; source: the policy in lws_create_context(), 4.4 to 5.0. Streams of the application have other paths.
constexpr std::string_view kStreamProtocols = "lws-secstream-";
constexpr std::string_view kPortalPath = "/generate_204";

void classify(Life &life, ConnectionClass cls, Origin origin, Evidence evidence) {
  life.connection.cls = cls;
  life.connection.origin = origin;
  life.connection.evidence = evidence;
}

bool undecided(const Life &life) { return life.is_undecided(); }

// After a loss, what was not seen proves nothing.
Evidence by_absence(const Fold &fold) { return fold.lossy ? Evidence::kElimination : Evidence::kEvent; }

void note_vhost(const Fold &fold, Life &life, const Event &event) {
  if (event.vhost == kNoString || event.vhost == life.vhost_id) return;
  const bool first = life.vhost_id == kNoString;
  // A listener serves another vhost when it accepts for that. It moves on while all vhosts of the context go, but serves none.
  if (!first && life.connection.cls == ConnectionClass::kListener && event.kind != k_FILTER_NETWORK_CONNECTION) return;
  const std::string_view name = fold.strings.text(event.vhost);
  if (name.empty()) return;
  life.vhost_id = event.vhost;
  life.connection.vhost = name;
  if (first) life.connection.opened_vhost = name;
}

void note_listener(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  if (undecided(life)) classify(life, ConnectionClass::kListener, Origin::kListen, Evidence::kEvent);
  life.connection.role = Role::kListen;
  life.connection.state = State::kIdle;
  if ((event.flags & kAcceptConn) != 0) life.connection.evidence = Evidence::kSoAcceptConn;
  if ((event.flags & kNewSocket) != 0) fold.threads[event.thread].accepted_fd = event.value;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    if (tag == kItemLocal) life.connection.local = address_text(bytes);
  });
}

void note_socket(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  if ((event.flags & kNewSocket) != 0 && event.value >= 0) {
    life.connection.fd = event.value;
    remember_descriptor(fold, life);
  }
  note_addresses(life, items);
}

// What a listener accepted in this thread is created next.
void note_create(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  life.seen |= kSeenCreate;
  if (life.is_client_side()) {
    life.connection.connected_ns = event.time_ns;
    return note_socket(fold, life, event, items);
  }
  if (!undecided(life)) return;
  int &accepted_fd = fold.threads[event.thread].accepted_fd;
  if (accepted_fd < 0) return;
  life.accepted_fd = accepted_fd;
  accepted_fd = -1;
  life.connection.fd = life.accepted_fd;
  remember_descriptor(fold, life);
  classify(life, ConnectionClass::kClient, Origin::kAccepted, by_absence(fold));
}

bool looks_for_portal(const Fold &fold, const Life &life, const Event &event) {
  return life.request.path == kPortalPath && fold.strings.text(event.protocol).starts_with(kStreamProtocols);
}

void become_outbound(Fold &fold, Life &life, const Event &event) {
  take_connect_request(fold, life, event);
  const bool own = looks_for_portal(fold, life, event);
  classify(life, own ? ConnectionClass::kInternal : ConnectionClass::kClient, Origin::kOutbound, Evidence::kEvent);
}

// Adopted sockets get the same events as accepted ones, but no listener spoke of them.
void note_new(Fold &fold, Life &life, const Event &event) {
  life.seen |= kSeenNew;
  if (life.is_client_side()) return;
  const bool created = life.has_seen(kSeenCreate);
  const bool accepted = life.accepted_fd >= 0 && (event.value < 0 || event.value == life.accepted_fd);
  if (accepted) return;
  if (created) return classify(life, ConnectionClass::kClient, Origin::kAdopted, by_absence(fold));
  int &accepted_fd = fold.threads[event.thread].accepted_fd;
  if (accepted_fd >= 0 && accepted_fd == event.value) {
    accepted_fd = -1;
    return classify(life, ConnectionClass::kClient, Origin::kAccepted, Evidence::kEvent);
  }
  if (!fold.lossy) return become_outbound(fold, life, event);
  classify(life, ConnectionClass::kClient, Origin::kAccepted, Evidence::kElimination);
}

// After a redirect lws connects with the wsi that was a stream: it leaves what carried it, and has a socket of its own.
void leave_carrier(Fold &fold, Life &life) {
  life.seen &= static_cast<uint16_t>(~(kSeenRedirect | kSeenCreate | kSeenAnswer | kSeenAnswerDone));
  leave_parent(fold, life);
  life.parent_pointer = 0;
  life.connection.parent.reset();
  life.connection.role = Role::kUnknown;
  life.connection.connected_ns.reset();
  classify(life, ConnectionClass::kClient, Origin::kOutbound, Evidence::kEvent);
}

// Of an outbound h2 connection, the stream is created first and bound later.
void note_client_side(Fold &fold, Life &life, const Event &event) {
  if (!undecided(life)) return;
  if (!life.has_seen(kSeenCreate)) return become_outbound(fold, life, event);
  classify(life, ConnectionClass::kClient, Origin::kStream, Evidence::kElimination);
  life.connection.role = Role::kH2;
}

void note_server_side(Life &life) {
  if (!undecided(life)) return;
  const bool created = life.has_seen(kSeenCreate);
  classify(life, ConnectionClass::kClient, created ? Origin::kStream : Origin::kAccepted, Evidence::kElimination);
}

uint64_t pointer_in(ItemBytes items) {
  uint64_t pointer = 0;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    if (tag == kItemParent && bytes.size() == sizeof pointer) std::memcpy(&pointer, bytes.data(), sizeof pointer);
  });
  return pointer;
}

void become_stream_of(Fold &fold, Life &life, uint64_t carrier, Role role = Role::kH2) {
  life.connection.role = role;
  life.parent_pointer = carrier;
  Life *parent = fold.lives.find(carrier);
  if (parent == nullptr) return;
  const Shown before = shown(parent->connection);
  life.connection.parent = parent->connection.id;
  parent->connection.role = role;
  parent->connection.state = State::kActive;
  ++parent->children;
  tell_change(fold, *parent, before);
}

void note_parent(Fold &fold, Life &life, ItemBytes items, Role role = Role::kH2) {
  if (life.connection.parent || items.empty()) return;
  const uint64_t pointer = pointer_in(items);
  if (pointer == 0 || pointer == life.connection.pointer) return;
  classify(life, ConnectionClass::kClient, Origin::kStream, Evidence::kEvent);
  life.connection.fd.reset();
  become_stream_of(fold, life, pointer, role);
}

// A child ends with its parent, but has a socket of its own.
void note_elder(Fold &fold, Life &life, ItemBytes items) {
  const uint64_t pointer = pointer_in(items);
  const Life *elder = pointer != 0 ? fold.lives.find(pointer) : nullptr;
  if (elder == nullptr || elder == &life) return;
  life.parent_pointer = pointer;
  life.connection.parent = elder->connection.id;
}

void note_child_closing(Fold &fold, Life &life, ItemBytes items) {
  life.seen |= kSeenChildClosing;
  if (!life.connection.parent) note_elder(fold, life, items);
}

// Asked just before lws closes it.
void note_whether_it_listens(Life &life, const Event &event) {
  if ((event.flags & kListenAsked) == 0 || !undecided(life)) return;
  if ((event.flags & kAcceptConn) == 0) {
    life.seen |= kSeenNotListening;
    return;
  }
  classify(life, ConnectionClass::kListener, Origin::kListen, Evidence::kSoAcceptConn);
  life.connection.role = Role::kListen;
}

// lws's mqtt client moves the first of its connection's users to a wsi of its own, and adds the others to it.
void note_mqtt(Fold &fold, Life &life, ItemBytes items) {
  life.seen |= kSeenAnswer;
  life.connection.state = State::kActive;
  life.connection.role = Role::kMqtt;
  note_parent(fold, life, items, Role::kMqtt);
}

void note_proxied(Fold &fold, Life &life, const Event &event) {
  life.seen |= kSeenRaw;
  life.connection.state = State::kActive;
  life.connection.role = Role::kRawProxy;
  if (!undecided(life)) return;
  if (event.kind == k_RAW_PROXY_CLI_ADOPT) become_outbound(fold, life, event);
  else classify(life, ConnectionClass::kClient, Origin::kAdopted, Evidence::kEvent);
}

void note_raw(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  note_elder(fold, life, items);
  life.seen |= kSeenRaw;
  life.connection.state = State::kActive;
  life.connection.role = event.kind == k_RAW_ADOPT_FILE ? Role::kRawFile : Role::kRaw;
  if (!undecided(life)) return;
  if (event.kind == k_RAW_CONNECTED) {
    become_outbound(fold, life, event);
  } else if (fold.strings.text(event.protocol) == kAsyncDnsProtocol) {
    life.connection.evidence = Evidence::kEvent;
  } else {
    classify(life, ConnectionClass::kClient, Origin::kAdopted, Evidence::kEvent);
  }
}

void note_request(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  const bool first = !life.has_seen(kSeenRequest);
  life.seen |= kSeenRequest;
  if (first && event.thread != 255)
    life.connection.thread = event.thread;  // with several service threads: where it lives
  note_parent(fold, life, items);
  note_server_side(life);
  if (life.connection.role == Role::kUnknown) life.connection.role = life.is_stream() ? Role::kH2 : Role::kH1;
}

// lws closes what a connection carries while it closes that, and nothing else. One that carried a stream, and no request of its own, is h2.
bool carrier_is_closing(Fold &fold, const Event &event) {
  const uint64_t closing = fold.threads[event.thread].closing;
  const Life *carrier = closing != 0 ? fold.lives.find(closing) : nullptr;
  if (carrier == nullptr || !carrier->clues.requested) return false;
  const bool may_be_h2 = carrier->connection.role == Role::kUnknown && carrier->has_seen(kSeenNew) &&
                         !carrier->has_seen(kSeenRequest | kSeenEstablished | kSeenRaw);
  return carrier->connection.role == Role::kH2 || may_be_h2;
}

bool vhost_listens(const Fold &fold, const Life &life) {
  return life.vhost_id < fold.vhost_listens.size() && fold.vhost_listens[life.vhost_id];
}

bool vhost_has_ended(const Fold &fold, const Life &life) {
  return life.vhost_id < fold.vhost_destroyed_ns.size() && fold.vhost_destroyed_ns[life.vhost_id] != 0;
}

// Its end is all that was heard of it. Listeners that never accepted end like this, and so do wsis that lws made for itself.
// Where calls are on record, a listener's end is seen coming, unless it is its vhost's.
bool ends_as_listener(const Fold &fold, const Life &life, const Event &event) {
  if ((event.flags & kTagSaysOther) != 0 || fold.lossy) return false;
  return life.events == 1 && life.seen == 0 && vhost_listens(fold, life) &&
         (!fold.sees_calls || life.clues.requested || vhost_has_ended(fold, life));
}

}  // namespace

void note_addresses(Life &life, ItemBytes items) {
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    if (tag == kItemPeer) life.connection.peer = address_text(bytes);
    if (tag == kItemLocal) life.connection.local = address_text(bytes);
  });
}

void identify(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  note_vhost(fold, life, event);
  if ((event.flags & kTls) != 0 && event.kind < k_gap && !life.connection.tls) life.connection.tls.emplace();
  switch (event.kind) {
    case k_FILTER_NETWORK_CONNECTION: return note_listener(fold, life, event, items);
    case k_WSI_CREATE:
      if (life.has_seen(kSeenRedirect)) leave_carrier(fold, life);
      return note_create(fold, life, event, items);
    case k_SERVER_NEW_CLIENT_INSTANTIATED: note_new(fold, life, event); return note_socket(fold, life, event, items);
    case k_CLIENT_FILTER_PRE_ESTABLISH:
      note_client_side(fold, life, event);
      return note_socket(fold, life, event, items);
    case k_CLIENT_APPEND_HANDSHAKE_HEADER:
      note_parent(fold, life, items);
      note_client_side(fold, life, event);
      // On another's socket (pipelining), being given it is all there is of connecting.
      if (life.is_client_side() && !life.connection.connected_ns) life.connection.connected_ns = event.time_ns;
      return note_socket(fold, life, event, items);
    case k_CONNECTING:
    case k_CLIENT_HTTP_BIND_PROTOCOL:
      if (life.has_seen(kSeenRedirect)) leave_carrier(fold, life);
      return note_client_side(fold, life, event);
    case k_WS_CLIENT_BIND_PROTOCOL:
    case k_CLIENT_CONNECTION_ERROR: return note_client_side(fold, life, event);
    case k_CLIENT_HTTP_REDIRECT:
      if (life.is_stream()) life.seen |= kSeenRedirect;
      return note_client_side(fold, life, event);
    case k_ESTABLISHED_CLIENT_HTTP:
      life.seen |= kSeenAnswer;
      life.connection.state = State::kActive;
      if (life.connection.role == Role::kUnknown) life.connection.role = Role::kH1;
      return note_client_side(fold, life, event);
    case k_COMPLETED_CLIENT_HTTP:
      life.seen |= kSeenAnswerDone;
      life.connection.state = State::kIdle;
      return note_client_side(fold, life, event);
    case k_CLIENT_ESTABLISHED: life.seen |= kSeenEstablished; return note_client_side(fold, life, event);
    case k_RAW_SKT_BIND_PROTOCOL:
    case k_RAW_PROXY_CLI_BIND_PROTOCOL:
    case k_MQTT_IDLE:
      if (!life.has_seen(kSeenCreate)) note_client_side(fold, life, event);
      return;
    case k_MQTT_CLIENT_ESTABLISHED: return note_mqtt(fold, life, items);
    case k_RAW_PROXY_CLI_ADOPT:
    case k_RAW_PROXY_SRV_ADOPT: note_proxied(fold, life, event); return note_socket(fold, life, event, items);
    case k_RAW_CLOSE_FILE: life.connection.role = Role::kRawFile; return;
    case k_close_requested:
      // lws 4.1 tells nothing else of one whose connect() fails at once.
      if (undecided(life) && fold.strings.word(event.text) == Word::kConnectFailed) become_outbound(fold, life, event);
      return note_whether_it_listens(life, event);
    case k_RAW_ADOPT:
    case k_RAW_ADOPT_FILE:
    case k_RAW_CONNECTED: note_raw(fold, life, event, items); return note_socket(fold, life, event, items);
    case k_FILTER_HTTP_CONNECTION:
    case k_HTTP_CONFIRM_UPGRADE:
    case k_HTTP:
    case k_FILTER_PROTOCOL_CONNECTION:
    case k_HTTP_FILE_COMPLETION: return note_request(fold, life, event, items);
    case k_status_sent:
      if (!items.empty()) note_request(fold, life, event, items);
      return;
    case k_ESTABLISHED: life.seen |= kSeenEstablished; return note_request(fold, life, event, items);
    case k_HTTP_BIND_PROTOCOL:
    case k_WS_SERVER_BIND_PROTOCOL: note_parent(fold, life, items); return note_server_side(life);
    case k_CLOSED_HTTP: life.seen |= kSeenClosedHttp; return;
    case k_CHILD_CLOSING: return note_child_closing(fold, life, items);
    default: return;
  }
}

void identify_at_end(Fold &fold, Life &life, const Event &event) {
  if (!undecided(life)) return;
  const bool tagged = (event.flags & kTagSaysListener) != 0;
  if (tagged || ends_as_listener(fold, life, event)) {
    classify(life, ConnectionClass::kListener, Origin::kListen, tagged ? Evidence::kLwsTag : Evidence::kElimination);
    life.connection.role = Role::kListen;
  } else if (life.has_seen(kSeenCreate) && life.has_seen(kSeenClosedHttp)) {
    // Only a stream that died before its headers has neither NEW nor a listener's word.
    classify(life, ConnectionClass::kClient, Origin::kStream, Evidence::kElimination);
    life.connection.role = Role::kH2;
    if (carrier_is_closing(fold, event)) become_stream_of(fold, life, fold.threads[event.thread].closing);
  } else if (life.has_seen(kSeenChildClosing)) {
    life.connection.evidence = by_absence(fold);
  } else if ((event.flags & kTagSaysOther) != 0) {
    life.connection.evidence = Evidence::kLwsTag;
  }
}

}  // namespace wsitrace
