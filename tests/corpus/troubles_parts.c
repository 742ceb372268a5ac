// SPDX-License-Identifier: MIT
//
// What comes and goes only in part: messages in pieces, bodies and answers that stop, requests that wait for the end of another's
// answer.
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

enum {
  kDocument = 20000,
  kSmallBuffer = 1000,
  kSmallDocument = 2000,
  kPiece = 16384,
  kPieces = 1536,
  kUpload = 8 << 20,
  kWaitMs = 1500,
  kTurns = 4000
};

static enum {
  kTakesPieces,
  kCollects,
  kWritesAll,
  kWritesOne,
  kWritesBare,
  kUploads,
  kPostsOnce,
  kPostsAgain,
  kAsks
} manner;
static int established, received, completed, ended, failed, written;
static char document[2 * kDocument];
static size_t gathered, sent;

static int is_document(const char *text, size_t bytes) { return bytes > 1 && text[0] == '{' && text[bytes - 1] == '}'; }

// 0: what came is a document, or will be.
static int take(struct lws *wsi, const char *in, size_t len) {
  if (manner == kTakesPieces) {
    if (!is_document(in, len)) return -1;
  } else {
    if (lws_is_first_fragment(wsi)) gathered = 0;
    memcpy(document + gathered, in, len);
    gathered += len;
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi)) return 0;
    if (!is_document(document, gathered)) return -1;
  }
  received++;
  return 0;
}

static int write_piece(struct lws *wsi) {
  static unsigned char piece[LWS_PRE + kPiece];
  const int first = written == 0 ? LWS_WRITE_BINARY : LWS_WRITE_CONTINUATION;
  const int flags = written + 1 < kPieces ? first | LWS_WRITE_NO_FIN : first;
  if (lws_write(wsi, piece + LWS_PRE, kPiece, (enum lws_write_protocol)flags) < kPiece) return -1;
  written++;
  return 0;
}

static int write_picture(struct lws *wsi) {
  if (written == kPieces) return 0;
  do {
    if (write_piece(wsi)) return -1;
  } while (manner == kWritesAll && written < kPieces);
  if (written < kPieces) lws_callback_on_writable(wsi);
  return 0;
}

static int promise_upload(struct lws *wsi, void *in, size_t len) {
  unsigned char **const to = in;
  char length[16];
  const int digits = snprintf(length, sizeof length, "%d", kUpload);
  if (lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, (unsigned char *)length, digits, to, *to + len))
    return -1;
  lws_client_http_body_pending(wsi, 1);
  lws_callback_on_writable(wsi);
  return 0;
}

static int announce(struct lws *wsi, void *in, size_t len) {
  unsigned char **const to = in;
  if (manner == kPostsAgain) sent = 0;
  if (lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, (unsigned char *)"7", 1, to, *to + len))
    return -1;
  lws_client_http_body_pending(wsi, 1);
  lws_callback_on_writable(wsi);
  return 0;
}

static int post(struct lws *wsi) {
  unsigned char body[LWS_PRE + 7];
  if (sent) return 0;
  memcpy(body + LWS_PRE, "a=1&b=2", 7);
  lws_client_http_body_pending(wsi, 0);
  sent = 7;
  return lws_write(wsi, body + LWS_PRE, 7, LWS_WRITE_HTTP_FINAL) == 7 ? 0 : -1;
}

static int write_bare(struct lws *wsi) {
  unsigned char text[LWS_PRE + 7];
  memcpy(text + LWS_PRE, "flour 2", 7);
  return lws_write(wsi, text + LWS_PRE, 7, LWS_WRITE_HTTP) < 0 ? -1 : 0;
}

static int upload(struct lws *wsi) {
  static unsigned char piece[LWS_PRE + kPiece];
  if (sent == kUpload) return 0;
  sent += kPiece;
  const int is_last = sent == kUpload;
  if (is_last) lws_client_http_body_pending(wsi, 0);
  if (lws_write(wsi, piece + LWS_PRE, kPiece, is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) != kPiece) return -1;
  if (!is_last) lws_callback_on_writable(wsi);
  return 0;
}

static int callback_parts(DESK_ARGUMENTS) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED: established++; break;
    case LWS_CALLBACK_RECEIVE:
      if (manner == kWritesAll || manner == kWritesOne || manner == kWritesBare)
        return lws_callback_on_writable(wsi) < 0;
      return take(wsi, in, len);
    case LWS_CALLBACK_CLIENT_RECEIVE: return take(wsi, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE: return manner == kWritesBare ? write_bare(wsi) : write_picture(wsi);
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      if (manner == kUploads) return promise_upload(wsi, in, len);
      return manner == kPostsOnce || manner == kPostsAgain ? announce(wsi, in, len) : 0;
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: return manner == kUploads ? upload(wsi) : post(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    default: break;
  }
  return 0;
}

static void until_over(struct lws_context *context) {
  for (int turns = 0; turns < kTurns && !received && !completed && !ended && !failed; turns++) serve_for(context, 1);
}

// --- Messages ---

static void serves_document(int how) {
  static char frame[4 + kDocument] = {(char)0x81, 126, kDocument >> 8, kDocument & 0xff, '{'};
  int fd;
  manner = how;
  struct lws_context *context = asking_desk(callback_parts, 20, NULL, &fd);
  serve_until(context, &established, 1);
  memset(frame + 5, 'x', kDocument - 2);
  frame[sizeof frame - 1] = '}';
  say_bytes(fd, frame, sizeof frame);
  until_over(context);
  if (!ended) say_bytes(fd, "\x88\x02\x03\xe8", 4);
  serve_until(context, &ended, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void client_takes_piece_for_whole(void) { serves_document(kTakesPieces); }
static void client_collects_pieces(void) { serves_document(kCollects); }

// Two buffers long, from a peer whose mask is zero.
static void hears_document(int how) {
  static char frame[8 + kSmallDocument] = {(char)0x81, (char)0xfe, kSmallDocument >> 8, (char)(kSmallDocument & 0xff)};
  manner = how;
  struct lws_context_creation_info info = desk_info(callback_parts, 20);
  ((struct lws_protocols *)info.protocols)[1].rx_buffer_size = kSmallBuffer;
  struct lws_context *context = start(&info);
  const int fd = enter(context);
  memset(frame + 8, 'x', kSmallDocument);
  frame[8] = '{';
  frame[sizeof frame - 1] = '}';
  say_bytes(fd, frame, sizeof frame);
  until_over(context);
  if (!ended) say_bytes(fd, "\x88\x82\0\0\0\0\x03\xe8", 8);
  serve_until(context, &ended, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void server_takes_piece_for_whole(void) { hears_document(kTakesPieces); }
static void server_collects_pieces(void) { hears_document(kCollects); }

// To a peer that reads slowly.
static void shows_picture(int how) {
  static char some[1 << 18];
  manner = how;
  struct lws_context *context = desk(callback_parts, 20);
  const int fd = enter(context);
  say_frame(fd, "show");
  serve_for(context, 300);
  for (int turns = 0; turns < kTurns && !ended && (how == kWritesAll || written < kPieces); turns++) {
    serve_for(context, 1);
    if (recv(fd, some, sizeof some, MSG_DONTWAIT) == 0) break;
  }
  serve_and_read(context, fd, 200);
  if (!ended) say_bytes(fd, "\x88\x82\0\0\0\0\x03\xe8", 8);
  serve_and_read(context, fd, 100);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void writes_all_at_once(void) { shows_picture(kWritesAll); }
static void writes_piece_by_piece(void) { shows_picture(kWritesOne); }

// What comes is no frame: the peer closes with 1002.
static void writes_without_frame(void) {
  manner = kWritesBare;
  struct lws_context *context = desk(callback_parts, 20);
  const int fd = enter(context);
  say_frame(fd, "what?");
  expect(context, fd, "flour 2");
  say_bytes(fd, "\x88\x82\0\0\0\0\x03\xea", 8);
  serve_until(context, &ended, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Bodies ---

static void uploads(int is_read) {
  static char some[65536];
  int fd;
  manner = kUploads;
  struct lws_context *context = asking_desk(callback_parts, 20, "POST", &fd);
  if (is_read) {
    for (int quiet = 0; sent < kUpload || quiet < 20; quiet++) {
      serve_for(context, 1);
      while (recv(fd, some, sizeof some, MSG_DONTWAIT) > 0) quiet = 0;
    }
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    until_over(context);
    hang_up(context, fd);
    serve_for(context, 20);
  } else {
    serve_for(context, kWaitMs);
  }
  lws_context_destroy(context);
}
static void upload_is_not_read(void) { uploads(0); }
static void upload_is_read(void) { uploads(1); }

// A redirect that keeps the method.
static void posts(int how) {
  static char redirect[200];
  int port;
  manner = how;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_parts, 1);
  ask(context, "POST", port, 0);
  int fd = pick_up_request(context, listener);
  snprintf(redirect, sizeof redirect,
           "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d/order/\r\nContent-Length: 0\r\n\r\n",
           port);
  serve_for(context, 20);
  say(fd, redirect);
  const int next = pick_up_request(context, listener);
  close(fd);
  fd = next;
  if (how == kPostsAgain) {
    serve_for(context, 20);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    until_over(context);
  } else {
    serve_for(context, 2 * kWaitMs);
  }
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void body_is_not_sent_again(void) { posts(kPostsOnce); }
static void body_is_sent_again(void) { posts(kPostsAgain); }

// --- Answers ---

static void answered(const char *answer) {
  int fd;
  manner = kAsks;
  struct lws_context *context = asking_desk(callback_parts, 20, "GET", &fd);
  say(fd, answer);
  serve_for(context, kWaitMs);
  lws_context_destroy(context);
  close(fd);
}
static void answer_stops_midway(void) { answered("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nthe first part"); }
static void answer_has_no_end(void) { answered("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"); }
static void answer_has_only_head(void) { answered("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"); }
static void answer_comes_whole(void) { answered("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"); }

// The second one follows on the same connection.
static void asks_twice(const char *answer, int is_over) {
  int port;
  manner = kAsks;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_parts, 20);
  ask(context, "GET", port, LCCSCF_PIPELINE);
  const int fd = pick_up_request(context, listener);
  ask(context, "GET", port, LCCSCF_PIPELINE);
  serve_for(context, 50);
  say(fd, answer);
  if (is_over) {
    read_head(context, fd);
    say(fd, answer);
    serve_until(context, &completed, 2);
  } else {
    serve_for(context, kWaitMs);
  }
  lws_context_destroy(context);
  close(fd);
}
static void queued_behind_no_content(void) { asks_twice("HTTP/1.1 204 No Content\r\n\r\n", 0); }
static void queued_behind_silence(void) { asks_twice("", 0); }
static void queued_behind_whole_answer(void) { asks_twice("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1); }

// The server says that it closes, and does.
static void queued_at_closing_server(void) {
  int port;
  manner = kAsks;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_parts, 20);
  ask(context, "GET", port, LCCSCF_PIPELINE);
  ask(context, "GET", port, LCCSCF_PIPELINE);
  const int fd = pick_up_request(context, listener);
  say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  close(fd);
  serve_until(context, &completed, 1);
  serve_for(context, 200);
  lws_context_destroy(context);
}

// --- Requests ---

static void path_lacks_slash(void) {
  int port;
  manner = kAsks;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_parts, 20);
  struct lws_client_connect_info info = ask_info(context, "GET", port, 0);
  info.path = "order";
  lws_client_connect_via_info(&info);
  const int fd = pick_up_request(context, listener);
  say(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  until_over(context);
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}

const struct corpus_case part_troubles[] = {
    {"client_takes_piece_for_whole", client_takes_piece_for_whole},
    {"client_collects_pieces", client_collects_pieces},
    {"server_takes_piece_for_whole", server_takes_piece_for_whole},
    {"server_collects_pieces", server_collects_pieces},
    {"writes_all_at_once", writes_all_at_once},
    {"writes_piece_by_piece", writes_piece_by_piece},
    {"writes_without_frame", writes_without_frame},
    {"body_is_not_sent_again", body_is_not_sent_again},
    {"body_is_sent_again", body_is_sent_again},
    {"upload_is_not_read", upload_is_not_read},
    {"upload_is_read", upload_is_read},
    {"answer_stops_midway", answer_stops_midway},
    {"answer_has_no_end", answer_has_no_end},
    {"answer_has_only_head", answer_has_only_head},
    {"answer_comes_whole", answer_comes_whole},
    {"queued_behind_no_content", queued_behind_no_content},
    {"queued_behind_silence", queued_behind_silence},
    {"queued_behind_whole_answer", queued_behind_whole_answer},
    {"queued_at_closing_server", queued_at_closing_server},
    {"path_lacks_slash", path_lacks_slash},
    {0},
};
