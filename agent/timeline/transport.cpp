// SPDX-License-Identifier: MIT
#include <cstring>

#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

constexpr uint32_t kEstablished = 1;        // TCP_ESTABLISHED
constexpr uint32_t kFinWait1 = 4;           // TCP_FIN_WAIT1
constexpr uint32_t kFinWait2 = 5;           // TCP_FIN_WAIT2
constexpr uint32_t kClosed = 7;             // TCP_CLOSE
constexpr uint32_t kCloseWait = 8;          // TCP_CLOSE_WAIT
constexpr size_t kMaxDescriptor = 1 << 20;  // a larger one is not remembered

Tls &tls_of(Life &life) {
  if (!life.connection.tls) life.connection.tls.emplace();
  return *life.connection.tls;
}

std::optional<int> verify_result(ItemBytes bytes) {
  int32_t result = 0;
  if (bytes.size() != sizeof result) return std::nullopt;
  std::memcpy(&result, bytes.data(), sizeof result);
  return result;
}

void note_tls(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  if (items.empty()) return;
  Tls &tls = tls_of(life);
  tls.resumed = (event.flags & kTlsResumed) != 0;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (tag == kItemTlsVersion) tls.version = fold.strings.intern(text);
    if (tag == kItemCipher) tls.cipher = fold.strings.intern(text);
    if (tag == kItemAlpn) tls.alpn = fold.strings.intern(text);
    if (tag == kItemSni) tls.sni = text;
    if (tag == kItemTlsVerify) tls.verify = verify_result(bytes);
  });
  if (tls.alpn == "h2" && life.connection.role == Role::kUnknown) life.connection.role = Role::kH2;
}

// The kernel gives a socket up at once for a RST, and when both sides have sent their FIN: lws sends one to whom it has accepted, before
// it tells of the end. Where the kernel was asked before that, its answer then counts: a peer on this machine may answer a FIN within
// microseconds. Else a close of this side's own, when a callback has refused to go on, takes a round trip.
bool has_peer_ended(const Life &life, const TcpFacts &facts, Ns now_ns) {
  constexpr Ns kRefusedJustNowNs = 5'000'000;
  const uint32_t before = life.clues.socket_state;
  if (facts.state != kClosed) return false;
  if (before != 0 && life.clues.refused >= 0) return before == kClosed || before == kCloseWait;
  return life.clues.refused < 0 || now_ns <= life.clues.refused_ns + kRefusedJustNowNs;
}

bool is_reset(const Life &life, bool has_ended) {
  if (life.clues.socket_state != 0) return life.clues.socket_state == kClosed;
  return life.connection.origin == Origin::kOutbound && has_ended;
}

// What the kernel said when lws was told to close, before it sent a FIN of its own.
void note_before_close(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  CloseClues &clues = life.clues;
  if (clues.socket_state != 0 || lives_on(fold.strings.word(event.text))) return;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    TcpFacts facts;
    if (tag != kItemTcp || bytes.size() != sizeof facts) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    clues.socket_state = facts.state;
    if (facts.state == kCloseWait) clues.peer_closed_ns = static_cast<Ns>(facts.unheard_ms) * kNsPerMillisecond;
  });
}

// Of a handshake that has not ended.
void note_name_asked(Life &life, ItemBytes items) {
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    if (tag == kItemSni && tls_of(life).sni.empty())
      tls_of(life).sni = std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  });
}

void note_tcp(Life &life, Ns now_ns, ItemBytes items) {
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    TcpFacts facts;
    if (tag != kItemTcp || bytes.size() != sizeof facts) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    Tcp tcp{facts.received_bytes,
            facts.sent_bytes,
            facts.rtt_us,
            facts.retransmits,
            {},
            static_cast<Ns>(facts.unheard_ms) * kNsPerMillisecond,
            facts.unsent_bytes};
    tcp.unsent_ns = static_cast<Ns>(facts.unsent_ms) * kNsPerMillisecond;
    tcp.peer_had_ended = has_peer_ended(life, facts, now_ns);
    tcp.was_reset = is_reset(life, tcp.peer_had_ended);
    tcp.peer_was_there = facts.state == kEstablished || facts.state == kFinWait1 || facts.state == kFinWait2;
    tcp.was_shut_down = facts.state == kFinWait1 || facts.state == kFinWait2;
    tcp.was_over = facts.state == kClosed;
    if (facts.state == kCloseWait) tcp.peer_closed_ns = tcp.unheard_ns;
    else tcp.peer_closed_ns = life.clues.peer_closed_ns;
    life.connection.tcp = tcp;
  });
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    UnreadFacts unread;
    if (tag != kItemUnread || bytes.size() != sizeof unread || !life.connection.tcp) return;
    std::memcpy(&unread, bytes.data(), sizeof unread);
    life.connection.tcp->unread_bytes = unread.bytes;
    life.connection.tcp->unread_ns = static_cast<Ns>(unread.arrived_ms) * kNsPerMillisecond;
  });
}

}  // namespace

void remember_descriptor(Fold &fold, const Life &life) {
  const int fd = life.connection.fd.value_or(-1);
  if (fd < 0 || static_cast<size_t>(fd) >= kMaxDescriptor) return;
  const auto at = static_cast<size_t>(fd);
  if (at >= fold.pointer_by_fd.size()) fold.pointer_by_fd.resize(at + 1);
  fold.pointer_by_fd[at] = life.connection.pointer;
}

Life *life_on_descriptor(Fold &fold, int descriptor) {
  const auto fd = static_cast<size_t>(descriptor);
  if (descriptor < 0 || fd >= fold.pointer_by_fd.size()) return nullptr;
  Life *life = fold.lives.find(fold.pointer_by_fd[fd]);
  return life != nullptr && life->connection.fd == descriptor ? life : nullptr;
}

// The handshake is told by its descriptor.
void fold_handshake(Fold &fold, const Event &event, ItemBytes items) {
  Life *life = life_on_descriptor(fold, event.value);
  if (life == nullptr) return;
  Tls &tls = tls_of(*life);
  if (event.text != kNoString) {
    tls.failure = fold.strings.text(event.text);
    for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
      if (tag == kItemTlsVerify) tls.verify = verify_result(bytes);
    });
    note_name_asked(*life, items);
    note_tcp(*life, event.time_ns, items);
    note_addresses(*life, items);
  } else {
    note_tls(fold, *life, event, items);
  }
  const Ns since_ns = life->connection.connected_ns.value_or(life->connection.opened_ns);
  if (tls.handshake_ns || !tls.failure.empty() || event.time_ns < since_ns) return;
  tls.handshake_ns = event.time_ns - since_ns;
  announce(fold, *life);
  fold.observer.on_tls_established(life->connection);
}

// So is what the kernel said at the process's exit.
void fold_peer_left(Fold &fold, const Event &event, ItemBytes items) {
  if (Life *life = life_on_descriptor(fold, event.value)) note_tcp(*life, event.time_ns, items);
}

void fold_transport(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  if (event.kind == k_tls_established) return note_tls(fold, life, event, items);
  if (event.kind == k_close_requested) {
    note_name_asked(life, items);
    return note_before_close(fold, life, event, items);
  }
  if (has_role<role::kTcp>(event.kind)) note_tcp(life, event.time_ns, items);
}

}  // namespace wsitrace
