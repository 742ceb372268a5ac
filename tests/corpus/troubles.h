// SPDX-License-Identifier: MIT
//
// What the programs of `corpus_troubles CASE` share: each shows one trouble and its cause, or looks like one that does and has none.
// tests/scenario/diagnosis_rows.py says what `wsitrace explain` has to say about each. An application is one callback here, protocol
// "desk" at "/" of vhost "app", which is a server, a client, or both.
#ifndef WSITRACE_TESTS_TROUBLES_H
#define WSITRACE_TESTS_TROUBLES_H

#include "corpus.h"

#define TROUBLE_GET(path) "GET " path " HTTP/1.1\r\nHost: app\r\n\r\n"
#define DESK_ARGUMENTS struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len

struct desk {
  struct lws *wsi;
  int step;
};

extern const struct corpus_case outbound_troubles[], answer_troubles[], client_troubles[], again_troubles[],
    tls_troubles[], inbound_troubles[], handler_troubles[], server_troubles[], session_troubles[], h2_troubles[],
    end_troubles[], served_troubles[], process_troubles[], program_troubles[], wire_troubles[], setup_troubles[],
    hosting_troubles[], context_troubles[], reach_troubles[], caller_troubles[], serving_troubles[], field_troubles[],
    waste_troubles[], called_troubles[], turn_troubles[], front_troubles[], house_troubles[], asking_troubles[],
    talk_troubles[], kept_troubles[], web_troubles[], door_troubles[], settings_troubles[], closing_troubles[],
    part_troubles[], return_troubles[];

// lws's timeouts are SECONDS long; change the result before desk_start() for anything else.
struct lws_context_creation_info desk_info(lws_callback_function *callback, unsigned int seconds);
struct lws_context *desk(lws_callback_function *callback, unsigned int seconds);
struct lws_context *client_desk(lws_callback_function *callback, unsigned int seconds);

int enter(struct lws_context *context);  // a session of "desk"

struct lws_context_creation_info client_info(lws_callback_function *callback, unsigned int seconds);
// A client that has asked a server of this program; *FD is the server's end, where the request is read. With METHOD NULL the server has
// said 101 to a websocket of protocol "desk".
struct lws_context *start_asking(const struct lws_context_creation_info *info, const char *method, int *fd);
struct lws_context *asking_desk(lws_callback_function *callback, unsigned int seconds, const char *method, int *fd);

// A request to 127.0.0.1:PORT: METHOD "GET", "POST", "RAW", or NULL for a websocket; FLAGS of LCCSCF_.
struct lws *ask(struct lws_context *context, const char *method, int port, int flags);
struct lws_client_connect_info ask_info(struct lws_context *context, const char *method, int port, int flags);

// The server's end of a connection of this program: what was sent to it has been read to the end of a head.
int pick_up_request(struct lws_context *context, int listener);
void read_head(struct lws_context *context, int fd);
void reset(struct lws_context *context, int fd);  // closes with RST
// Says 101 to an upgrade that is read from FD (troubles_client.c).
void accept_upgrade_to(struct lws_context *context, int fd, const char *protocol);
int unused_port(void);
void nap(int ms);                                                  // nothing is served meanwhile
void serve_and_read(struct lws_context *context, int fd, int ms);  // what comes back is thrown away

#endif
