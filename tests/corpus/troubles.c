// SPDX-License-Identifier: MIT
#include "troubles.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

enum { kHeadTurns = 4000 };

struct lws_context_creation_info desk_info(lws_callback_function *callback, unsigned int seconds) {
  static const struct lws_http_mount at_root = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "desk", .origin_protocol = LWSMPRO_CALLBACK};
  static struct lws_protocols protocols[3] = {PROTOCOL_HTTP};
  protocols[1] =
      (struct lws_protocols){.name = "desk", .callback = callback, .per_session_data_size = sizeof(struct desk)};
  struct lws_context_creation_info info = app_info(protocols);
  info.mounts = &at_root;
  info.timeout_secs = info.timeout_secs_ah_idle = info.connect_timeout_secs = seconds;
  info.keepalive_timeout = (int)seconds;
  return info;
}

struct lws_context *desk(lws_callback_function *callback, unsigned int seconds) {
  const struct lws_context_creation_info info = desk_info(callback, seconds);
  return start(&info);
}

int enter(struct lws_context *context) { return enter_session(context, "desk"); }

struct lws_context_creation_info client_info(lws_callback_function *callback, unsigned int seconds) {
  struct lws_context_creation_info info = desk_info(callback, seconds);
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.mounts = NULL;
  return info;
}

struct lws_context *client_desk(lws_callback_function *callback, unsigned int seconds) {
  const struct lws_context_creation_info info = client_info(callback, seconds);
  return start(&info);
}

struct lws_context *start_asking(const struct lws_context_creation_info *info, const char *method, int *fd) {
  int port;
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start(info);
  ask(context, method, port, 0);
  *fd = pick_up(context, listener);
  if (method) read_head(context, *fd);
  else accept_upgrade_to(context, *fd, "desk");
  return context;
}

struct lws_context *asking_desk(lws_callback_function *callback, unsigned int seconds, const char *method, int *fd) {
  const struct lws_context_creation_info info = client_info(callback, seconds);
  return start_asking(&info, method, fd);
}

struct lws_client_connect_info ask_info(struct lws_context *context, const char *method, int port, int flags) {
  return (struct lws_client_connect_info){.context = context,
                                          .address = "127.0.0.1",
                                          .host = "127.0.0.1",
                                          .origin = "127.0.0.1",
                                          .port = port,
                                          .path = "/order",
                                          .method = method,
                                          .protocol = "desk",
                                          .local_protocol_name = "desk",
                                          .ssl_connection = flags};
}

struct lws *ask(struct lws_context *context, const char *method, int port, int flags) {
  const struct lws_client_connect_info info = ask_info(context, method, port, flags);
  return lws_client_connect_via_info(&info);
}

void read_head(struct lws_context *context, int fd) {
  static char got[8192];
  size_t have = 0;
  for (int turns = 0; turns < kHeadTurns; turns++) {
    serve_for(context, 0);
    const ssize_t bytes = recv(fd, got + have, sizeof got - have, MSG_DONTWAIT);
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN)) break;
    if (bytes > 0) have += (size_t)bytes;
    if (memmem(got, have, "\r\n\r\n", 4)) return;
  }
  give_up("no request came");
}

int pick_up_request(struct lws_context *context, int listener) {
  const int fd = pick_up(context, listener);
  read_head(context, fd);
  return fd;
}

void reset(struct lws_context *context, int fd) {
  const struct linger at_once = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  hang_up(context, fd);
}

int unused_port(void) {
  int port;
  close(listen_on(&port, 1));
  return port;
}

void nap(int ms) {
  struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
  while (nanosleep(&left, &left)) continue;
}

void serve_and_read(struct lws_context *context, int fd, int ms) {
  static char some[65536];
  for (int served = 0; served < ms; served += 20) {
    serve_for(context, 20);
    while (recv(fd, some, sizeof some, MSG_DONTWAIT) > 0) continue;
  }
}

int main(int argc, char **argv) {
  static const struct corpus_case *const tables[] = {
      outbound_troubles, answer_troubles,  client_troubles,   again_troubles,   tls_troubles,     inbound_troubles,
      handler_troubles,  server_troubles,  session_troubles,  h2_troubles,      end_troubles,     served_troubles,
      process_troubles,  program_troubles, wire_troubles,     setup_troubles,   hosting_troubles, context_troubles,
      reach_troubles,    caller_troubles,  serving_troubles,  field_troubles,   waste_troubles,   called_troubles,
      turn_troubles,     front_troubles,   house_troubles,    asking_troubles,  talk_troubles,    kept_troubles,
      web_troubles,      door_troubles,    settings_troubles, closing_troubles, part_troubles,    return_troubles};
  static struct corpus_case all[800];
  size_t count = 0;
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    for (const struct corpus_case *one = tables[i]; one->name; one++) all[count++] = *one;
  return corpus_main(argc, argv, all);
}
