// SPDX-License-Identifier: MIT
//
// What programs keep for too long or take for something else: the wsi of a callback that is about none, timers of sessions that have ended,
// contexts and descriptors at their end, a callback that waits for its own loop.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "troubles.h"

enum { kAWhileMs = 650, kLongMs = 1700, kEachMs = 40 };

static enum { kQuiet, kAsksStandIn, kKeepsSession, kTimesOut, kReadsToEnd, kWaits, kFeeds } manner;
static int established, ended, woken, written, over;
static struct lws *kept;
static struct lws_context *served;
static int helper = -1;
static bool has_guests, moves_on;

// An object of the program's own for each session.
struct guest {
  char name[200];
  lws_sorted_usec_list_t timer;
};
static struct guest *guest;

static void beat(lws_sorted_usec_list_t *timer) { lws_sul_schedule(served, 0, timer, beat, kEachMs * 1000LL); }

static void greet(struct lws *wsi) {
  established++;
  if (manner == kKeepsSession) kept = wsi;
  if (manner == kTimesOut) lws_set_timer_usecs(wsi, 5 * LWS_USEC_PER_SEC);
  if (guest != NULL || !has_guests) return;
  guest = calloc(1, sizeof *guest);
  lws_sul_schedule(served, 0, &guest->timer, beat, kEachMs * 1000LL);
}

static int hear(struct lws *wsi, const void *in, size_t len) {
  if (manner == kTimesOut) lws_set_timer_usecs(wsi, moves_on ? 60 * LWS_USEC_PER_SEC : LWS_SET_TIMER_USEC_CANCEL);
  if (manner == kFeeds && write(helper, in, len) != (ssize_t)len) woken++;
  return 0;
}

static int callback_kept(DESK_ARGUMENTS) {
  char got[64];
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
      woken++;
      if (manner == kAsksStandIn) lws_callback_on_writable(wsi);
      if (manner == kKeepsSession && kept != NULL) lws_callback_on_writable(kept);
      break;
    case LWS_CALLBACK_ESTABLISHED: greet(wsi); break;
    case LWS_CALLBACK_CLOSED:
      ended++;
      kept = NULL;
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE: written++; break;
    case LWS_CALLBACK_RECEIVE: return hear(wsi, in, len);
    case LWS_CALLBACK_TIMER: return manner == kTimesOut ? -1 : 0;
    case LWS_CALLBACK_RAW_RX_FILE:
      return read(lws_get_socket_fd(wsi), got, sizeof got) <= 0 && manner == kReadsToEnd ? -1 : 0;
    default: break;
  }
  return 0;
}

// --- Stand-ins ---

static void asks_stand_in_to_write(void) {
  manner = kAsksStandIn;
  struct lws_context *context = desk(callback_kept, 20);
  enter(context);
  lws_cancel_service(context);
  serve_until(context, &woken, 1);
  lws_context_destroy(context);
}

static void asks_session_to_write(void) {
  manner = kKeepsSession;
  struct lws_context *context = desk(callback_kept, 20);
  const int fd = enter(context);
  serve_until(context, &established, 1);
  lws_cancel_service(context);
  serve_until(context, &written, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Timers ---

// CANCELS: the program takes the timer out of lws's list before its memory goes.
static void guest_leaves(bool cancelled) {
  has_guests = true;
  struct lws_context *context = served = desk(callback_kept, 20);
  const int fd = enter(context);
  serve_until(context, &established, 1);
  serve_for(context, 3 * kEachMs);
  hang_up(context, fd);
  serve_until(context, &ended, 1);
  if (cancelled) lws_sul_cancel(&guest->timer);
  memset(guest, 0xdd, sizeof *guest);  // as its next owner does
  serve_for(context, 3 * kEachMs);
  lws_context_destroy(context);
}
static void timer_left_in_guest(void) { guest_leaves(false); }
static void timer_taken_from_guest(void) { guest_leaves(true); }

static void session_timer_is(bool moved) {
  manner = kTimesOut;
  moves_on = moved;
  struct lws_context *context = desk(callback_kept, 20);
  const int fd = enter(context);
  serve_until(context, &established, 1);
  say_frame(fd, "password");
  serve_for(context, kAWhileMs);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void session_timer_cancelled(void) { session_timer_is(false); }
static void session_timer_moved_on(void) { session_timer_is(true); }

// --- Ends ---

static void context_destroyed_again(void) {
  struct lws_context *context = desk(callback_kept, 20);
  serve_for(context, 20);
  lws_context_destroy(context);
  lws_context_destroy(context);
}

static void stop(lws_sorted_usec_list_t *timer) {
  (void)timer;
  over = 1;
}
static void nothing_to_read(bool ends) {
  manner = ends ? kReadsToEnd : kQuiet;
  struct lws_context *context = desk(callback_kept, 20);
  const lws_sock_file_fd_type file = {.filefd = open("/dev/null", O_RDONLY | O_NONBLOCK)};
  if (lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_RAW_FILE_DESC, file, "desk", NULL) ==
      NULL)
    give_up("the file was not adopted");
  static lws_sorted_usec_list_t end;
  lws_sul_schedule(context, 0, &end, stop, kLongMs * 1000LL);
  while (!over) lws_service(context, 0);
  lws_context_destroy(context);
}
static void file_goes_on_at_its_end(void) { nothing_to_read(false); }
static void file_ends_at_its_end(void) { nothing_to_read(true); }

// A helper process has ended, and what it was to get kills the program.
static void helper_is(bool there) {
  manner = kFeeds;
  struct lws_context *context = desk(callback_kept, 20);
  int ends[2];
  if (pipe(ends) != 0) give_up("no pipe");
  helper = ends[1];
  if (!there) close(ends[0]);
  signal(SIGPIPE, SIG_DFL);  // as another library of the program may do
  const int fd = enter(context);
  serve_until(context, &established, 1);
  say_frame(fd, "order");
  serve_for(context, 50);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void feeds_nobody(void) { helper_is(false); }
static void feeds_helper(void) { helper_is(true); }

// --- A callback that waits for what its own loop would bring ---

static int callback_waits(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  struct lws_context *context = lws_get_context(wsi);
  switch (reason) {
    case LWS_CALLBACK_RECEIVE:
      ask(context, NULL, port_of(context, "app"), 0);
      if (manner == kWaits) {
        nap(kLongMs);
        kill(getpid(), SIGKILL);  // somebody loses patience
      }
      break;
    case LWS_CALLBACK_ESTABLISHED: established++; break;
    default: break;
  }
  return 0;
}
static void answer_is_waited_for(bool in_callback) {
  manner = in_callback ? kWaits : kQuiet;
  struct lws_context *context = desk(callback_waits, 20);
  const int fd = enter(context);
  serve_until(context, &established, 1);
  say_frame(fd, "order");
  serve_until(context, &established, 2);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void waits_in_callback(void) { answer_is_waited_for(true); }
static void waits_in_loop(void) { answer_is_waited_for(false); }

// --- Both halves of a proxy ---

static bool ends_caller;
static int nowhere;

static int callback_proxy(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  struct lws_client_connect_info info;
  switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
      established++;
      info = ask_info(lws_get_context(wsi), "RAW", nowhere, 0);
      info.opaque_user_data = wsi;
      lws_client_connect_via_info(&info);
      break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      woken++;
      if (ends_caller) lws_set_timeout(lws_get_opaque_user_data(wsi), PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
      break;
    default: break;
  }
  return 0;
}
static void proxy_without_server(bool ends) {
  enum { kCallers = 3 };
  ends_caller = ends;
  nowhere = unused_port();
  struct lws_context_creation_info info = desk_info(callback_proxy, 20);
  info.options |= LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG;
  info.listen_accept_role = "raw-skt";
  info.listen_accept_protocol = "desk";
  struct lws_context *context = start(&info);
  int fds[kCallers];
  for (int i = 0; i < kCallers; i++) {
    fds[i] = dial(port_of(context, "app"));
    say(fds[i], "hello\n");
  }
  serve_until(context, &woken, kCallers);
  serve_for(context, kLongMs);
  for (int i = 0; i < kCallers; i++) hang_up(context, fds[i]);
  lws_context_destroy(context);
}
static void proxy_keeps_caller(void) { proxy_without_server(false); }
static void proxy_ends_caller(void) { proxy_without_server(true); }

// --- Sockets ---

static void udp_port_is(bool taken) {
  struct lws_context *context = desk(callback_kept, 20);
  struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
  socklen_t size = sizeof here;
  const int other = socket(AF_INET6, SOCK_DGRAM, 0), no = 0;
  setsockopt(other, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  if (bind(other, (struct sockaddr *)&here, size) != 0 || getsockname(other, (struct sockaddr *)&here, &size) != 0)
    give_up("no UDP port");
  if (!taken) close(other);
  lws_create_adopt_udp(lws_get_vhost_by_name(context, "app"), NULL, ntohs(here.sin6_port), LWS_CAUDP_BIND, "desk", NULL,
                       NULL, NULL, NULL
#if LWS_LIBRARY_VERSION_NUMBER >= 4002000
                       ,
                       NULL
#endif
  );
  serve_for(context, 50);
  lws_context_destroy(context);
}
static void udp_port_taken(void) { udp_port_is(true); }
static void udp_port_free(void) { udp_port_is(false); }

static void socket_path_is_no_name(void) {
  struct lws_context *context = client_desk(callback_kept, 5);
  struct lws_client_connect_info info = ask_info(context, NULL, 1, 0);
  info.address = "/run/desk.sock";
  lws_client_connect_via_info(&info);
  serve_for(context, 50);
  lws_context_destroy(context);
}

// Beside "desk", which is its first protocol, the vhost has one for raw connections.
static void raw_client_names(const char *protocol) {
  static const struct lws_protocols protocols[] = {
      {.name = "desk", .callback = callback_kept}, {.name = "porter", .callback = callback_kept}, {0}};
  struct lws_context_creation_info info = app_info(protocols);
  info.port = CONTEXT_PORT_NO_LISTEN;
  struct lws_context *context = start(&info);
  int port;
  const int listener = listen_on(&port, 4);
  struct lws_client_connect_info asked = ask_info(context, "RAW", port, 0);
  asked.protocol = NULL;
  asked.local_protocol_name = protocol;
  lws_client_connect_via_info(&asked);
  const int fd = pick_up(context, listener);
  serve_for(context, kLongMs);
  lws_context_destroy(context);
  close(fd);
}
static void raw_client_names_none(void) { raw_client_names(NULL); }
static void raw_client_names_one(void) { raw_client_names("porter"); }

const struct corpus_case kept_troubles[] = {
    {"asks_stand_in_to_write", asks_stand_in_to_write},
    {"asks_session_to_write", asks_session_to_write},
    {"timer_left_in_guest", timer_left_in_guest},
    {"timer_taken_from_guest", timer_taken_from_guest},
    {"session_timer_cancelled", session_timer_cancelled},
    {"session_timer_moved_on", session_timer_moved_on},
    {"context_destroyed_again", context_destroyed_again},
    {"file_goes_on_at_its_end", file_goes_on_at_its_end},
    {"file_ends_at_its_end", file_ends_at_its_end},
    {"feeds_nobody", feeds_nobody},
    {"feeds_helper", feeds_helper},
    {"waits_in_callback", waits_in_callback},
    {"waits_in_loop", waits_in_loop},
    {"proxy_keeps_caller", proxy_keeps_caller},
    {"proxy_ends_caller", proxy_ends_caller},
    {"udp_port_taken", udp_port_taken},
    {"udp_port_free", udp_port_free},
    {"socket_path_is_no_name", socket_path_is_no_name},
    {"raw_client_names_none", raw_client_names_none},
    {"raw_client_names_one", raw_client_names_one},
    {NULL, NULL},
};
