// SPDX-License-Identifier: MIT
#include "http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>

namespace wsitrace {
namespace {

constexpr int kPatienceMs = 20'000;  // longer than anything takes on a busy machine; a hang fails instead of blocking

bool connect_to(int fd, uint16_t port, bool ipv6) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  in6.sin6_addr = in6addr_loopback;
  return ipv6 ? ::connect(fd, reinterpret_cast<sockaddr *>(&in6), sizeof(in6)) == 0
              : ::connect(fd, reinterpret_cast<sockaddr *>(&in), sizeof(in)) == 0;
}

}  // namespace

HttpClient::HttpClient(uint16_t port, int receive_buffer, bool ipv6)
    : fd_(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer != 0) {
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  if (!connect_to(fd_.get(), port, ipv6)) fd_.reset();
}

void HttpClient::send(const std::string &bytes) const {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<size_t>(n);
  }
}

void HttpClient::request(const std::string &path, const std::string &method) const {
  send(method + " " + path + " HTTP/1.1\r\nhost: localhost\r\n\r\n");
}

bool HttpClient::receive() {
  pollfd readable{fd_.get(), POLLIN, 0};
  if (::poll(&readable, 1, kPatienceMs) != 1) return false;
  std::array<char, 65536> buffer;
  const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (n <= 0) return false;
  received_.append(buffer.data(), static_cast<size_t>(n));
  return true;
}

HttpReply HttpClient::read_reply(bool has_body) {
  HttpReply reply;
  size_t end = std::string::npos;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return reply;
  }
  reply.headers = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  const size_t length_at = reply.headers.find("content-length: ");
  if (length_at == std::string::npos) return reply;
  const size_t length = has_body ? std::strtoul(reply.headers.c_str() + length_at + 16, nullptr, 10) : 0;
  while (received_.size() < length) {
    if (!receive()) return reply;
  }
  reply.body = received_.substr(0, length);
  received_.erase(0, length);
  reply.status = std::atoi(reply.headers.c_str() + 9);
  return reply;
}

void HttpClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  fd_.reset();
}

bool HttpClient::ended_within(int milliseconds) const {
  pollfd readable{fd_.get(), POLLIN, 0};
  if (::poll(&readable, 1, milliseconds) != 1) return false;
  char byte = 0;
  return ::recv(fd_.get(), &byte, 1, 0) <= 0;
}

}  // namespace wsitrace
