// SPDX-License-Identifier: MIT
//
// What a server gives its clients to puzzle over: responses without an end, connections that it forgets to close, handshakes that
// lost a header, sessions that nobody hears of, mounts that lead nowhere.
#include <fmt/format.h>

#include <algorithm>

#include "agent/diagnosis/rules.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kFeltNs = 500'000'000;

// Completed, and its connection went on for a while.
const Transaction *completed_one(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || last->outcome != Outcome::kCompleted || !last->completed_ns || !last->handled_ns ||
      of.connection.origin == Origin::kStream || of.until_ns() < *last->completed_ns + kFeltNs)
    return nullptr;
  return last;
}

std::string end_text(const Case &of) {
  if (of.is_open()) return "the end of the log";
  if (peer_was_first(of)) return "the client gave up";
  switch (of.connection.close ? of.connection.close->reason : CloseReason::kUnknown) {
    case CloseReason::kTimeout: return "lws's timeout ended it";
    case CloseReason::kContextDestroyed: return "lws_context_destroy() ended it";
    default:
      return of.connection.close && of.connection.close->by == CloseBy::kPeer ? "the client gave up" : "it was closed";
  }
}

// lws binds protocols[0] when a transaction is over and the connection goes on.
bool was_bound_since(const Connection &connection, Ns when_ns) {
  if (connection.bindings.empty()) return true;  // unknown
  const Binding &last = connection.bindings.back();
  if (last.bound_ns >= when_ns) return true;
  return last.dropped_ns && last.settled == Settled::kByDrop && last.cause == "lws_http_transaction_completed";
}

// As lws looks for one (lws_find_mount): the longest that fits.
const House::Mount *mount_taken(const std::vector<House::Mount> &mounts, std::string_view path) {
  const House::Mount *best = nullptr;
  for (const House::Mount &one : mounts) {
    const size_t length = std::min(one.stated_bytes, one.path.size());
    if (path.size() < one.stated_bytes || path.substr(0, length) != std::string_view(one.path).substr(0, length))
      continue;
    const bool ends = path.size() == one.stated_bytes || path[one.stated_bytes] == '/' || one.stated_bytes == 1;
    if (ends && (best == nullptr || one.stated_bytes > best->stated_bytes)) best = &one;
  }
  return best;
}

// The one that the path is meant for: it has its text, and another length.
const House::Mount *mount_of_wrong_length(const std::vector<House::Mount> &mounts, std::string_view path) {
  for (const House::Mount &one : mounts) {
    if (one.stated_bytes == one.real_bytes || !path.starts_with(one.path)) continue;
    if (path.size() == one.path.size() || path[one.path.size()] == '/' || one.path.ends_with('/')) return &one;
  }
  return nullptr;
}

// Its text ends with a slash, so a path below it would have to go on with another.
const House::Mount *mount_with_slash(const std::vector<House::Mount> &mounts, std::string_view path) {
  for (const House::Mount &one : mounts)
    if (one.path.size() > 1 && one.path.ends_with('/') && one.stated_bytes == one.path.size() &&
        path.size() > one.path.size() && path.starts_with(one.path) && path[one.path.size()] != '/')
      return &one;
  return nullptr;
}

std::string list_of(const std::vector<House::Mount> &mounts) {
  constexpr size_t kShown = 6;
  std::string out;
  for (size_t i = 0; i < std::min(kShown, mounts.size()); ++i) out += (i == 0 ? "" : ", ") + quoted(mounts[i].path);
  return mounts.size() > kShown ? out + fmt::format(" and {} more", mounts.size() - kShown) : out;
}

// Completed, and its client left, or waits.
const Transaction *completed_in_vain(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || last->outcome != Outcome::kCompleted || !last->completed_ns || !last->handled_ns ||
      of.connection.origin == Origin::kStream)
    return nullptr;
  const bool has_left = !of.is_open() && (peer_was_first(of) || of.connection.close->by == CloseBy::kPeer);
  return has_left || of.until_ns() >= *last->completed_ns + kFeltNs ? last : nullptr;
}

Symptom chunks_not_ended(const Case &of, const Transaction &last) {
  return {
      Cause::kNoEndOfResponse,
      request_text(&last),
      {fmt::format("The head that protocol {} sent says Transfer-Encoding: chunked, so the body ends with a chunk of "
                   "length 0. What was written last is none: it does not end with \"0\\r\\n\\r\\n\".",
                   quoted(last.protocol)),
       fmt::format("lws_http_transaction_completed() then kept the connection for the next request: the client "
                   "waits for the rest of the body, here for {}, until {}.",
                   span_text(*last.completed_ns, of.until_ns()), end_text(of))},
      Certainty::kProven,
      "write the last chunk, \"0\\r\\n\\r\\n\", with LWS_WRITE_HTTP_FINAL before you call "
      "lws_http_transaction_completed(), and each chunk before it as its length in hexadecimal digits, CR LF, its "
      "bytes, CR LF: lws_write() adds none of that"};
}

// BY_LWS: its protocol's callback is lws's own.
std::optional<Symptom> session_unheard(const Case &of, bool by_lws) {
  constexpr uint64_t kHandshakeBytes =
      131;  // of lws's 101 that names no subprotocol, with what TCP counts for SYN and FIN
  const auto &session = of.connection.session;
  if (!session || !of.clues.session_of_first || of.connection.origin == Origin::kOutbound) return std::nullopt;
  const auto &tcp = of.connection.tcp;
  const bool is_silent = tcp && !of.connection.tls && tcp->sent_bytes <= kHandshakeBytes;
  if (!by_lws && !is_silent) return std::nullopt;
  std::string others;
  size_t count = 0;
  for (const House::Protocol &one : of.premises.house().protocols_of(of.connection.vhost))
    if (one.name != session->protocol) others += (count++ == 0 ? "" : ", ") + quoted(one.name);
  if (count == 0) return std::nullopt;
  Symptom symptom{Cause::kNobodyHears, quoted(session->protocol), {}, Certainty::kLikely, {}};
  symptom.is_note = !by_lws;
  symptom.why.push_back(fmt::format(
      "lws gives a websocket client that names no subprotocol (Sec-WebSocket-Protocol) to the default protocol of the "
      "vhost, which is protocols[0] if no other is set; the vhost has {} {}, too.",
      count == 1 ? "protocol" : "protocols", others));
  symptom.why.emplace_back(by_lws ? "The callback of that protocol is lws_callback_http_dummy(), lws's own: nobody in "
                                    "this program hears of the session, or of what comes in it."
                                  : "This program sent nothing in the session.");
  return symptom;
}

}  // namespace

std::optional<Symptom> upgrade_lost(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || (of.clues.odd_head & kHeadToWebsocket) == 0 || of.clues.has(k_HTTP_CONFIRM_UPGRADE))
    return std::nullopt;
  Symptom symptom{
      Cause::kUpgradeLost,
      request_text(last),
      {fmt::format(
          "The request has Sec-WebSocket-Key and no Upgrade: websocket. That is a websocket handshake that lost "
          "a header on its way, usually in a reverse proxy: lws took it for an ordinary request{}.",
          last->status ? fmt::format(", which was answered with {}", *last->status) : "")},
      Certainty::kProven,
      {}};
  symptom.why.emplace_back("The client waits for 101, and its websocket fails.");
  if (last->version == "HTTP/1.0")
    symptom.why.emplace_back(
        "It came as HTTP/1.0, which has no upgrades: nginx speaks it to the servers behind it unless "
        "proxy_http_version is 1.1.");
  return symptom;
}

std::optional<Symptom> response_without_end(const Case &of) {
  if (const Transaction *one = completed_in_vain(of);
      one != nullptr && !one->has_no_body() && (of.clues.odd_head & kChunksNotEnded) != 0)
    return chunks_not_ended(of, *one);
  const Transaction *last = completed_one(of);
  if (last == nullptr || last->has_no_body()) return std::nullopt;
  if ((of.clues.odd_head & kHeadWithoutEnd) == 0) return std::nullopt;
  return Symptom{
      Cause::kNoEndOfResponse,
      request_text(last),
      {fmt::format("The head that protocol {} sent{} has neither Content-Length nor Transfer-Encoding: "
                   "chunked, so the body lasts until the connection closes (RFC 9112).",
                   quoted(last->protocol), last->status ? fmt::format(" (status {})", *last->status) : ""),
       fmt::format("lws_http_transaction_completed() then kept the connection for the next request: the client "
                   "waits for the end of this response, here for {}, until {}.",
                   span_text(*last->completed_ns, of.until_ns()), end_text(of))},
      Certainty::kProven,
      {}};
}

std::optional<Symptom> completion_ignored(const Case &of) {
  const Transaction *last = completed_one(of);
  const auto &tcp = of.connection.tcp;
  if (last == nullptr || !of.log.by_preload || of.log.lossy() || !tcp || tcp->unsent_bytes > 0 ||
      (last->brings_body() && !of.clues.has(k_HTTP_BODY_COMPLETION)) ||
      was_bound_since(of.connection, *last->completed_ns))
    return std::nullopt;
  // What was still to be sent then, lws completes later.
  if (*last->completed_ns + tcp->unsent_ns + kFeltNs / 2 < of.until_ns()) return std::nullopt;
  return Symptom{
      Cause::kCompletionIgnored,
      {},
      {fmt::format("{} was completed, and lws did not make the connection ready for another request, as it does unless "
                   "it is to be closed: the client asked for that (Connection: close, or HTTP/1.0 without "
                   "keep-alive{}).",
                   request_text(last),
                   last->version.empty() ? "" : fmt::format("; this one came as {}", last->version)),
       fmt::format("The result of lws_http_transaction_completed() says so, the callback returned 0 all the same, and "
                   "the client waited for the end for {}, until {}.",
                   span_text(*last->completed_ns, of.until_ns()), end_text(of))},
      Certainty::kLikely,
      {}};
}

bool is_of_lws(const Timeline &timeline, uint64_t address) {
  return address != 0 && std::any_of(timeline.modules().begin(), timeline.modules().end(), [&](const Module &one) {
           const size_t slash = one.path.rfind('/');
           const std::string_view base = std::string_view(one.path).substr(slash == std::string::npos ? 0 : slash + 1);
           return address >= one.start && address < one.end && base.starts_with("libwebsockets");
         });
}

std::optional<Symptom> session_symptom_heard(const Case &of, const Timeline &timeline) {
  const bool by_lws =
      of.connection.session && is_of_lws(timeline, timeline.callback_of(of.connection.session->protocol));
  auto unheard = session_unheard(of, by_lws);
  if (by_lws && unheard) return unheard;
  auto symptom = session_symptom(of);
  return unheard && (!symptom || symptom->cause == Cause::kNoCloseFrame) ? unheard : symptom;
}

void tell_of_mounts(Symptom &symptom, const Case &of, const Transaction &request) {
  const std::vector<House::Mount> &mounts = of.premises.house().mounts_of(of.connection.vhost);
  if (!of.clues.asks_first_protocol || request.path.empty()) return;
  constexpr unsigned kHttp = 0, kHttps = 1, kFile = 2, kCgi = 3;  // LWSMPRO_...
  if (const House::Mount *wrong = mount_of_wrong_length(mounts, request.path)) {
    symptom.why.push_back(
        fmt::format("Its mount {} has {}, and mountpoint_len says {}: lws compares that many, and the "
                    "path has to end there, or go on with a slash.",
                    quoted(wrong->path), count_text(wrong->real_bytes, "character"), wrong->stated_bytes));
    symptom.advice = fmt::format("set mountpoint_len of that lws_http_mount to {}", wrong->real_bytes);
    return;
  }
  if (const House::Mount *wrong = mount_with_slash(mounts, request.path)) {
    const std::string_view text = std::string_view(wrong->path).substr(0, wrong->path.size() - 1);
    symptom.why.push_back(fmt::format(
        "Its mountpoint {} ends with a slash. To lws, a path matches a mountpoint only if it ends there or continues "
        "with another slash.",
        quoted(wrong->path)));
    symptom.advice =
        fmt::format("set mountpoint of that lws_http_mount to {}, without the slash, and mountpoint_len to {}",
                    quoted(text), text.size());
    return;
  }
  const House::Mount *taken = mount_taken(mounts, request.path);
  if (taken != nullptr && (taken->protocol == kHttp || taken->protocol == kHttps || taken->protocol == kCgi)) {
    const bool is_cgi = taken->protocol == kCgi;
    symptom.why.push_back(fmt::format(
        "Its mount {} is {} (origin_protocol {}), and lws asked protocols[0] instead: this libwebsockets was built "
        "without {}.",
        quoted(taken->path), is_cgi ? "one for CGI" : "a proxy",
        is_cgi                     ? "LWSMPRO_CGI"
        : taken->protocol == kHttp ? "LWSMPRO_HTTP"
                                   : "LWSMPRO_HTTPS",
        is_cgi ? "LWS_WITH_CGI" : "LWS_WITH_HTTP_PROXY"));
    symptom.advice = is_cgi ? "use a libwebsockets that was built with -DLWS_WITH_CGI=1, which those of distributions "
                              "rarely are, or serve the path from a callback"
                            : "use a libwebsockets that was built with -DLWS_WITH_HTTP_PROXY=1, which those of "
                              "distributions rarely are, or put a proxy such as nginx in front";
    return;
  }
  if (taken != nullptr && taken->protocol == kFile && request.brings_body()) {
    symptom.why.push_back(fmt::format(
        "Its mount {} serves files (LWSMPRO_FILE) and asks no handler, whatever the method.", quoted(taken->path)));
    symptom.advice = fmt::format(
        "to handle {} in a callback, add a mount for that path with origin_protocol LWSMPRO_CALLBACK and the name of "
        "the protocol as `origin` (mountpoint '/api', mountpoint_len 4)",
        request.method);
    return;
  }
  if (taken == nullptr && !mounts.empty())
    symptom.why.push_back(fmt::format("No mount of the vhost fits that path; it has {}.", list_of(mounts)));
}

}  // namespace wsitrace
