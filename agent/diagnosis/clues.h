// SPDX-License-Identifier: MIT
//
// What the rules ask about a connection and a Connection does not keep: which callbacks came, what was returned and said, how long the
// event loop stood still. Memory follows the open connections.
#ifndef WSITRACE_DIAGNOSIS_CLUES_H
#define WSITRACE_DIAGNOSIS_CLUES_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/lws/callbacks.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

// How far the response to a transaction got that is not whole.
struct ResponsePart {
  uint64_t transaction = 0;  // Transaction::index
  std::optional<uint64_t> promised_bytes, sent_bytes;
  OptionalNs written_ns;  // when the last of its body was; nullopt: none of it was
};

struct Clues {
  uint8_t seen = 0;            // bits, see has()
  std::optional<int> refused;  // the callback that returned non-zero last, an EventKind
  std::string refused_by;      // its protocol
  Ns refused_ns = 0;
  std::optional<int> close_code;  // of lws_close_reason()
  OptionalNs close_code_ns;
  std::string close_text;    // lws's own, with that code
  OptionalNs peer_close_ns;  // the peer's close frame came
  std::string message;       // of CLIENT_CONNECTION_ERROR
  std::string caller;        // of lws_close_free_wsi
  OptionalNs caller_ns;
  uint64_t closes = 0;                     // calls of that
  OptionalNs timer_cancelled_ns;           // by lws_set_timer_usecs(), the last time
  std::optional<int> certificate_refused;  // the callback that did, an EventKind
  bool asks_first_protocol = false;        // the last request went to protocols[0]
  bool reads_answer = false;               // lws_http_client_read() was called
  std::optional<int> body;                 // of the last request: kBodyAnnounced, ... (event.h)
  int32_t pending_timeout = 0;             // event.h
  Ns prepared_ns = 0;                      // the call that made it was about to return
  uint64_t turns_before = 0;               // of the loop, by then
  OptionalNs serviced_ns;                  // the first event after that
  uint64_t turns_between = 0;              // of the loop, while it waited for that
  Ns foreign_wake_ns = 0;                  // the longest wait after lws_callback_on_writable() on another thread
  bool foreign_wake_unanswered = false;

  uint8_t request_flags = 0;      // of the last request: EventFlag
  int odd_head = 0;               // of the response to it: kHeadWithoutEnd, ...; outbound: kHeadLineOpen, ...
  bool session_of_first = false;  // the websocket session is one of protocols[0]
  bool cut_short = false;         // of what was written as a response, lws holds a part still, at the end
  uint64_t file_sent = 0;  // the transaction, by index, whose file was sent and is not yet known as completed to lws
  uint64_t file_forgotten = 0;  // the first of which lws did not know by the next request
  std::string file_protocol;    // whose callback was told that it was sent
  OptionalNs body_came_ns;      // all of its body
  uint64_t body_told = 0;       // how often the program was told so
  std::optional<ResponsePart> part;
  bool descriptor_gone = false;  // closed by somebody else
  uint64_t answered = 0;         // the transaction whose status was sent last, by index
  std::vector<int> statuses;     // that were sent for it, while it was open
  [[nodiscard]] bool has(uint16_t kind) const { return (seen & bit_of(kind)) != 0; }
  // Of the kinds that a rule asks for; 0: nobody asks.
  static constexpr uint8_t bit_of(uint16_t kind) {
    switch (kind) {
      case k_CLIENT_CONNECTION_ERROR: return 1;
      case k_CLOSED_CLIENT_HTTP: return 2;
      case k_COMPLETED_CLIENT_HTTP: return 4;
      case k_CLIENT_CLOSED: return 8;
      case k_FILTER_PROTOCOL_CONNECTION: return 16;
      case k_HTTP_BODY_COMPLETION: return 32;
      case k_HTTP_CONFIRM_UPGRADE: return 64;
      default: return 0;
    }
  }
};

// Whether an event of KIND is of the making of a connection: its program has not yet served it.
bool prepares(const Connection &connection, uint16_t kind);

// The clues of all open connections. Feed it with what a Timeline tells.
class ClueBook {
 public:
  void counted(uint16_t kind);  // every event of the log
  // TEXT and PROTOCOL are those of the event.
  void event(const Connection &connection, const Event &event, std::span<const std::byte> items, std::string_view text,
             std::string_view protocol);
  void opened(const Connection &connection);
  void closed(const Connection &connection);
  void forget(uint64_t id);
  [[nodiscard]] const Clues &of(uint64_t id) const;
  [[nodiscard]] uint64_t loop_turns() const { return loop_turns_; }
  [[nodiscard]] Ns last_turn_ns() const { return last_turn_ns_; }

 private:
  Clues &first_sight(uint64_t id, Ns at_ns);

  std::unordered_map<uint64_t, Clues> clues_;
  uint64_t loop_turns_ = 0;
  Ns last_turn_ns_ = 0;
};

}  // namespace wsitrace

#endif
