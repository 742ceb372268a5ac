// SPDX-License-Identifier: MIT
//
// What the two files of client_host share: client_host.c reads the arguments, connects and runs the loop, client_protocols.c
// is what lws calls back.
#ifndef WSITRACE_TESTS_CLIENT_H
#define WSITRACE_TESTS_CLIENT_H

#include <libwebsockets.h>
#include <stdbool.h>

struct client_options {
  const char *method;       // "GET", "POST"
  int post_bytes;           // body of a POST
  int messages;             // websocket: to be sent, each waits for its echo
  const char *subprotocol;  // websocket: NULL asks for none
  bool peer_closes;         // websocket: after the messages, wait until the peer closes
  bool leave_open;          // the exchange counts as finished after its messages or its response, and stays open
  bool refuse;              // websocket: CLIENT_ESTABLISHED returns -1
};

// One URL of the command line. lws hands it back as the user pointer of each callback.
struct exchange {
  const char *url;
  struct lws *wsi;
  unsigned int status;
  size_t received_bytes;
  int messages;
  bool finished;       // there is a result
  bool gone;           // lws has destroyed it
  const char *result;  // "completed", "closed", "failed", ...
  char detail[128];    // lws's message, where it failed
};

extern struct client_options client_options;
extern struct lws_protocols client_protocols[];  // "client-http", "client-ws", "client-raw"

// First result counts; from then on client_host does not wait for this exchange any more.
void client_finished(struct exchange *exchange, const char *result, const char *detail);

#endif
