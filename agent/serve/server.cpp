// SPDX-License-Identifier: MIT
#include "agent/serve/server.h"

#include <csignal>
#include <system_error>

#include "agent/serve/http_session.h"

namespace wsitrace {
namespace {

constexpr int kKeepaliveSeconds = 75;  // longer than the usual scrape intervals of 15 s and 60 s

// libwebsockets ignores SIGPIPE for the whole process when it makes a context; our process decides that itself.
class SigpipeKeeper {
 public:
  SigpipeKeeper() { sigaction(SIGPIPE, nullptr, &before_); }
  ~SigpipeKeeper() { sigaction(SIGPIPE, &before_, nullptr); }
  SigpipeKeeper(const SigpipeKeeper &) = delete;
  SigpipeKeeper &operator=(const SigpipeKeeper &) = delete;

 private:
  struct sigaction before_ {};
};

// A thread inherits the mask of the one that starts it.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked &) = delete;
  AllSignalsBlocked &operator=(const AllSignalsBlocked &) = delete;

 private:
  sigset_t before_{};
};

void set_tls(lws_context_creation_info &info, const ServeOptions &options) {
  if (!options.has_tls()) return;
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.ssl_cert_filepath = options.tls_cert.c_str();
  info.ssl_private_key_filepath = options.tls_key.c_str();
  if (!options.wants_client_certificates()) return;
  info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
  info.ssl_ca_filepath = options.tls_client_ca.c_str();
}

}  // namespace

int Server::on_event(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t len) {
  // libwebsockets takes any certificate unless somebody refuses it; LEN is whether this one could be verified.
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION) return len != 0 ? 0 : 1;
  auto *server = static_cast<Server *>(lws_context_user(lws_get_context(wsi)));
  const int result = serve_http_callback(server->site_, wsi, reason, user, in, len);
  server->note(wsi, reason, static_cast<const HttpSession *>(user));
  return result;
}

// Of a stream of HTTP/2, what holds the descriptor is its connection.
void Server::note(lws *wsi, lws_callback_reasons reason, const HttpSession *session) {
  switch (static_cast<int>(reason)) {
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
      if (lws *given_up = connections_.begun(wsi))
        lws_set_timeout(given_up, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
      return;
    case LWS_CALLBACK_HTTP: {
      const Exchange *exchange = session != nullptr ? session->exchange : nullptr;
      const bool waits_for_client = exchange == nullptr || exchange->awaits_body || !exchange->content;
      lws *connection = lws_get_network_wsi(wsi);
      return waits_for_client ? connections_.is_idle(connection) : connections_.is_busy(connection);
    }
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_ESTABLISHED: return connections_.is_busy(lws_get_network_wsi(wsi));
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP: return connections_.is_idle(lws_get_network_wsi(wsi));
    case LWS_CALLBACK_WSI_DESTROY: return connections_.ended(wsi);
    default: return;
  }
}

Expected<std::unique_ptr<Server>> Server::start(const ServeOptions &options, Site &site) {
  auto plan = plan_of(options);
  if (!plan) return unexpected(plan.error());
  if (auto free = plan->address.probe(); !free) return unexpected(free.error());
  std::unique_ptr<Server> server(new Server(options, std::move(plan->address), site));
  if (auto listening = server->listen(std::move(plan->access)); !listening) return unexpected(listening.error());
  try {
    const AllSignalsBlocked blocked;
    server->thread_ = std::thread([raw = server.get()] { raw->run(); });
  } catch (const std::system_error &error) {
    return unexpected(Error{"serve " + server->url(), error.what(), ""});
  }
  return server;
}

Expected<void> Server::listen(Access access) {
  const auto refuse = [&](const char *why) { return unexpected(Error{"listen on " + address_.text(), why, ""}); };
  const SigpipeKeeper keeper;
  lws_set_log_level(0, nullptr);
  lws_context_creation_info info{};
  info.port = address_.port;
  info.iface = address_.host.c_str();
  static const lws_protocols protocols[] = {{kLiveProtocol, on_event, sizeof(HttpSession), 0, 0, nullptr, 0}, {}};
  info.protocols = protocols;
  info.user = this;
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
  if (!address_.ipv6)
    info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;  // with it, lws would bind * instead of an IPv4 address
  info.fd_limit_per_thread = kMaxConnections;
  info.keepalive_timeout = kKeepaliveSeconds;
  info.timeout_secs = kTimeoutSeconds;
  set_tls(info, options_);
  context_ = lws_create_context(&info);
  if (context_ == nullptr) return refuse("libwebsockets made no context");
  vhost_ = lws_create_vhost(context_, &info);
  if (vhost_ == nullptr)
    return refuse(options_.has_tls() ? "libwebsockets could not bind it, or not use the certificate and its key"
                                     : "libwebsockets could not bind it");
  const int port = lws_get_vhost_listen_port(vhost_);
  if (port <= 0) return refuse("libwebsockets does not listen");
  address_.port = static_cast<uint16_t>(port);
  site_.doors().set(vhost_, std::move(access));
  site_.doors().learn_mount(vhost_, "");
  site_.set_wake([context = context_] { lws_cancel_service(context); });
  return {};
}

void Server::run() {
  while (!stopping_.load(std::memory_order_acquire) && lws_service(context_, 0) >= 0) {
  }
}

void Server::stop() {
  if (thread_.joinable()) {
    stopping_.store(true, std::memory_order_release);
    lws_cancel_service(context_);
    thread_.join();
  }
  site_.set_wake({});
  if (vhost_ != nullptr) site_.doors().forget(vhost_);
  vhost_ = nullptr;
  if (context_ != nullptr) lws_context_destroy(context_);
  context_ = nullptr;
}

Server::~Server() { stop(); }

}  // namespace wsitrace
