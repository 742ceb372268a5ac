// SPDX-License-Identifier: MIT
//
// A program with several users of an mqtt broker. Each subscribes, publishes some messages (QoS 1, each after the acknowledgement of
// the one before) and closes.
//
//   mqtt_host [OPTIONS] PORT USERS MESSAGES
//     --shared            LCCSCF_PIPELINE: all users on one connection. The first third asks for it at once, the others when the first
//                         of them has subscribed: lws makes them part of it in two ways
//     --leave-open        nobody closes: lws_context_destroy() meets live connections
//     --plugin DIR TRACE  with wsitrace as a plugin
//
// Output:  "acknowledged N", "failed N" at the end. Status 0 when each user got all its acknowledgements.
// lws:     a connection is two wsis: when the broker accepts, the first user moves to a new one and leaves its own to the connection.
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracing.h"

enum { kMaxUsers = 32 };

struct session {
  lws_mqtt_publish_param_t message;
  int acknowledged;
};

static struct lws_context *context;
static lws_sorted_usec_list_t starts[kMaxUsers];
static int port, users, messages, started, acknowledged, failed, ended;
static bool shared, leave_open;
static char topic[] = "wsitrace/test";

static const lws_mqtt_client_connect_param_t kConnect = {.keep_alive = 3600, .clean_start = 1, .client_id_nofree = 1};

static void start(lws_sorted_usec_list_t *unused) {
  (void)unused;
  struct lws_client_connect_info info = {.context = context,
                                         .address = "127.0.0.1",
                                         .host = "127.0.0.1",
                                         .port = port,
                                         .method = "MQTT",
                                         .alpn = "mqtt",
                                         .protocol = "user",
                                         .local_protocol_name = "user",
                                         .mqtt_cp = &kConnect};
  if (shared) info.ssl_connection = LCCSCF_PIPELINE;
  if (!lws_client_connect_via_info(&info)) fprintf(stderr, "mqtt_host: no connection\n");  // its callback has told
}

static void start_until(int count) {
  for (; started < count; started++) lws_sul_schedule(context, 0, &starts[started], start, 1);
}

static int subscribe(struct lws *wsi) {
  lws_mqtt_topic_elem_t element = {.name = topic, .qos = QOS1};
  lws_mqtt_subscribe_param_t parameters = {.topic = &element, .num_topics = 1};
  return lws_mqtt_client_send_subcribe(wsi, &parameters);
}

static int publish(struct lws *wsi, struct session *session) {
  session->message.topic = topic;
  session->message.topic_len = sizeof topic - 1;
  session->message.qos = QOS1;
  session->message.payload_len = 5;
  return lws_mqtt_client_send_publish(wsi, &session->message, "hello", 5, 1);
}

static void one_has_ended(void) {
  if (++ended == users) lws_cancel_service(context);
}

// The next thing that the user has to say.
static int proceed(struct lws *wsi, struct session *session) {
  if (session->acknowledged == messages) {
    if (!leave_open) return -1;
    one_has_ended();
    return 0;
  }
  lws_callback_on_writable(wsi);
  return 0;
}

static int on_user(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct session *session = user;
  (void)in;
  (void)len;
  switch ((int)reason) {
    case LWS_CALLBACK_MQTT_CLIENT_ESTABLISHED:
      session->acknowledged = -1;  // the subscription first
      return proceed(wsi, session);
    case LWS_CALLBACK_MQTT_SUBSCRIBED:
      start_until(users);
      session->acknowledged = 0;
      return proceed(wsi, session);
    case LWS_CALLBACK_MQTT_ACK:
      acknowledged++;
      session->acknowledged++;
      return proceed(wsi, session);
    case LWS_CALLBACK_MQTT_CLIENT_WRITEABLE:
      if (session->acknowledged < 0) return subscribe(wsi) ? -1 : 0;
      return session->acknowledged < messages && publish(wsi, session) ? -1 : 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      failed++;
      start_until(users);
      one_has_ended();
      return 0;
    case LWS_CALLBACK_MQTT_CLIENT_CLOSED:
      if (!leave_open) one_has_ended();
      return 0;
    default: return 0;
  }
}

static const struct lws_protocols protocols[] = {
    {.name = "user", .callback = on_user, .per_session_data_size = sizeof(struct session)}, {.name = NULL}};

int main(int argc, char **argv) {
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .vhost_name = "users"};
  int at = 1;
  for (; at < argc && argv[at][0] == '-'; at++) {
    if (!strcmp(argv[at], "--shared")) shared = true;
    if (!strcmp(argv[at], "--leave-open")) leave_open = true;
    if (!strcmp(argv[at], "--plugin") && at + 2 < argc) {
      tracing_by_plugin(&info, argv[at + 1], argv[at + 2]);
      at += 2;
    }
  }
  if (at + 3 != argc) return 2;
  port = atoi(argv[at]);
  users = atoi(argv[at + 1]);
  messages = atoi(argv[at + 2]);
  if (users < 1 || users > kMaxUsers) return 2;
  lws_set_log_level(LLL_ERR, NULL);
  context = lws_create_context(&info);
  if (!context) return 1;
  start_until(shared ? (users + 2) / 3 : users);
  while (ended < users && lws_service(context, 0) >= 0) {
  }
  lws_context_destroy(context);
  printf("acknowledged %d\nfailed %d\n", acknowledged, failed);
  return acknowledged == users * messages ? 0 : 1;
}
