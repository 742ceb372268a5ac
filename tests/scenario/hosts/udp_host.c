// SPDX-License-Identifier: MIT
//
// A datagram socket that lws makes, binds and watches: udp_host sends back each datagram that comes to 127.0.0.1, "port N".
//
// There are no connections here: one wsi is the socket, whoever sends to it. lws_get_udp() tells the sender of the datagram that
// LWS_CALLBACK_RAW_RX brings. The parent of the wsi, its options and its fault injection name are of no interest here.
//
// End: SIGINT.
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "host.h"
#include "tracing.h"

static int callback_udp(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)user;
  if (reason != LWS_CALLBACK_RAW_RX) return 0;
  const struct lws_udp *udp = lws_get_udp(wsi);
#if LWS_LIBRARY_VERSION_NUMBER >= 4002000
  const struct sockaddr *sender = sa46_sockaddr(&udp->sa46);
  const socklen_t bytes = sa46_socklen(&udp->sa46);
#else
  const struct sockaddr *sender = &udp->sa;
  const socklen_t bytes = udp->salen;
#endif
  return sendto(lws_get_socket_fd(wsi), in, len, 0, sender, bytes) < 0 ? -1 : 0;
}

static struct lws_protocols protocols[] = {
    {.name = "udp", .callback = callback_udp, .per_session_data_size = 16},
    {0},
};

static struct lws *listen_to(struct lws_vhost *vhost, const char *address, int port) {
#if LWS_LIBRARY_VERSION_NUMBER >= 4002000
  return lws_create_adopt_udp(vhost, address, port, LWS_CAUDP_BIND, "udp", NULL, NULL, NULL, NULL, NULL);
#else
  return lws_create_adopt_udp(vhost, address, port, LWS_CAUDP_BIND, "udp", NULL, NULL, NULL, NULL);
#endif
}

int main(int argc, char **argv) {
  struct sockaddr_in address;
  socklen_t bytes = sizeof address;
  tracing_from(argc, argv);
  lws_set_log_level(LLL_ERR, NULL);
  tracing_start(protocols);
  struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .vhost_name = "app"};
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
  tracing_of_context(&info);
  struct lws_context *context = lws_create_context(&info);
  if (!context) return 1;
  tracing_settle(context);
  host_heed_signals(context);
  const struct lws *wsi = listen_to(lws_get_vhost_by_name(context, "app"), "127.0.0.1", 0);
  if (!wsi || getsockname(lws_get_socket_fd((struct lws *)wsi), (struct sockaddr *)&address, &bytes)) return 1;
  host_print_port("", ntohs(address.sin_port));
  host_loop(context, NULL);
  lws_context_destroy(context);
  tracing_stop(context);
  return 0;
}
