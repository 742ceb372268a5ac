// SPDX-License-Identifier: MIT
#include "agent/serve/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "agent/base/fd.h"

namespace wsitrace {
namespace {

constexpr const char *kHint = "write HOST:PORT, like 127.0.0.1:9100 or [::1]:9100";

bool parse_port(std::string_view text, uint16_t &port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

bool is_literal(int family, const std::string &host) {
  in6_addr address{};
  return inet_pton(family, host.c_str(), &address) == 1;
}

struct Socket {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

Socket socket_address(const ListenAddress &address) {
  Socket out;
  if (address.ipv6) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(address.port);
    inet_pton(AF_INET6, address.host.c_str(), &in6.sin6_addr);
    std::memcpy(&out.storage, &in6, out.bytes = sizeof(in6));
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &in.sin_addr);
    std::memcpy(&out.storage, &in, out.bytes = sizeof(in));
  }
  return out;
}

std::string hint_for(int error_number) {
  switch (error_number) {
    case EADDRINUSE: return "choose another port, or 0 for any free one";
    case EACCES: return "ports below 1024 need privileges";
    case EADDRNOTAVAIL: return "this machine has no such address";
    case EAFNOSUPPORT: return "this machine has no IPv6";
    default: return {};
  }
}

}  // namespace

Expected<ListenAddress> ListenAddress::parse(std::string_view text) {
  const auto refuse = [&](const char *why) { return unexpected(Error{std::string(text), why, kHint}); };
  ListenAddress address;
  const size_t colon = text.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? text : text.substr(colon + 1);
  std::string_view host = colon == std::string_view::npos ? std::string_view{} : text.substr(0, colon);
  if (!parse_port(port, address.port)) return refuse("not a port between 0 and 65535");
  if (host.empty() || host == "localhost") return address;
  if (host.front() == '[' && host.back() == ']') {
    address.ipv6 = true;
    host = host.substr(1, host.size() - 2);
  }
  address.host = host;
  if (address.host.find('\0') != std::string::npos || !is_literal(address.ipv6 ? AF_INET6 : AF_INET, address.host)) {
    return refuse(host.find(':') == std::string_view::npos ? "not an address of this machine"
                                                           : "not an IPv6 address in brackets");
  }
  return address;
}

Expected<void> ListenAddress::probe() const {
  const auto refuse = [&](int error_number) {
    return unexpected(system_error("listen on " + text(), error_number, hint_for(error_number)));
  };
  const Fd socket(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return refuse(errno);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const Socket address = socket_address(*this);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address.storage), address.bytes) != 0)
    return refuse(errno);
  if (::listen(socket.get(), 1) != 0) return refuse(errno);
  return {};
}

bool ListenAddress::is_loopback() const {
  in6_addr in6{};
  in_addr in{};
  if (ipv6) return inet_pton(AF_INET6, host.c_str(), &in6) == 1 && IN6_IS_ADDR_LOOPBACK(&in6);
  return inet_pton(AF_INET, host.c_str(), &in) == 1 && (ntohl(in.s_addr) >> 24) == 127;
}

std::string ListenAddress::text() const { return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port); }

}  // namespace wsitrace
