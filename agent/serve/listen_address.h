// SPDX-License-Identifier: MIT
//
// HOST:PORT as users write it, parsed once into what the server may trust.
#ifndef WSITRACE_SERVE_LISTEN_ADDRESS_H
#define WSITRACE_SERVE_LISTEN_ADDRESS_H

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/expected.h"

namespace wsitrace {

struct ListenAddress {
  std::string host = "127.0.0.1";  // a literal address, IPv6 without brackets
  uint16_t port = 0;               // 0: any free one
  bool ipv6 = false;

  // "127.0.0.1:9100", "[::1]:9100", "localhost:9100", ":9100" or "9100". Names other than localhost are refused: nothing is
  // ever resolved.
  static Expected<ListenAddress> parse(std::string_view text);

  // Whether a socket can listen here, and if not, why. The socket is closed again.
  [[nodiscard]] Expected<void> probe() const;

  // Nobody but programs on this machine can connect: 127.0.0.0/8 and ::1.
  [[nodiscard]] bool is_loopback() const;

  // "127.0.0.1:9100", "[::1]:9100"
  [[nodiscard]] std::string text() const;
};

}  // namespace wsitrace

#endif
