// SPDX-License-Identifier: MIT
//
// A server of our own for a Site: one libwebsockets context, one listener, one thread. For `run --serve` and the agent.
//
// Threads:  start() returns when the listener is bound; from then on the server's thread runs the event loop. All signals are
//           blocked in it. Somebody else calls site.work().
// Effects:  silences libwebsockets' log in this process. Leaves the process's signal handlers and SIGPIPE as they were.
// Access:   of what ServeOptions say; see access.h and serve_options.h.
// Errors:   not an address, address in use, no permission, no such address, files that cannot be read, an address that others reach
//           without a token or client certificates: an Error, and nothing was started.
// Lifetime: the site outlives the server. stop() ends open exchanges where they are; the destructor calls it.
#ifndef WSITRACE_SERVE_SERVER_H
#define WSITRACE_SERVE_SERVER_H

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "agent/base/expected.h"
#include "agent/serve/http_session.h"
#include "agent/serve/idle_connections.h"
#include "agent/serve/serve_options.h"
#include "agent/serve/site.h"

namespace wsitrace {

class Server {
 public:
  static constexpr unsigned kTimeoutSeconds =
      20;  // for a request to arrive, and for a client to take what it asked for

  static Expected<std::unique_ptr<Server>> start(const ServeOptions &options, Site &site);
  ~Server();
  Server(const Server &) = delete;
  Server &operator=(const Server &) = delete;

  // Closes the listener and all connections; returns when the thread has ended.
  void stop();

  [[nodiscard]] uint16_t port() const { return address_.port; }
  [[nodiscard]] std::string url() const { return (options_.has_tls() ? "https://" : "http://") + address_.text(); }

 private:
  Server(ServeOptions options, ListenAddress address, Site &site)
      : options_(std::move(options)),
        address_(std::move(address)),
        site_(site),
        connections_(kMaxConnections - kSpare) {}
  // Descriptors of libwebsockets: of connections, of the listener and of its own; kSpare are not yet closed, or between two of them.
  static constexpr unsigned kMaxConnections = 512;
  static constexpr unsigned kSpare = 64;

  static int on_event(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t len);
  void note(lws *wsi, lws_callback_reasons reason, const HttpSession *session);
  Expected<void> listen(Access access);
  void run();

  const ServeOptions options_;
  ListenAddress address_;
  Site &site_;
  lws_context *context_ = nullptr;
  lws_vhost *vhost_ = nullptr;
  IdleConnections connections_;  // service thread only
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace wsitrace

#endif
