// SPDX-License-Identifier: MIT
//
// Websocket sessions and how programs talk in them: codes that nobody may send, pings that are too long, buffers that are written twice or
// have no room for a header, sessions that are over; and who comes for a websocket and does not get it.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kText = 19, kLongPing = 150, kShortPing = 100, kStackBytes = 1 << 20 };

static enum {
  kListens,
  kSaysCode,
  kPings,
  kEndsWhenIdle,
  kIdles,
  kWritesWithoutRoom,
  kWritesWithRoom,
  kWritesTwice,
  kFillsAgain,
  kComesBack,
  kConnectsAtOnce
} manner;
static int established, received, written, ended, failed, port;
static enum lws_close_status code;
static size_t ping_bytes;
static struct lws *volatile kept;
static unsigned char text[LWS_PRE + kText + 1];

static void fill(void) { memcpy(text + LWS_PRE, "{\"order\":\"flour 2\"}", kText); }

// An answer in a buffer of its own, with ROOM bytes before it.
static int answer_from_heap(struct lws *wsi, size_t room) {
  unsigned char *buffer = malloc(room + kText);
  if (!buffer) return -1;
  memset(buffer + room, 'x', kText);
  const int result = lws_write(wsi, buffer + room, kText, LWS_WRITE_TEXT);
  free(buffer);
  return result < 0 ? -1 : 0;
}

static int talk(struct lws *wsi) {
  written++;
  switch (manner) {
    case kPings: {
      unsigned char ping[LWS_PRE + kLongPing] = {0};
      return lws_write(wsi, ping + LWS_PRE, ping_bytes, LWS_WRITE_PING) < 0 ? -1 : 0;
    }
    case kEndsWhenIdle: return -1;  // "I was asked for nothing"
    case kWritesWithoutRoom: return answer_from_heap(wsi, 0);
    case kWritesWithRoom: return answer_from_heap(wsi, LWS_PRE);
    case kFillsAgain: fill(); return lws_write(wsi, text + LWS_PRE, kText, LWS_WRITE_TEXT) < 0 ? -1 : 0;
    case kWritesTwice: return lws_write(wsi, text + LWS_PRE, kText, LWS_WRITE_TEXT) < 0 ? -1 : 0;
    default: return 0;
  }
}

static int connect_to_nobody(struct lws_context *context) {
  struct lws_client_connect_info info = ask_info(context, NULL, 80, 0);
  info.address = info.host = "depot..invalid";
  lws_client_connect_via_info(&info);
  return 0;
}

static int callback_talk(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      established++;
      kept = wsi;
      break;
    case LWS_CALLBACK_RECEIVE:
      received++;
      if (manner == kSaysCode) {
        lws_close_reason(wsi, code, NULL, 0);
        return -1;
      }
      if (manner != kListens) lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_RECEIVE_PONG: received++; break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE: return talk(wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      failed++;
      return manner == kConnectsAtOnce ? connect_to_nobody(lws_get_context(wsi)) : 0;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLIENT_CLOSED:
      ended++;
      kept = NULL;
      if (manner == kComesBack) ask(lws_get_context(wsi), NULL, port, 0);
      break;
    default: break;
  }
  return 0;
}

// A session in which the peer says something; *FD is the peer's end.
static struct lws_context *spoken_to(int how, int *fd) {
  manner = how;
  struct lws_context *context = desk(callback_talk, 20);
  *fd = enter(context);
  say_frame(*fd, "two pounds of flour");
  return context;
}

static void says_goodbye(struct lws_context *context, int fd, const char *code_bytes) {
  char frame[8] = {(char)0x88, (char)0x82, 0, 0, 0, 0, code_bytes[0], code_bytes[1]};
  say_bytes(fd, frame, sizeof frame);
  serve_until(context, &ended, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Close codes ---

static void ends_with(enum lws_close_status of) {
  int fd;
  code = of;
  struct lws_context *context = spoken_to(kSaysCode, &fd);
  expect(context, fd, "\x88\x02");
  says_goodbye(context, fd, "\x03\xea");
}
static void code_of_nobody(void) { ends_with(LWS_CLOSE_STATUS_ABNORMAL_CLOSE); }
static void code_out_of_range(void) { ends_with((enum lws_close_status)2500); }
static void code_of_its_own(void) { ends_with((enum lws_close_status)4001); }

// --- Pings ---

static void pings(size_t bytes) {
  int fd;
  static unsigned char pong[8 + kLongPing] = {0x8a, 0x80 | 126};
  ping_bytes = bytes;
  pong[3] = (unsigned char)bytes;
  const unsigned char short_head[6] = {0x8a, (unsigned char)(0x80 | bytes)};
  struct lws_context *context = spoken_to(kPings, &fd);
  serve_until(context, &written, 1);
  if (bytes > 125) {
    say_bytes(fd, pong, 8 + bytes);
    serve_until(context, &ended, 1);
    hang_up(context, fd);
    lws_context_destroy(context);
    return;
  }
  say_bytes(fd, short_head, sizeof short_head);
  say_bytes(fd, pong + 8, bytes);
  serve_until(context, &received, 2);
  says_goodbye(context, fd, "\x03\xe8");
}
static void pings_with_too_much(void) { pings(kLongPing); }
static void pings_with_little(void) { pings(kShortPing); }

// --- Frames ---

static void hears(const char *frames, size_t bytes, bool is_right) {
  manner = kListens;
  struct lws_context *context = desk(callback_talk, 20);
  const int fd = enter(context);
  say_bytes(fd, frames, bytes);
  if (is_right) serve_until(context, &received, 2);
  else expect(context, fd, "\x03\xea");
  says_goodbye(context, fd, is_right ? "\x03\xe8" : "\x03\xea");
}
#define HEARS(frames, is_right) hears(frames, sizeof frames - 1, is_right)
static void message_within_message(void) { HEARS("\x01\x82\0\0\0\0hi\x81\x82\0\0\0\0ho", false); }
static void continuation_of_nothing(void) { HEARS("\x80\x82\0\0\0\0hi", false); }
static void ping_in_parts(void) { HEARS("\x09\x82\0\0\0\0hi", false); }
static void message_in_parts(void) { HEARS("\x01\x82\0\0\0\0hi\x80\x82\0\0\0\0ho", true); }

// --- Writing ---

static void answers_when_asked(int how) {
  int fd;
  struct lws_context *context = spoken_to(how, &fd);
  serve_until(context, &written, 1);
  serve_for(context, 50);
  says_goodbye(context, fd, "\x03\xe8");
}
static void nothing_to_write_ends(void) { answers_when_asked(kEndsWhenIdle); }
static void nothing_to_write(void) { answers_when_asked(kIdles); }
static void writes_without_room(void) { answers_when_asked(kWritesWithoutRoom); }
static void writes_with_room(void) { answers_when_asked(kWritesWithRoom); }

static void forgets_wsi(bool looks) {
  int fd;
  struct lws_context *context = spoken_to(kListens, &fd);
  serve_until(context, &received, 1);
  hang_up(context, fd);
  serve_until(context, &ended, 1);
  if (!looks || kept) lws_callback_on_writable(kept);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void takes_null_for_wsi(void) { forgets_wsi(false); }
static void looks_at_its_wsi(void) { forgets_wsi(true); }

// A client that says the same twice.
static void says_twice(int how, const char *goodbye) {
  int fd;
  static char got[64];
  manner = how;
  struct lws_context *context = asking_desk(callback_talk, 20, NULL, &fd);
  serve_until(context, &established, 1);
  fill();
  for (int i = 0; i < 2; i++) {
    lws_callback_on_writable(kept);
    serve_until(context, &written, i + 1);
    serve_for(context, 20);
    if (recv(fd, got, sizeof got, MSG_DONTWAIT) < kText) give_up("no message came");
  }
  say_bytes(fd, goodbye, 4);
  serve_until(context, &ended, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void writes_buffer_twice(void) { says_twice(kWritesTwice, "\x88\x02\x03\xef"); }
static void fills_buffer_again(void) { says_twice(kFillsAgain, "\x88\x02\x03\xe8"); }

// The server finds what was written early in front of the request.
static void writes_before_session(void) {
  manner = kListens;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_talk, 20);
  struct lws *wsi = ask(context, NULL, port, 0);
  fill();
  if (!wsi || lws_write(wsi, text + LWS_PRE, kText, LWS_WRITE_TEXT) < 0) give_up("nothing was written");
  const int fd = pick_up_request(context, listener);
  say(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  serve_until(context, &failed, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Clients that are sent away ---

static void sent_away(int how, const char *frame, size_t bytes) {
  manner = how;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_talk, 20);
  ask(context, NULL, port, 0);
  const int fd = pick_up(context, listener);
  accept_upgrade_to(context, fd, "desk");
  serve_until(context, &established, 1);
  say_bytes(fd, frame, bytes);
  shutdown(fd, SHUT_WR);
  serve_until(context, &ended, 1);
  hang_up(context, fd);
  if (how == kComesBack) {
    accept_upgrade_to(context, pick_up(context, listener), "desk");
    serve_until(context, &established, 2);
    manner = kListens;
  }
  for (int i = 0; i < 25; i++) serve_for(context, 100);
  lws_context_destroy(context);
}
static void stays_away(void) { sent_away(kListens, "\x88\x02\x03\xe9", 4); }
static void stays_away_unasked(void) { sent_away(kListens, "", 0); }
static void stays_away_when_done(void) { sent_away(kListens, "\x88\x02\x03\xe8", 4); }
static void comes_back(void) { sent_away(kComesBack, "\x88\x02\x03\xe9", 4); }

static void connects_in_callback(void) {
  const struct rlimit small = {.rlim_cur = kStackBytes, .rlim_max = kStackBytes};
  manner = kConnectsAtOnce;
  struct lws_context *context = client_desk(callback_talk, 20);
  setrlimit(RLIMIT_STACK, &small);
  connect_to_nobody(context);
  serve_until(context, &failed, 1);
  lws_context_destroy(context);
}

// --- Who comes for a websocket ---

static void offers_other_spelling(void) {
  struct lws_context *context = desk(callback_talk, 20);
  const int fd = dial(port_of(context, "app"));
  ask_upgrade(fd, "Desk");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void socket_io_comes(void) {
  struct lws_context_creation_info info = desk_info(callback_talk, 20);
  info.mounts = NULL;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/socket.io/?EIO=4&transport=polling"));
  expect(context, fd, "404");
  hang_up(context, fd);
  lws_context_destroy(context);
}

const struct corpus_case talk_troubles[] = {
    {"code_of_nobody", code_of_nobody},
    {"code_out_of_range", code_out_of_range},
    {"code_of_its_own", code_of_its_own},
    {"pings_with_too_much", pings_with_too_much},
    {"pings_with_little", pings_with_little},
    {"message_within_message", message_within_message},
    {"continuation_of_nothing", continuation_of_nothing},
    {"ping_in_parts", ping_in_parts},
    {"message_in_parts", message_in_parts},
    {"nothing_to_write_ends", nothing_to_write_ends},
    {"nothing_to_write", nothing_to_write},
    {"writes_without_room", writes_without_room},
    {"writes_with_room", writes_with_room},
    {"takes_null_for_wsi", takes_null_for_wsi},
    {"looks_at_its_wsi", looks_at_its_wsi},
    {"writes_buffer_twice", writes_buffer_twice},
    {"fills_buffer_again", fills_buffer_again},
    {"writes_before_session", writes_before_session},
    {"stays_away", stays_away},
    {"stays_away_unasked", stays_away_unasked},
    {"stays_away_when_done", stays_away_when_done},
    {"comes_back", comes_back},
    {"connects_in_callback", connects_in_callback},
    {"offers_other_spelling", offers_other_spelling},
    {"socket_io_comes", socket_io_comes},
    {0},
};
