// SPDX-License-Identifier: MIT
#include "agent/serve/live_session.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "agent/base/clock.h"
#include "agent/serve/response_headers.h"
#include "agent/serve/wsi_request.h"

namespace wsitrace {
namespace {

constexpr int kPass = 0;
constexpr int kRefuse = -1;
constexpr std::string_view kLivePath = "/api/live";

bool is_mounted(Site &site, lws *wsi) {
  const std::string_view uri = uri_of(wsi);
  return uri.ends_with(kLivePath) &&
         site.doors().has_mount(lws_get_vhost(wsi), uri.substr(0, uri.size() - kLivePath.size()));
}

// 0: welcome; otherwise the status of the refusal.
unsigned refusal(Site &site, lws *wsi) {
  const auto access = site.doors().access(lws_get_vhost(wsi));
  if (access->metrics_only || !is_mounted(site, wsi)) return 404;
  if (has_long_header(wsi)) return 431;
  const std::string host = host_of(wsi);
  if (!access->knows_host(host) || !is_own_origin(header_of(wsi, WSI_TOKEN_ORIGIN), host)) return 403;
  if (!access->admits_socket(header_of(wsi, WSI_TOKEN_HTTP_AUTHORIZATION), header_of(wsi, WSI_TOKEN_PROTOCOL)))
    return 401;
  const LiveFeed::Room room = site.feed().make_room(monotonic_ns());
  if (room.given_up != nullptr) lws_set_timeout(room.given_up, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
  return room.exists ? 0 : 503;
}

const char *reason_of(unsigned status) {
  switch (status) {
    case 401: return "a token is needed\n";
    case 403: return "a page of another site may not listen in\n";
    case 431: return "a header is longer than 1 KiB\n";
    case 503: return "too many are listening in\n";
    default: return "no such page\n";
  }
}

int filter(Site &site, lws *wsi) {
  const unsigned status = refusal(site, wsi);
  if (status == 0) return kPass;
  Response response;
  response.status = status;
  response.asset = reason_of(status);
  if (!send_response_headers(wsi, response, true, false)) return kRefuse;
  std::array<unsigned char, LWS_PRE + 128> text;
  std::memcpy(text.data() + LWS_PRE, response.asset.data(), response.asset.size());
  lws_write(wsi, text.data() + LWS_PRE, response.asset.size(), LWS_WRITE_HTTP_FINAL);
  return kRefuse;
}

int begin_following(Site &site, lws *wsi, LiveSession &session) {
  session.follower = site.feed().follow(wsi, monotonic_ns());
  return session.follower != nullptr ? kPass : kRefuse;
}

int write_piece(lws *wsi, Follower &follower) {
  const std::string &message = *follower.message;
  const size_t bytes = std::min(message.size() - follower.sent_bytes, kChunkBytes);
  std::array<unsigned char, LWS_PRE + kChunkBytes> piece;
  std::memcpy(piece.data() + LWS_PRE, message.data() + follower.sent_bytes, bytes);
  if (follower.sent_bytes == 0) lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, kStuckSeconds);
  const bool first = follower.sent_bytes == 0;
  follower.sent_bytes += bytes;
  const bool last = follower.sent_bytes == message.size();
  const int how = (first ? LWS_WRITE_TEXT : LWS_WRITE_CONTINUATION) | (last ? 0 : LWS_WRITE_NO_FIN);
  if (lws_write(wsi, piece.data() + LWS_PRE, bytes, static_cast<lws_write_protocol>(how)) < 0) return kRefuse;
  if (!last) lws_callback_on_writable(wsi);
  return kPass;
}

// A message counts as sent when the one piece that libwebsockets may hold is gone, too: only then the client has read.
int write_message(lws *wsi, LiveSession &session) {
  Follower *follower = session.follower;
  if (follower != nullptr && follower->is_given_up()) return kRefuse;
  if (follower == nullptr || !follower->has_message()) return kPass;
  if (lws_send_pipe_choked(wsi) != 0) {
    lws_callback_on_writable(wsi);
    return kPass;
  }
  if (follower->sent_bytes < follower->message->size()) {
    const int written = write_piece(wsi, *follower);
    if (written != kPass || follower->sent_bytes < follower->message->size()) return written;
    if (lws_partial_buffered(wsi) != 0) {
      lws_callback_on_writable(wsi);
      return kPass;
    }
  }
  lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
  LiveFeed::finish(*follower, monotonic_ns());
  return kPass;
}

int receive(lws *wsi, LiveSession &session, size_t len) {
  session.received_bytes += len;
  if (session.received_bytes + lws_remaining_packet_payload(wsi) > kMaxReceivedBytes) {
    lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, nullptr, 0);
    return kRefuse;
  }
  if (lws_is_final_fragment(wsi) != 0) session.received_bytes = 0;
  return kPass;
}

int end_following(Site &site, LiveSession &session) {
  if (session.follower != nullptr) site.feed().leave(session.follower);
  session.follower = nullptr;
  return kPass;
}

}  // namespace

int serve_live_callback(Site &site, lws *wsi, lws_callback_reasons reason, LiveSession &session, size_t len) {
  switch (static_cast<int>(reason)) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return filter(site, wsi);
    case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY: return 1;
    case LWS_CALLBACK_ESTABLISHED: return begin_following(site, wsi, session);
    case LWS_CALLBACK_SERVER_WRITEABLE: return write_message(wsi, session);
    case LWS_CALLBACK_RECEIVE: return receive(wsi, session, len);
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED: return end_following(site, session);
    default: return kPass;
  }
}

}  // namespace wsitrace
