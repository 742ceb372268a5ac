// SPDX-License-Identifier: MIT
//
// Exchanges of a connection that the application made, http and websocket.
//
//    connect_requested          what it asked for; the next outbound connection of this thread is the one
//    WSI_CREATE                 connected (accepted connections begin with this, outbound ones do not)
//    APPEND_HANDSHAKE_HEADER    the request is about to be sent
//    ESTABLISHED_CLIENT_HTTP    its answer's head was received and accepted; `value` is the status
//    COMPLETED_CLIENT_HTTP      and the answer read to its end
//    CLIENT_ESTABLISHED         upgraded
//    CLIENT_HTTP_REDIRECT       answered; the same wsi connects again
//    CLIENT_CONNECTION_ERROR    failed; "HS: ..." is lws's word for an upgrade that was not accepted
//    frame_read                 the server reset the stream, or began with SETTINGS that lws passes over
//    close_requested            by a caller that authenticates: answered with 401; the same wsi connects again
#include <cstring>
#include <utility>

#include "agent/timeline/fold.h"

namespace wsitrace {
namespace {

constexpr std::string_view kRefusedUpgrade = "HS:";
constexpr int kUnauthorized = 401;
constexpr uint32_t kFirstStream = 3;   // of lws 4.1.6 to 5.0
constexpr size_t kKeptStreams = 4096;  // those after them are not known by their numbers

// lws makes carrier and first stream of an h2 connection out of one request: the stream sends it.
void take_from_carrier(Fold &fold, Life &stream) {
  if (!stream.connection.target.empty()) return;
  Life *carrier = fold.lives.find(stream.parent_pointer);
  if (carrier == nullptr || !carrier->is_client_side() || carrier->request.target.empty()) return;
  stream.request = std::exchange(carrier->request, {});
  stream.connection.target = stream.request.target;
  stream.connection.wanted = stream.request.wanted;
}

// lws numbers the streams of a connection as it sends their requests: 3, 5, 7, ...
void number_stream(Fold &fold, Life &stream) {
  Life *carrier = fold.lives.find(stream.parent_pointer);
  if (carrier == nullptr || stream.connection.target.empty()) return;
  ++carrier->connection.streams;
  if (carrier->streams.size() < kKeptStreams) carrier->streams.push_back(stream.connection.pointer);
}

void begin(Fold &fold, Life &life, const Event &event) {
  if (life.is_stream()) {
    take_from_carrier(fold, life);
    number_stream(fold, life);
  }
  if (life.progress.open) end_transaction(fold, life, Outcome::kAborted, event.time_ns);
  Transaction &transaction = begin_transaction(fold, life, event.time_ns);
  life.progress.outbound = true;
  life.seen |= kSeenSent;
  transaction.protocol = fold.strings.text(event.protocol);
  transaction.method = life.request.method;
  transaction.path = life.request.path;
  transaction.version = life.is_stream() ? "HTTP/2" : "HTTP/1.1";  // lws's client sends nothing else
}

void note_answer(Life &life, const Event &event) {
  Transaction &transaction = life.current();
  if (event.value >= 100 && event.value <= 999) transaction.status = event.value;
  if (!transaction.responded_ns) transaction.responded_ns = event.time_ns;
}

// The next exchange is for another path.
void note_redirect(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  note_answer(life, event);
  end_transaction(fold, life, Outcome::kCompleted, event.time_ns);
  life.request.path.clear();
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    if (tag == kItemPath) life.request.path.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  });
}

void note_authentication(Fold &fold, Life &life, const Event &event) {
  if (fold.strings.word(event.text) != Word::kAuthenticates) return;
  Event answer = event;
  answer.value = kUnauthorized;
  note_answer(life, answer);
  end_transaction(fold, life, Outcome::kCompleted, event.time_ns);
}

void note_failure(Fold &fold, Life &life, const Event &event) {
  const bool refused = std::string_view(life.clues.message).starts_with(kRefusedUpgrade);
  if (refused) life.progress.upgrade = true;
  end_transaction(fold, life, refused ? Outcome::kRejected : Outcome::kAborted, event.time_ns);
}

}  // namespace

void note_connect_request(Fold &fold, const Event &event, ItemBytes items) {
  ConnectRequest request;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (tag == kItemText) request.target = text;
    if (tag == kItemPath) request.path = text;
    if (tag == kItemMethod) request.method = request.wanted.method = fold.strings.intern(text);
    if (tag == kItemProtocol) request.wanted.protocol = fold.strings.intern(text);
    if (tag == kItemAsked && bytes.size() == sizeof request.wanted.odd)
      std::memcpy(&request.wanted.odd, bytes.data(), bytes.size());
  });
  request.wanted.is_websocket = (event.flags & kNoMethod) != 0;
  request.wanted.is_local = (event.flags & kLocalName) != 0;
  if (event.value > 0 && !request.target.empty()) request.target += ':' + std::to_string(event.value);
  fold.threads[event.thread].connecting = std::move(request);
  fold.threads[event.thread].connect_called_ns = event.time_ns;
}

void take_connect_request(Fold &fold, Life &life, const Event &event) {
  std::optional<ConnectRequest> &connecting = fold.threads[event.thread].connecting;
  if (!connecting) return;
  life.request = std::move(*connecting);
  connecting.reset();
  life.connection.target = life.request.target;
  life.connection.wanted = life.request.wanted;
}

void fold_frame(Fold &fold, const Event &event, ItemBytes items) {
  Life *carrier = life_on_descriptor(fold, event.value);
  if (carrier == nullptr) return;
  for_each_item(items, [&](ItemTag tag, ItemBytes bytes) {
    FrameFacts facts;
    if (tag != kItemFrame || bytes.size() != sizeof facts) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    if (facts.type == kFrameSettings) carrier->connection.settings_empty = true;
    if (facts.type != kFrameReset) return;
    if (facts.stream < kFirstStream || facts.stream % 2 == 0) return;
    const size_t at = (facts.stream - kFirstStream) / 2;
    Life *stream = at < carrier->streams.size() ? fold.lives.find(carrier->streams[at]) : nullptr;
    if (stream != nullptr && stream->parent_pointer == carrier->connection.pointer)
      stream->connection.reset = StreamReset{facts.error, event.time_ns};
  });
}

void fold_outbound(Fold &fold, Life &life, const Event &event, ItemBytes items) {
  if (event.kind == k_CLIENT_APPEND_HANDSHAKE_HEADER) return begin(fold, life, event);
  if (!life.progress.open || !life.progress.outbound) return;
  switch (event.kind) {
    case k_ESTABLISHED_CLIENT_HTTP: return note_answer(life, event);
    case k_COMPLETED_CLIENT_HTTP: return end_transaction(fold, life, Outcome::kCompleted, event.time_ns);
    case k_CLIENT_HTTP_REDIRECT: return note_redirect(fold, life, event, items);
    case k_CLIENT_ESTABLISHED: return end_transaction(fold, life, Outcome::kUpgraded, event.time_ns);
    case k_CLIENT_CONNECTION_ERROR: return note_failure(fold, life, event);
    case k_close_requested: return note_authentication(fold, life, event);
    case k_CLOSED_CLIENT_HTTP: return end_transaction(fold, life, Outcome::kAborted, event.time_ns);
    default: return;
  }
}

}  // namespace wsitrace
