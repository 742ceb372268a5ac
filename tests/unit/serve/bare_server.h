// SPDX-License-Identifier: MIT
//
// What the kernel alone takes: answers as the site does, a chunk of kChunkBytes to one peer after the other that takes one, without
// libwebsockets and without us.
#ifndef WSITRACE_TESTS_SERVE_BARE_SERVER_H
#define WSITRACE_TESTS_SERVE_BARE_SERVER_H

#include <cstddef>
#include <cstdint>
#include <functional>

#include "agent/base/fd.h"

namespace wsitrace {

class BareServer {
 public:
  using Send = std::function<void(const std::function<void()> &)>;  // calls what it is given, which calls send(2) once

  BareServer();
  [[nodiscard]] uint16_t port() const { return port_; }
  // Accepts PEERS connections, reads a request from each and answers with BODY_BYTES.
  void answer(size_t peers, size_t body_bytes, const Send &send_once) const;

 private:
  Fd listener_;
  uint16_t port_ = 0;
};

}  // namespace wsitrace

#endif
