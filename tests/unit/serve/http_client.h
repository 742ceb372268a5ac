// SPDX-License-Identifier: MIT
//
// An HTTP/1.1 client on a raw socket: says exactly what it is told to, reads exactly one response, and can stop anywhere.
#ifndef WSITRACE_TESTS_SERVE_HTTP_CLIENT_H
#define WSITRACE_TESTS_SERVE_HTTP_CLIENT_H

#include <cstdint>
#include <string>

#include "agent/base/fd.h"

namespace wsitrace {

struct HttpReply {
  int status = 0;  // 0: the connection ended without a response
  std::string headers;
  std::string body;
};

class HttpClient {
 public:
  // A small RECEIVE_BUFFER makes a slow reader that the server has to wait for.
  explicit HttpClient(uint16_t port, int receive_buffer = 0, bool ipv6 = false);

  [[nodiscard]] bool connected() const { return fd_.valid(); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void send(const std::string &bytes) const;
  void request(const std::string &path, const std::string &method = "GET") const;
  // Reads a response with content-length; HAS_BODY is false for HEAD.
  HttpReply read_reply(bool has_body = true);
  HttpReply get(const std::string &path) {
    request(path);
    return read_reply();
  }
  // True when the server ends the connection within the time.
  [[nodiscard]] bool ended_within(int milliseconds) const;
  void disconnect() { fd_.reset(); }
  void reset();  // disconnects with a TCP reset

 private:
  bool receive();

  Fd fd_;
  std::string received_;
};

}  // namespace wsitrace

#endif
