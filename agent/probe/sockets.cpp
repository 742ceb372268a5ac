// SPDX-License-Identifier: MIT
#include "agent/probe/sockets.h"

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <cstddef>

#include "agent/probe/errno_guard.h"

namespace wsitrace {
namespace {

using NameOfSocket = int (*)(int, sockaddr *, socklen_t *);

void add_name(Items &items, ItemTag tag, int fd, NameOfSocket name_of_socket) noexcept {
  sockaddr_storage address;
  socklen_t length = sizeof address;
  if (name_of_socket(fd, reinterpret_cast<sockaddr *>(&address), &length) == 0)
    items.add(tag, &address, length < sizeof address ? length : sizeof address);
}

// The beginning of struct tcp_info of <linux/tcp.h>, which cannot be included beside <netinet/tcp.h>; ABI since Linux 4.6.
struct TcpInfo {
  uint8_t state_and_options[8];
  uint32_t timers[4];          // rto, ato, snd_mss, rcv_mss
  uint32_t unacked;            // of a listener: connections in its queue
  uint32_t counts[4];          // sacked, lost, retrans, fackets
  uint32_t last_data_sent_ms;  // ago
  uint32_t last_ack_sent_ms;
  uint32_t last_data_received_ms;
  uint32_t last_ack_received_ms;
  uint32_t windows[2];  // pmtu, rcv_ssthresh
  uint32_t rtt_us;
  uint32_t congestion[7];
  uint32_t total_retrans;
  uint64_t pacing[2];
  uint64_t bytes_acked;
  uint64_t bytes_received;
  uint32_t segments[2];
  uint32_t notsent_bytes;
};
static_assert(offsetof(TcpInfo, last_data_sent_ms) == 44 && offsetof(TcpInfo, rtt_us) == 68 &&
              offsetof(TcpInfo, total_retrans) == 100 && offsetof(TcpInfo, bytes_acked) == 120 &&
              offsetof(TcpInfo, bytes_received) == 128 && offsetof(TcpInfo, last_ack_received_ms) == 56 &&
              offsetof(TcpInfo, notsent_bytes) == 144);
constexpr int kTcpInfo = 11;  // TCP_INFO

bool ask_tcp(int fd, TcpInfo &info) noexcept {
  socklen_t length = sizeof info;
  return fd >= 0 && getsockopt(fd, IPPROTO_TCP, kTcpInfo, &info, &length) == 0 && length >= sizeof info;
}

}  // namespace

void add_local_address(Items &items, int fd) noexcept { add_name(items, kItemLocal, fd, getsockname); }

void add_addresses(Items &items, int fd) noexcept {
  add_name(items, kItemPeer, fd, getpeername);
  add_local_address(items, fd);
}

bool came_before_response(int fd) noexcept {
  TcpInfo info;
  return ask_tcp(fd, info) && info.last_data_received_ms > info.last_data_sent_ms;
}

void add_tcp_of(Items &items, int fd) noexcept {
  TcpInfo info;
  if (!ask_tcp(fd, info) || info.rtt_us == 0) return;  // without a round trip: never connected
  const TcpFacts facts{info.bytes_received, info.bytes_acked,          info.rtt_us,
                       info.total_retrans,  info.state_and_options[0], info.last_ack_received_ms,
                       info.notsent_bytes,  info.last_data_sent_ms};
  items.add(kItemTcp, &facts, sizeof facts);
  int unread = 0;
  if (ioctl(fd, FIONREAD, &unread) != 0 || unread <= 0) return;
  const UnreadFacts left{static_cast<uint32_t>(unread), info.last_data_received_ms};
  items.add(kItemUnread, &left, sizeof left);
}

bool add_tcp_unheeded(Items &items, int fd) noexcept {
  constexpr uint8_t kCloseWait = 8;  // TCP_CLOSE_WAIT
  constexpr uint32_t kUnreadMs = 500;
  TcpInfo info;
  if (!ask_tcp(fd, info)) return false;
  int unread = 0;
  const bool is_deaf = ioctl(fd, FIONREAD, &unread) == 0 && unread > 0 && info.last_data_received_ms >= kUnreadMs;
  if (info.state_and_options[0] != kCloseWait && !is_deaf) return false;
  add_tcp_of(items, fd);
  return true;
}

bool add_tcp_if_quiet(Items &items, int fd) noexcept {
  constexpr uint8_t kEstablished = 1;  // TCP_ESTABLISHED
  TcpInfo info;
  if (!ask_tcp(fd, info) || info.state_and_options[0] != kEstablished) return false;
  const bool is_stuck =
      info.notsent_bytes > 0 && info.last_data_sent_ms >= kQuietMs;  // the peer's kernel answers probes
  if (info.last_ack_received_ms < kQuietMs && !is_stuck) return false;
  add_tcp_of(items, fd);
  return true;
}

uint32_t queued_on(int listener) noexcept {
  constexpr uint8_t kListen = 10;  // TCP_LISTEN
  TcpInfo info;
  return ask_tcp(listener, info) && info.state_and_options[0] == kListen ? info.unacked : 0;
}

uint32_t heard_ms_ago(int fd) noexcept {
  TcpInfo info;
  return ask_tcp(fd, info) ? info.last_data_received_ms : 0;
}

void add_ended_socket(Items &items, int fd) noexcept {
  const ErrnoGuard guard;
  add_addresses(items, fd);
  add_tcp_of(items, fd);
}

}  // namespace wsitrace
