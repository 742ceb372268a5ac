// SPDX-License-Identifier: MIT
#include "bare_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "agent/serve/http_session.h"

namespace wsitrace {
namespace {

struct Peer {
  Fd fd;
  size_t sent_bytes = 0;
};

void must(bool holds, const char *what) {
  if (!holds) throw std::runtime_error(what);
}

Peer accept_one(const Fd &listener) {
  char request[1024];  // if it were not read, closing would be a reset that takes the response away
  Peer peer{Fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC))};
  must(recv(peer.fd.get(), request, sizeof request, 0) > 0, "no request");
  return peer;
}

}  // namespace

BareServer::BareServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(bind(listener_.get(), reinterpret_cast<sockaddr *>(&address), length) == 0, "bind");
  must(listen(listener_.get(), SOMAXCONN) == 0, "listen");
  must(getsockname(listener_.get(), reinterpret_cast<sockaddr *>(&address), &length) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
}

void BareServer::answer(size_t count, size_t body_bytes, const Send &send_once) const {
  const std::string response =
      "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'm');
  std::vector<Peer> peers;
  while (peers.size() < count) peers.push_back(accept_one(listener_));
  while (!peers.empty()) {
    std::vector<pollfd> polled;
    for (const Peer &peer : peers) polled.push_back({peer.fd.get(), POLLOUT, 0});
    poll(polled.data(), polled.size(), -1);
    for (size_t i = 0; i < peers.size(); ++i) {
      if (polled[i].revents == 0) continue;
      Peer &peer = peers[i];
      ssize_t sent = 0;
      const size_t bytes = std::min(kChunkBytes, response.size() - peer.sent_bytes);
      send_once(
          [&] { sent = send(peer.fd.get(), response.data() + peer.sent_bytes, bytes, MSG_NOSIGNAL | MSG_DONTWAIT); });
      must(sent > 0, "send");
      peer.sent_bytes += static_cast<size_t>(sent);
    }
    std::erase_if(peers, [&](const Peer &peer) { return peer.sent_bytes == response.size(); });
  }
}

}  // namespace wsitrace
