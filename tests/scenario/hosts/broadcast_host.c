// SPDX-License-Identifier: MIT
//
// A host that names protocols by the entries of its own static table, as many programs do: libwebsockets finds the connections
// to wake by comparing callback pointers and names with the vhost's copy of the table.
//
//   websocket protocol "chat": a message is sent on to everybody who speaks it.
//     "all ..."    by lws_callback_on_writable_all_protocol(context, &table[1])
//     "vhost ..."  by lws_callback_on_writable_all_protocol_vhost(vhost, lws_vhost_name_to_protocol(vhost, "chat"))
//     "user ..."   by lws_callback_all_protocol(context, lws_get_protocol(wsi), LWS_CALLBACK_USER): each asks to write for itself
//     "args ..."   by lws_callback_all_protocol_vhost_args(vhost, lws_get_protocol(wsi), LWS_CALLBACK_USER, in, len)
// The last two compare the entries' addresses, not what is in them, so they want the vhost's own.
//
// Prints the number of deliveries at the end.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "tracing.h"

struct chat_session {
  unsigned long told;  // number of the last message sent to this session
};

static struct lws_protocols table[];
static char message[256];
static size_t message_bytes;
static unsigned long message_number, deliveries;

static void broadcast(struct lws *wsi) {
  struct lws_context *context = lws_get_context(wsi);
  struct lws_vhost *vhost = lws_get_vhost(wsi);
  message_number++;
  if (!strncmp(message, "all ", 4)) {
    lws_callback_on_writable_all_protocol(context, &table[1]);
  } else if (!strncmp(message, "vhost ", 6)) {
    lws_callback_on_writable_all_protocol_vhost(vhost, lws_vhost_name_to_protocol(vhost, "chat"));
  } else if (!strncmp(message, "user ", 5)) {
    lws_callback_all_protocol(context, lws_get_protocol(wsi), LWS_CALLBACK_USER);
  } else if (!strncmp(message, "args ", 5)) {
    lws_callback_all_protocol_vhost_args(vhost, lws_get_protocol(wsi), LWS_CALLBACK_USER, message, message_bytes);
  }
}

static int tell(struct lws *wsi, struct chat_session *session) {
  unsigned char frame[LWS_PRE + sizeof message];
  if (session->told == message_number) return 0;
  session->told = message_number;
  deliveries++;
  memcpy(frame + LWS_PRE, message, message_bytes);
  return lws_write(wsi, frame + LWS_PRE, message_bytes, LWS_WRITE_TEXT) < (int)message_bytes ? -1 : 0;
}

static int callback_chat(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct chat_session *session = user;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: session->told = message_number; break;
    case LWS_CALLBACK_RECEIVE:
      message_bytes = len < sizeof message - 1 ? len : sizeof message - 1;
      memcpy(message, in, message_bytes);
      message[message_bytes] = '\0';
      broadcast(wsi);
      break;
    case LWS_CALLBACK_USER: lws_callback_on_writable(wsi); break;
    case LWS_CALLBACK_SERVER_WRITEABLE: return tell(wsi, session);
    default: break;
  }
  return 0;
}

static struct lws_protocols table[] = {
    {.name = "http", .callback = lws_callback_http_dummy},
    {.name = "chat",
     .callback = callback_chat,
     .per_session_data_size = sizeof(struct chat_session),
     .rx_buffer_size = sizeof message},
    {0},
};

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  lws_set_log_level(LLL_ERR, NULL);
  tracing_to(argv[options.positional]);
  tracing_start(table);
  struct lws_context *context = host_create_context(&options, table);
  if (!context) return 1;
  host_print_port("", host_port());
  host_serve(context, &options);
  tracing_stop(context);
  printf("deliveries %lu\n", deliveries);
  return 0;
}
