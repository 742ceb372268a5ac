// SPDX-License-Identifier: MIT
//
// The event: one record of something that happened to one `struct lws` (wsi). The probe writes it inside
// the host, everything else reads it. It is the seam between hot and cold; both sides include only this.
//
//    0        8        16   18    20       22   24    28    29    30     31   32
//    +--------+--------+----+-----+--------+----+-----+-----+-----+------+----+
//    |time_ns | wsi    |kind|vhost|protocol|text|value|extra|flags|thread|seq |   one slot, 32 bytes
//    +--------+--------+----+-----+--------+----+-----+-----+-----+------+----+
//    | item item ...                                                          |   `extra` further slots
//    +------------------------------------------------------------------------+
//
// Units:   time_ns is CLOCK_MONOTONIC in nanoseconds.
// Strings: vhost, protocol and text are ids into the string table of the process (layout.h).
// Items:   tag byte, length byte, then that many bytes; tag 0 ends them. Peer addresses and paths, which
//          belong to no small set, travel here.
// Source:  kinds below 1000 are `enum lws_callback_reasons` of <libwebsockets.h>, whose numbers are the same from
//          libwebsockets 4.1.6 to 5.0; their names and which of them are recorded: agent/lws/callbacks.h.
#ifndef WSITRACE_EVENT_H
#define WSITRACE_EVENT_H

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace wsitrace {

struct Event {
  uint64_t time_ns;
  uint64_t wsi;       // the pointer, as a number; 0 when the event belongs to no wsi
  uint16_t kind;      // a callback reason, or EventKind
  uint16_t vhost;     // string id of the wsi's vhost at the time of the event
  uint16_t protocol;  // string id of the protocol whose callback was called
  uint16_t text;      // string id: a DROP's cause, a close's caller, ...
  int32_t value;     // by kind: fd, status, close code, callback, read mark, first answer, pending timeout, lost events
  uint8_t extra;     // number of item slots that follow, at most kMaxExtraSlots
  uint8_t flags;     // EventFlag
  uint8_t thread;    // ordinal of the recording thread within its process, 255 = 255 or more
  uint8_t sequence;  // low byte of the slot's position in its ring; a reader's sanity check
};

inline constexpr size_t kSlotBytes = 32;
inline constexpr size_t kMaxExtraSlots = 8;  // 256 bytes: two addresses and a path of kMaxPathBytes
inline constexpr size_t kMaxItemBytes = kMaxExtraSlots * kSlotBytes;
inline constexpr size_t kMaxPathBytes = 160;  // longer paths are cut and flagged

static_assert(sizeof(Event) == kSlotBytes && std::is_trivially_copyable_v<Event>);
static_assert(offsetof(Event, kind) == 16 && offsetof(Event, value) == 24 && offsetof(Event, sequence) == 31);

// String ids. 0 means that there is no string; the table never hands these two out.
inline constexpr uint16_t kNoString = 0;
inline constexpr uint16_t kOverflowString = 0xffff;  // the table was full: "overflow"

enum EventFlag : uint8_t {
  kFirstProtocol = 1,    // delivered to protocols[0] of a vhost
  kAcceptConn = 2,       // SO_ACCEPTCONN is set on the wsi's socket: it is a listener
  kTls = 4,              // the wsi has an SSL object
  kTagSaysListener = 8,  // lws's own tag names the wsi a listener (libwebsockets 4.2 and later)
  kPathCut = 16,         // the path was longer than kMaxPathBytes
  kNewSocket = 32,       // `value` is a file descriptor
  // of FILTER_HTTP_CONNECTION: the method is one that brings a body, and the request says of that
  kBodyInChunks = 8,       // Transfer-Encoding: chunked
  kNoBodyLength = 64,      // neither that nor Content-Length
  kExpectsContinue = 128,  // Expect: 100-continue
  // of WSI_DESTROY
  kTagSaysOther = 16,      // the tag names it something else
  kTimeoutOfProgram = 64,  // the application itself had set the timeout in `value`
  kKilledAtOnce = 128,     // ... with LWS_TO_KILL_SYNC
  // of close_requested
  kListenAsked = 64,  // SO_ACCEPTCONN was asked for: without kAcceptConn it is no listener
  // of transaction_completed
  kSocketAsked = 64,    // the kernel was asked whether more had arrived on the socket, and knew
  kSocketFilled = 128,  // it had, before the last byte of the response was sent
  // of tls_established and tls_handshake
  kTlsResumed = 64,  // the session was resumed
  // of callbacks that tell of an end
  kDescriptorGone = 128,  // the wsi's descriptor was closed already, and not by lws
  // of response_written
  kStatusPage = 64,  // by lws_return_http_status
  kCutShort = 128,   // not all of it went out: less than its content-length promised, or lws holds the rest still
  // of timer_set
  kSetAgain = 64,  // it had been set before, and not cancelled since
  // of connect_requested
  kLocalName = 64,  // kItemProtocol is its local_protocol_name
  kNoMethod = 128,  // its `method` is NULL: lws asks for a websocket
};

// Read marks: `value` of FILTER_HTTP_CONNECTION and transaction_completed counts, without its sign bit, the reads that lws has done on
// the wsi's descriptor; 0: not counted. The same mark on both means that nothing was read in between.

// First answers: `value` of CLIENT_CONNECTION_ERROR tells what lws read first from the descriptor: the status of an HTTP answer, by a proxy
// perhaps.
inline constexpr int32_t kNoFirstAnswer = 0;  // nothing was read, or nothing is known of it
inline constexpr int32_t kNotHttp = -1;       // it did not begin as an answer of HTTP does

// Service threads: `value` of service_misused, where lws_service_tsi() was called for thread TSI of a context that has COUNT.
inline constexpr int32_t kNoSuchThread = 3;
constexpr int32_t service_tsi_value(int tsi, int count) {
  return static_cast<int32_t>(kNoSuchThread | (static_cast<uint32_t>(tsi) & 0xfff) << 8 |
                              (static_cast<uint32_t>(count) & 0xfff) << 20);
}
constexpr int tsi_in(int32_t value) { return static_cast<int>(static_cast<uint32_t>(value) >> 8 & 0xfff); }
constexpr int thread_count_in(int32_t value) { return static_cast<int>(static_cast<uint32_t>(value) >> 20); }

// Bodies: `value` of body_pending.
inline constexpr int32_t kBodyAnnounced = 1;  // lws_client_http_body_pending(wsi, 1): lws waits for it
inline constexpr int32_t kBodyBegun = 2;      // its first bytes were written
inline constexpr int32_t kBodyWhole = 0;      // lws_client_http_body_pending(wsi, 0)

// Pending timeouts: `value` of WSI_DESTROY tells the last lws_set_timeout() of the wsi, 0: none or not seen.
constexpr int32_t pending_timeout_value(int reason, int seconds) {
  const int bounded = seconds < 0 ? -1 : seconds > 0x7fff ? 0x7fff : seconds;  // LWS_TO_KILL_... are negative
  return static_cast<int32_t>(static_cast<uint32_t>(bounded) << 16 | (static_cast<uint32_t>(reason) & 0xffff));
}
constexpr int pending_timeout_reason(int32_t value) { return value & 0xffff; }  // enum pending_timeout
constexpr int pending_timeout_seconds(int32_t value) { return value >> 16; }    // -1: the application killed the wsi

enum ItemTag : uint8_t {
  kItemEnd = 0,
  kItemPeer = 1,        // struct sockaddr, as the kernel returned it, cut to its used length
  kItemLocal = 2,       // same
  kItemPath = 3,        // request path without query
  kItemMethod = 4,      // request method, text
  kItemVersion = 5,     // HTTP version as the request line says it, e.g. "HTTP/1.1"
  kItemParent = 6,      // uint64_t: pointer of the wsi that carries this one (h2) or that it is a child of (RAW_ADOPT)
  kItemText = 7,        // free text, e.g. the message of CLIENT_CONNECTION_ERROR
  kItemTlsVersion = 8,  // "TLSv1.3"
  kItemCipher = 9,      // "TLS_AES_256_GCM_SHA384"
  kItemAlpn = 10,       // what both sides agreed on, "h2"
  kItemSni = 11,        // host name that the client asked for; of close_requested where no handshake has told it
  kItemTcp = 12,        // TcpFacts
  kItemTlsVerify = 13,  // int32_t, X509_V_...; where the peer presented a certificate or its verification failed
  kItemStack = 14,      // uint64_t x at most kMaxFrames: return addresses, innermost first
  kItemModule = 15,     // ModuleFacts
  kItemPointer = 16,    // uint64_t
  kItemAccept = 17,     // AcceptFacts
  kItemResponse = 18,   // ResponseFacts
  kItemUnread = 19,     // UnreadFacts; where something is
  kItemLasted = 20,     // uint32_t: milliseconds
  kItemConnect = 21,    // ConnectFacts; of CLIENT_CONNECTION_ERROR and call_failed
  kItemContext = 22,    // ContextFacts; of context_created
  kItemAttempted = 31,  // struct sockaddr: where the connect of ConnectFacts went
  kItemOptions = 42,    // ContextOptions; of context_created, where its layout is known
  kItemSpin = 43,       // SpinFacts; of loop_spins
  kItemServing = 52,    // ServingFacts; of loop_left
  kItemProtocol = 41,   // of connect_requested: the protocol that is to get its callbacks, where it was named
  kItemNowhere = 50,    // of connect_requested: members of the connect info that point to no memory, "iface, alpn"
  kItemSetAgo = 51,     // uint32_t; of WSI_DESTROY: its pending timeout was set so many ms ago, and its time is up
  kItemMount = 44,      // MountFacts, and the mountpoint behind it
  kItemAsked = 60,      // uint32_t, bits kAskedHttp2 and so on; of connect_requested, where one of them is set
  kItemFrame = 61,      // FrameFacts; of frame_read
};

inline constexpr size_t kMaxFrames = 28;  // of kItemStack

// A file with code that is mapped into the host; source: the program headers and the GNU build id note of elf(5).
struct ModuleFacts {
  uint64_t bias;   // address in memory - address in the file's program headers
  uint64_t start;  // of what is mapped
  uint64_t end;
  uint8_t build_id[20];
  uint32_t build_id_bytes;  // 0: it has none
};
static_assert(sizeof(ModuleFacts) == 48 && std::is_trivially_copyable_v<ModuleFacts>);

// Of accept() that fails; sources: the kernel's queue of the listener (tcpi_unacked of <linux/tcp.h>), getrlimit(2).
struct AcceptFacts {
  uint64_t failures;  // in a row, this one included
  uint32_t waiting;   // connections in the listener's queue
  uint32_t limit;     // of descriptors, RLIMIT_NOFILE
};
static_assert(sizeof(AcceptFacts) == 16 && std::is_trivially_copyable_v<AcceptFacts>);

// An event loop that does not sleep: what loop_spins says of it, since that began. Counted by the probe.
enum SpinHow : int32_t {
  kAsksAgain =
      1,  // WRITEABLE is asked for in nearly every turn; the event's wsi is the one for which it was asked last
  kNeverWaits = 2,  // lws_service() is called with a negative timeout
  kStaysReady = 3,  // the callback in SpinFacts comes in nearly every turn, for the event's wsi, and does not read
  kIsWoken = 4,     // EVENT_WAIT_CANCELLED comes in nearly every turn
  kTimersDue = 5,   // timers of a millisecond or less are set
};
struct SpinFacts {
  uint64_t turns;      // or requests for WRITEABLE, in a loop that lws_service() does not run
  uint64_t worked;     // reads, accepts and writes meanwhile
  uint32_t lasted_ms;  // at least
  uint32_t callback;   // of kStaysReady: the kind of the one that does not read; 0: none
};
static_assert(sizeof(SpinFacts) == 24 && std::is_trivially_copyable_v<SpinFacts>);

// Of a call of lws_service() that has not returned as the process exits.
struct ServingFacts {
  uint32_t lasted_ms;  // at least
  uint32_t asked_ms;   // the timeout of the first call; 0: none, or unknown
};
static_assert(sizeof(ServingFacts) == 8 && std::is_trivially_copyable_v<ServingFacts>);

// Why a context is none: `value` of dead_context_used.
enum DeadContext : int32_t { kDestroyedContext = 0, kDyingContext = 1, kNoContext = 2 };

// What the application asked for when it made the context; source: struct lws_context_creation_info.
struct ContextFacts {
  uint32_t table_size;   // fd_limit_per_thread; 0: not set, or unknown
  uint32_t header_pool;  // max_http_header_pool2, or else max_http_header_pool; 0: not set
};
static_assert(sizeof(ContextFacts) == 8 && std::is_trivially_copyable_v<ContextFacts>);

// A mount of a vhost; source: struct lws_http_mount.
struct MountFacts {
  uint8_t origin_protocol;  // enum lws_mount_protocols
  uint8_t stated_bytes;     // mountpoint_len
  uint8_t real_bytes;       // of the mountpoint, 255 for more
  uint8_t reserved;
};
static_assert(sizeof(MountFacts) == 4 && std::is_trivially_copyable_v<MountFacts>);
inline constexpr size_t kMaxMountBytes = 60;  // of a mountpoint that is told

// Bits of `value` of head_written: what is odd about a response or its head:
inline constexpr int32_t kHeadWithoutEnd = 1;   // of HTTP/1.1: no length, no chunks, and the connection goes on
inline constexpr int32_t kHeadToWebsocket = 2;  // the request has Sec-WebSocket-Key, and this is no 101
inline constexpr int32_t kStreamNotEnded = 4;   // of HTTP/2: it is about to be completed, and no frame ended its stream
inline constexpr int32_t kChunksNotEnded = 8;   // of HTTP/1.1: likewise, and the last of its chunks was not written
inline constexpr int32_t kRedirectToPort = 16;  // its Location is HOST:PORT, without a scheme
inline constexpr int32_t kNotOfHttp2 = 32;      // it is of HTTP/2, and has a header that is of HTTP/1.1 only

// Of a request: what CLIENT_APPEND_HANDSHAKE_HEADER put behind its head.
inline constexpr int32_t kHeadLineOpen = 64;    // it does not end with CR LF
inline constexpr int32_t kHeadEndsEarly = 128;  // it has an empty line in it, which ends the head

// Bits of kItemAsked: what is seldom meant, or decides what lws waits for.
inline constexpr uint32_t kAskedHttp2 = 1;        // LCCSCF_H2_PRIOR_KNOWLEDGE, and no TLS
inline constexpr uint32_t kAskedWithoutHost = 2;  // `host` is NULL
inline constexpr uint32_t kAskedTls = 4;          // LCCSCF_USE_SSL; told beside others only
inline constexpr uint32_t kAskedPathOfUrl = 8;    // `path` begins as a URL does, "wss://"
inline constexpr uint32_t kAskedBrackets = 16;    // `address` is in brackets, "[::1]"

// A frame of HTTP/2 that a server sent and that lws tells no callback of; source: RFC 9113, 4.1.
enum FrameType : uint8_t { kFrameReset = 3, kFrameSettings = 4 };
struct FrameFacts {
  uint32_t stream;  // its identifier
  uint32_t error;   // of kFrameReset: its error code
  uint32_t type;    // FrameType; kFrameSettings: one without a setting, the first that came
};
static_assert(sizeof(FrameFacts) == 12 && std::is_trivially_copyable_v<FrameFacts>);

// More of what the application asked for when it made the context; source: likewise.
struct ContextOptions {
  uint64_t options;  // LWS_SERVER_OPTION_...
  uint32_t count_threads;
  int32_t port;  // of its own vhost; 0: not set, or unknown
};
static_assert(sizeof(ContextOptions) == 16 && std::is_trivially_copyable_v<ContextOptions>);

// Of a response that was begun and not written to its end, or has another length than it promised; sources: lws_write(), the content-length that was added to its head.
struct ResponseFacts {
  uint64_t promised_bytes;  // UINT64_MAX: no content-length
  uint64_t sent_bytes;      // of its body; UINT64_MAX: unknown, for head and body went out together
  uint32_t written_ms;      // how long ago the last of its body was written; UINT32_MAX: none of it was, or unknown
  uint32_t reserved;
};
static_assert(sizeof(ResponseFacts) == 24 && std::is_trivially_copyable_v<ResponseFacts>);

// What lws has not read from a socket; source: FIONREAD, tcpi_last_data_recv.
struct UnreadFacts {
  uint32_t bytes;
  uint32_t arrived_ms;  // how long ago the last of it came
};
static_assert(sizeof(UnreadFacts) == 8 && std::is_trivially_copyable_v<UnreadFacts>);

// Of an outbound connection that was not made: the last call of lws that failed. Sources: getaddrinfo(3); socket(2); connect(2), or SO_ERROR
// of socket(7).
enum ConnectStep : uint32_t { kStepName = 1, kStepSocket = 2, kStepConnect = 3 };
struct ConnectFacts {
  uint32_t step;  // ConnectStep
  int32_t error;  // an errno; of kStepName EAI_...
};
static_assert(sizeof(ConnectFacts) == 8 && std::is_trivially_copyable_v<ConnectFacts>);

// Of a TCP connection that is about to be closed; source: struct tcp_info of <linux/tcp.h>. In close_requested it is of the time before lws
// sends a FIN of its own: only that `state` tells whether the peer had closed or reset it.
struct TcpFacts {
  uint64_t received_bytes;  // tcpi_bytes_received
  uint64_t sent_bytes;      // tcpi_bytes_acked: what the peer has acknowledged, its SYN and FIN included
  uint32_t rtt_us;          // tcpi_rtt, smoothed
  uint32_t retransmits;     // tcpi_total_retrans
  uint32_t state;           // tcpi_state: 1 established, 8 the peer has closed and this side not, ...
  uint32_t unheard_ms;      // tcpi_last_ack_recv: how long ago the last segment of the peer came
  uint32_t unsent_bytes;    // tcpi_notsent_bytes: written by this side, and not yet taken by the network
  uint32_t unsent_ms;       // tcpi_last_data_sent: how long ago the last data went out; 0 in older traces
};
static_assert(sizeof(TcpFacts) == 40 && std::is_trivially_copyable_v<TcpFacts>);

// X(name, number). Kinds of our own.
#define WSITRACE_OWN_KINDS(X)                                                                                          \
  X(gap, 1000)           /* value: events lost just before, in this thread */                                          \
  X(vhost_created, 1001) /* value: listen port, -1 none; text: name */                                                 \
  X(vhost_destroyed, 1002)                                                                                             \
  X(context_created, 1003)       /* wsi: the context's pointer */                                                      \
  X(context_begins, 1065)        /* lws_create_context is called; context_created tells that it returned one */        \
  X(context_destroyed, 1004)     /* same */                                                                            \
  X(close_requested, 1005)       /* lws_close_free_wsi: value reason, text caller */                                   \
  X(transaction_completed, 1006) /* lws_http_transaction_completed was called */                                       \
  X(status_sent, 1007)           /* lws_add_http_header_status: value status */                                        \
  X(close_code_sent, 1008)       /* lws_close_reason: value ws close code */                                           \
  X(callback_refused, 1010)      /* a callback returned non-zero: value is the callback's kind */                      \
  X(calls_observed, 1011)        /* from here on the calls above (1005 to 1008) are recorded, in a plugin */           \
  X(connect_requested, 1012)     /* lws_client_connect_via_info, before it runs; value: port, items tell the rest */   \
  X(tls_established, 1013)       /* the handshake is over: items tell the facts */                                     \
  X(tls_handshake, 1014)         /* it ended just now on the descriptor `value`; items: the facts; of one that */      \
                                 /* failed: text why, items: addresses, TCP_INFO */                                    \
  X(response_written, 1016)      /* a response was written to its end `value` milliseconds ago, and nobody called */   \
                                 /* lws_http_transaction_completed since */                                            \
  X(descriptor_left, 1015)       /* lws opened the descriptor `value` and left it open: text what it is, wsi the */    \
                                 /* context, whose destruction is about to return */                                   \
  X(stack, 1017)                 /* the calls under which the event `value` of this wsi, just before, came: items. */  \
                                 /* This and the next two only where they were asked for (layout.h) */                 \
  X(module, 1018)                /* addresses of stacks lie in this file: items, its path */                           \
  X(user_left, 1019) /* the callback `value`, a DROP, returned, and the wsi's user pointer is set still, */            \
                     /* which lws did not allocate: items */                                                           \
  X(peer_left,                                                                                                         \
    1020) /* the process is about to exit, and the peer of descriptor `value` has closed, or what it sent is not */    \
          /* read: items, TCP_INFO */                                                                                  \
  X(response_part, 1024)   /* a response is not written to its end, as this wsi ends, or the process; or it is */      \
                           /* about to be completed with another length than it promised: items */                     \
  X(callback_lasted, 1025) /* the callback `value` of this wsi returned just now, after at least so long: items */     \
  X(accept_failed,                                                                                                     \
    1021) /* accept() of a listener failed with errno `value`, text its name: items. Told when the count of     \
                            failures in a row doubles, and once, with `value` 0, when it works again */      \
  X(lws_said, 1022) /* lws logged a line that agent/lws/said.h knows: value says which, flags is the errno in it, */   \
                    /* wsi 0 where it names none: then it is about what ends next in this thread */                    \
  X(foreign_wake, 1023) /* lws_callback_on_writable() was called on another thread, which woke nobody: the callback */ \
                        /* came `value` ms later, or not at all before the wsi was destroyed, -`value` ms later */     \
  X(socket_quiet,                                                                                                      \
    1027) /* the process is about to exit, and nothing came on descriptor `value` lately: items, TCP_INFO */           \
  X(clients_waiting,                                                                                                   \
    1028) /* connections wait in the queue of lws's listener `value`, as its context is destroyed or the process */    \
          /* exits: items, AcceptFacts */                                                                              \
  X(served_late,                                                                                                       \
    1029) /* the program had not called lws_service() for so long (items, kItemLasted); a connection that was */       \
          /* accepted or read from next had waited for that, `value` ms */                                             \
  X(dead_context_used, 1070) /* the application called the function `text` with this context: `value` DeadContext */   \
  X(call_lasted,                                                                                                       \
    1071) /* the function `text` of lws returned after `value` ms, having kept its thread; wsi is what it made */      \
  X(dead_wsi_used, 1031) /* the application called the function `text` about this wsi, which is destroyed; `value` */  \
                         /* not 0: which is none, but the stand-in that lws passes to this callback */                 \
  X(timer_set, 1090)     /* lws_sul_schedule() by the application for the timer at `wsi`, of its heap or stack: for */ \
  /* the first time, to be due in `value` ms, and (kSetAgain) for the second; wsi 0: from here */                      \
  /* on timers are not told any more */                                                                                \
  X(timer_cancelled, 1091)     /* such a timer was cancelled */                                                        \
  X(wsi_timer_cancelled, 1092) /* lws_set_timer_usecs(wsi, LWS_SET_TIMER_USEC_CANCEL) by the application */            \
  X(service_misused, 1030) /* lws_service() was called while it ran: `value` 1 on another thread, 2 in a callback; */  \
  /* lws_service_tsi() for a service thread that the context does not have: service_tsi_value() */                     \
  X(callback_known,                                                                                                    \
    1032) /* the host's callback of `protocol` is at the address in items; a `module` told where before */             \
  X(callback_objected, 1061) /* a callback of `protocol` that is about no connection, `value`, returned non-zero */    \
  X(service_overslept, 1042) /* lws_service() returned after `value` ms, and had been asked for less: items, the ms */ \
  X(loop_spins, 1064) /* the event loop of this thread does not sleep, as `value` (SpinHow) says: items. Told when */  \
                      /* it has gone on for a second, and whenever that has doubled */                                 \
  X(loop_left, 1043)  /* the process is about to exit; lws_service() returned `value` ms ago, -1: it was never */      \
                      /* called, -2: it has not returned. Not told where that is short. Items, of -2: ServingFacts */  \
  X(foreign_call, 1045)   /* a call, text its name, beside lws_service() of the same context on another thread: the */ \
                          /* `value`th of all such calls; told for the first 32, and when their count doubles */       \
  X(mount_known, 1080)    /* the vhost of vhost_created before, of this thread, has this mount: items */               \
  X(protocol_known, 1081) /* it has this protocol: value per_session_data_size, items its name */                      \
  X(head_written, 1082)   /* a response, or a head, is complete, and odd: value says how */                            \
  X(frame_read, 1093)     /* lws read a frame of HTTP/2 from the descriptor `value`, as a client: items */             \
  X(answer_read, 1047)    /* lws_http_client_read() is called for this wsi, and was not before */                      \
  X(body_pending, 1026)   /* the body of an outbound request: value kBodyAnnounced, ... */                             \
  X(callback_runs, 1083)  /* not recorded, but seen in the ring's header by who drains it: this thread is in the */    \
                          /* callback `value`, -1: in none, since so long: items. Told while one lasts, and as the */  \
                          /* process ends */                                                                           \
  X(call_failed, 1009)    /* a connect or adopt call returned NULL: text its name; every wsi of */                     \
                          /* this thread first seen since `value` microseconds before is gone */

enum EventKind : uint16_t {
#define WSITRACE_KIND(name, number) k_##name = number,
  WSITRACE_OWN_KINDS(WSITRACE_KIND)
#undef WSITRACE_KIND
};

// Whether an event of KIND counts as recorded: the host made it.
constexpr bool is_counted(unsigned kind) { return kind != k_gap && kind != k_callback_runs; }

// The kind's name, "gap"; nullptr for one that is not ours.
constexpr const char *own_kind_name(unsigned kind) {
  switch (kind) {
#define WSITRACE_KIND(name, number) \
  case number: return #name;
    WSITRACE_OWN_KINDS(WSITRACE_KIND)
#undef WSITRACE_KIND
    default: return nullptr;
  }
}

}  // namespace wsitrace

#endif
