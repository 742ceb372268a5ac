// SPDX-License-Identifier: MIT
//
// A life is one connection while it is open: the Connection that observers see, and what the fold remembers about it.
#ifndef WSITRACE_TIMELINE_LIFE_H
#define WSITRACE_TIMELINE_LIFE_H

#include "agent/lws/said.h"
#include "agent/lws/words.h"
#include "agent/timeline/connection.h"
#include "wsitrace/event.h"

namespace wsitrace {

// Kinds of events that a life has seen, as far as its class and its end depend on them.
enum Seen : uint16_t {
  kSeenCreate = 1,
  kSeenNew = 2,
  kSeenRequest = 4,      // a request line was parsed
  kSeenEstablished = 8,  // websocket, either side
  kSeenRaw = 16,
  kSeenClosedHttp = 32,
  kSeenAnswer = 64,       // outbound: the peer's answer was accepted
  kSeenAnswerDone = 128,  // outbound: and read to its end
  kSeenChildClosing = 256,
  kSeenNotListening = 512,  // its socket was looked at
  kSeenSent = 1024,         // outbound: a request went out
  kSeenRedirect = 2048,     // a stream's answer was a redirect: lws connects again with the same wsi
};

// Why a connection may be about to end; resolve_close() weighs it when it has. What was seen first counts.
struct CloseClues {
  bool requested = false;  // close_requested
  Ns requested_ns = 0;     // then
  Word caller = Word::kOther;
  uint16_t caller_text = kNoString;
  uint32_t socket_state = 0;  // of TCP, by then; 0: unknown
  OptionalNs peer_closed_ns;  // as in Tcp, by then
  int refused = -1;           // callback whose result was non-zero
  Ns refused_ns = 0;          // when
  bool left_answer = false;   // outbound: RECEIVE_CLIENT_HTTP's was, which also passes on that the peer has ended
  bool peer_sent_close = false;
  bool local_sent_close = false;
  int stored_code = 0;  // by lws_close_reason()
  Ns stored_ns = 0;
  int ws_code = 0;
  bool errored = false;          // CLIENT_CONNECTION_ERROR
  bool descriptor_gone = false;  // closed behind lws's back
  std::string message;
  int32_t pending_timeout = 0;  // `value` of WSI_DESTROY
  uint8_t timeout_flags = 0;    // its flags
  uint32_t timeout_set_ms = 0;  // how long before it was set, where its time is up; 0: it is not, or unknown
  Said said = Said::kNothing;   // lws logged it in this thread just before the first sign of the end
  unsigned said_number = 0;
  uint16_t said_text = kNoString;
};

// The end of the last response, as far as it tells whether the next request was there already.
struct Completion {
  bool seen = false;
  bool outstanding = false;  // there is none: the next request came while a handler still owed it
  bool asked = false;        // the kernel was asked whether more waited in the socket
  bool filled = false;       // and it did
  int32_t read_mark = 0;
};

// What an application asked lws to connect to.
struct ConnectRequest {
  std::string target;  // "HOST:PORT"
  std::string path;
  std::string_view method;
  Wanted wanted;
};

// What the open transaction, always the last one of the connection, is waiting for.
struct TransactionProgress {
  bool open = false;
  bool upgrade = false;
  bool outbound = false;
  bool bound = false;           // a BIND or DROP since the request
  OptionalNs maybe_done_ns;     // it ended here unless a handler is still called
  OptionalNs written_whole_ns;  // its response was written to its end here, and nothing more was owed
  OptionalNs refused_done_ns;   // its handler asked for the close here, as handlers do after a last response
  std::optional<Outcome> last;  // of the one before
  bool last_upgrade = false;    // and whether it asked for an upgrade
  bool awaits_bind = false;     // lws binds protocols[0] after a transaction, unless it is going to close
};

struct Life {
  Connection connection;
  uint16_t seen = 0;
  uint32_t events = 0;     // of its own: not calls that ask for its end
  bool announced = false;  // the observer knows it
  bool ending = false;
  bool binding_open = false;
  int accepted_fd = -1;  // what the listener accepted in this thread just before the first event
  uint16_t vhost_id = kNoString;
  uint64_t parent_pointer = 0;
  uint32_t children = 0;          // open h2 streams
  std::vector<uint64_t> streams;  // outbound, HTTP/2: pointers, of the streams 3, 5, 7, ...
  CloseClues clues;
  TransactionProgress progress;
  Completion completion;
  ConnectRequest request;  // outbound
  Life *older = nullptr;   // open lives by first sight
  Life *newer = nullptr;

  Transaction &current() { return connection.transactions.back(); }
  [[nodiscard]] bool has_seen(uint16_t any_of) const { return (seen & any_of) != 0; }
  // What is one of lws's own until something tells otherwise, and not because something did.
  [[nodiscard]] bool is_undecided() const {
    return connection.cls == ConnectionClass::kInternal && connection.evidence == Evidence::kElimination;
  }
  [[nodiscard]] bool is_stream() const { return connection.origin == Origin::kStream; }
  [[nodiscard]] bool is_client_side() const { return connection.origin == Origin::kOutbound; }
};

// Keeps the first kKeptFirst and at least the last kKeptLast of ALL. Call before adding one; linear, but only once per
// kKeptLast additions.
template <typename T>
void make_room(std::vector<T> &all) {
  if (all.size() < kKeptFirst + 2 * kKeptLast) return;
  all.erase(all.begin() + kKeptFirst, all.begin() + kKeptFirst + kKeptLast);
}

}  // namespace wsitrace

#endif
