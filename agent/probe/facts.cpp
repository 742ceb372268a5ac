// SPDX-License-Identifier: MIT
#include "agent/probe/facts.h"
#include "agent/probe/connect_info.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "agent/base/clock.h"
#include "agent/base/redact.h"
#include "agent/lws/callbacks.h"
#include "agent/probe/answers.h"
#include "agent/probe/attempts.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/finals.h"
#include "agent/probe/heads.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/reads.h"
#include "agent/probe/sockets.h"
#include "agent/probe/strings.h"
#include "agent/probe/timeouts.h"
#include "agent/probe/tls.h"

namespace wsitrace {
namespace {

constexpr size_t kMaxMessageBytes = 200;
constexpr size_t kMaxSeenBytes = 1024;   // of a text; its end may tell that its beginning holds a password
constexpr size_t kMaxAddressBytes = 60;  // of a peer that is named; a longer name is cut
constexpr size_t kMaxNameBytes = 21;     // of a protocol, where a connect names one; a longer one is left out
constexpr size_t kMaxMethodBytes = 24;   // "RAW", "MQTT", "UDP" are lws's own
constexpr size_t kMaxUriBytes = 4096;
constexpr int kGet = 0, kHead = 7;  // of lws_http_get_uri_and_method()

void add_socket(Event &event, Items &items, lws *wsi) noexcept {
  const ErrnoGuard guard;
  if (api().lws_get_ssl != nullptr && api().lws_get_ssl(wsi) != nullptr) event.flags |= kTls;
  const int fd = api().lws_get_socket_fd(wsi);
  event.value = fd;
  event.flags |= kNewSocket;
  if (fd < 0) return;
  if (event.kind == k_SERVER_NEW_CLIENT_INSTANTIATED) {
    forget_reads(fd);
    forget_tls(wsi);
  }
  add_addresses(items, fd);
}

bool listens(int fd) noexcept {
  int accepts = 0;
  socklen_t length = sizeof accepts;
  return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &length) == 0 && accepts != 0;
}

std::atomic<uint64_t> &known_listener(const lws *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return host_state().known_listeners[(address >> 4 ^ address >> 12) % 64];
}

// WSI accepted IN, the new connection's file descriptor. Whether it really listens is asked once.
void add_listener(Event &event, Items &items, lws *wsi, const void *in) noexcept {
  event.value = static_cast<int>(reinterpret_cast<intptr_t>(in));
  event.flags |= kNewSocket;
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  std::atomic<uint64_t> &known = known_listener(wsi);
  if (known.load(std::memory_order_relaxed) == address) return;
  const ErrnoGuard guard;
  const int fd = api().lws_get_socket_fd(wsi);
  if (!listens(fd)) return;
  event.flags |= kAcceptConn;
  add_local_address(items, fd);
  known.store(address, std::memory_order_relaxed);
}

void add_pointer(Items &items, ItemTag tag, const lws *wsi) noexcept {
  const auto address = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(wsi));
  items.add(tag, &address, sizeof address);
}

void add_parent(Items &items, lws *wsi) noexcept {
  const lws *carrier = api().lws_get_network_wsi(wsi);
  if (carrier != nullptr && carrier != wsi) add_pointer(items, kItemParent, carrier);
}

// The wsi that the application made this one a child of.
void add_elder(Items &items, const lws *wsi) noexcept {
  const lws *elder = api().lws_get_parent != nullptr ? api().lws_get_parent(wsi) : nullptr;
  if (elder != nullptr) add_pointer(items, kItemParent, elder);
}

bool is_upper_case(const char *text, int length) noexcept {
  for (int i = 0; i < length; ++i)
    if (text[i] < 'A' || text[i] > 'Z') return false;
  return length > 0;
}

// A token that a program offers as its subprotocol is no name: longer, as a rule, or one of a list.
bool is_name(const char *text, size_t length) noexcept {
  for (size_t i = 0; i < length; ++i)
    if (std::strchr(", =/+", text[i]) != nullptr || text[i] <= ' ' || text[i] > '~') return false;
  return length > 0 && length < kMaxNameBytes;
}

// lws looks it up in the vhost; where it is not there, the vhost's first protocol gets the callbacks.
void add_protocol(Event &event, Items &items, const lws_client_connect_info &info) noexcept {
  const char *name = info.local_protocol_name != nullptr ? info.local_protocol_name : info.protocol;
  const size_t length = name != nullptr ? strnlen(name, kMaxNameBytes) : 0;
  if (name == nullptr || !is_name(name, length)) return;
  if (info.local_protocol_name != nullptr) event.flags |= kLocalName;
  items.add(kItemProtocol, name, length);
}

// Header tokens have the same numbers in all default builds of the checked versions; a build that leaves some out shifts
// them, so a value is believed only when it looks like what it should be.
void add_version(Items &items, lws *wsi) noexcept {
  char text[16];
  const int length = api().lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP);
  if (length == 8 && std::memcmp(text, "HTTP/", 5) == 0) items.add(kItemVersion, text, 8);
}

void add_method(Items &items, lws *wsi, int method) noexcept {
  static constexpr std::string_view names[] = {"GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "CONNECT", "HEAD"};
  if (method >= 0 && method < 8) return items.add(kItemMethod, names[method].data(), names[method].size());
  char text[24];
  const int length = api().lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_COLON_METHOD);
  if (is_upper_case(text, length)) items.add(kItemMethod, text, static_cast<size_t>(length));
}

// lws tells FILTER_HTTP_CONNECTION of the path as it has it, which spares a walk over all methods for most requests.
bool is_get(lws *wsi, UrlPath told) noexcept {
  return told.begin != nullptr && told.length > 0 && api().lws_hdr_total_length != nullptr &&
         api().lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == static_cast<int>(told.length);
}

bool brings_body(int method) noexcept { return method == 1 || method == 3 || method == 4; }  // POST, PUT, PATCH

void add_path(Event &event, Items &items, UrlPath path) noexcept {
  if (path.length > kMaxPathBytes) {
    path.length = kMaxPathBytes;
    event.flags |= kPathCut;
  }
  items.add(kItemPath, path.begin, path.length);
}

void add_path(Event &event, Items &items, const char *target, size_t length) noexcept {
  add_path(event, items, path_of_target(target, length));
}

void add_location(Event &event, Items &items, const void *in) noexcept {
  const auto *location = static_cast<const char *>(in);
  if (location == nullptr) return;
  const UrlPath path = path_of_reference(location, strnlen(location, kMaxUriBytes));
  if (path.length > 0) add_path(event, items, path);
}

void add_text(Items &items, const char *text, size_t length, size_t room) noexcept {
  char told[kMaxMessageBytes];
  items.add(kItemText, told, redact_text(text, length, told, room));
}

// Websocket over h2 has no request line that lws_http_get_uri_and_method() knows, but the pseudo headers.
void add_stream_upgrade(Event &event, Items &items, lws *wsi) noexcept {
  add_parent(items, wsi);
  char path[kMaxUriBytes];
  const int length = api().lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_HTTP_COLON_PATH);
  if (length <= 0 || path[0] != '/') return;
  add_path(event, items, path, static_cast<size_t>(length));
  add_method(items, wsi, -1);
  items.add(kItemVersion, "HTTP/2", 6);
}

void add_status(Event &event, lws *wsi) noexcept {
  if (api().lws_http_client_http_response != nullptr)
    event.value = static_cast<int32_t>(api().lws_http_client_http_response(wsi));
}

// Likewise of what is no socket.
void add_whether_gone(Event &event, lws *wsi) noexcept {
  const int fd = api().lws_get_socket_fd(wsi);
  if (fd < 0 || (api().lws_get_ssl != nullptr && api().lws_get_ssl(wsi) != nullptr)) return;
  const ErrnoGuard guard;
  if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) event.flags |= kDescriptorGone;
}

void add_message(Items &items, const void *in, size_t length) noexcept {
  if (in == nullptr) return;
  const auto *text = static_cast<const char *>(in);
  length = strnlen(text, length == 0 || length > kMaxSeenBytes ? kMaxSeenBytes : length);
  add_text(items, text, length, kMaxMessageBytes);
}

void add_failure(Event &event, Items &items, lws *wsi, const void *in, size_t length) noexcept {
  add_message(items, in, length);
  add_attempt(items);
  add_tcp(items, wsi);
  event.value = first_answer(api().lws_get_socket_fd(wsi));
}

int close_code(const void *in, size_t length) noexcept {
  if (in == nullptr || length < 2) return 0;
  const auto *bytes = static_cast<const uint8_t *>(in);
  return bytes[0] << 8 | bytes[1];
}

// What lws's own tag of WSI says, as flags of WSI_DESTROY; none where there is no tag.
uint8_t class_in_tag(lws *wsi) noexcept {
  const char *tag = api().lws_wsi_tag != nullptr ? api().lws_wsi_tag(wsi) : nullptr;
  if (tag == nullptr) return 0;
  if (*tag == '[') ++tag;
  // Other tags hold paths: only one that begins with the group of plain wsi is looked through.
  const bool plain = tag[0] == 'w' && tag[1] == 's' && tag[2] == 'i' && tag[3] == '|';
  return plain && std::strstr(tag, "|listen|") != nullptr ? kTagSaysListener : kTagSaysOther;
}

constexpr int kContextDestroyReason = 9999;  // lws's private reason in lws_context_destroy, 4.1.6 to 5.0

}  // namespace

// Where about its time is up, how long ago it was set; else 0.
uint32_t time_since_timeout(const PendingTimeout &pending) noexcept {
  constexpr uint32_t kTimerGrainMs = 10;  // lws may be early by as much
  const int seconds = pending_timeout_seconds(pending.value);
  if (seconds <= 0 || pending.set_ms == 0) return 0;
  const uint32_t since_ms = static_cast<uint32_t>(coarse_ms()) - pending.set_ms;
  return since_ms <= INT32_MAX && since_ms + kTimerGrainMs >= static_cast<uint32_t>(seconds) * 1000 ? since_ms : 0;
}

uint32_t add_end(Event &event, lws *wsi) noexcept {
  std::atomic<uint64_t> &known = known_listener(wsi);
  if (known.load(std::memory_order_relaxed) == reinterpret_cast<uintptr_t>(wsi))
    known.store(0, std::memory_order_relaxed);
  forget_tls(wsi);
  forget_answer(wsi);
  event.flags |= class_in_tag(wsi);
  const PendingTimeout pending = take_timeout(wsi);
  event.value = pending.value;
  if (pending.is_of_program) event.flags |= kTimeoutOfProgram;
  if (pending.kills_at_once) event.flags |= kKilledAtOnce;
  return time_since_timeout(pending);
}

bool closes_listeners(int reason, const char *caller) noexcept {
  if (reason == kContextDestroyReason) return true;
  return caller != nullptr && (std::strstr(caller, "deprecate") != nullptr || std::strncmp(caller, "listen", 6) == 0);
}

// lws closes the socket after the callbacks that tell of its end, in every checked version.
void add_tcp(Items &items, lws *wsi) noexcept {
  const ErrnoGuard guard;
  add_tcp_of(items, api().lws_get_socket_fd(wsi));
}

void add_whether_it_listens(Event &event, lws *wsi) noexcept {
  const ErrnoGuard guard;
  event.flags |= kListenAsked;
  if (listens(api().lws_get_socket_fd(wsi))) event.flags |= kAcceptConn;
}

void add_completion(Event &event, lws *wsi) noexcept {
  const int fd = api().lws_get_socket_fd(wsi);
  event.value = read_mark(fd);
  if (!is_worth_asking(fd)) return;
  const ErrnoGuard guard;
  int waiting = 0;
  if (ioctl(fd, FIONREAD, &waiting) != 0) return;
  const bool early = pending_tls_bytes(wsi) > 0 || (waiting > 0 && came_before_response(fd));
  if (early) event.flags |= kSocketFilled;
  if (early || waiting == 0) event.flags |= kSocketAsked;
}

void add_request_line(Event &event, Items &items, lws *wsi, UrlPath told) noexcept {
  const lws *carrier = api().lws_get_network_wsi(wsi);
  const bool stream = carrier != wsi;
  if (stream && carrier != nullptr) add_pointer(items, kItemParent, carrier);
  if (event.kind != k_HTTP) event.value = read_mark(api().lws_get_socket_fd(wsi));
  char *path = nullptr;
  int length = 0;
  int method = kGet;
  if (is_get(wsi, told)) add_path(event, items, told.begin, told.length);
  else {
    method = api().lws_http_get_uri_and_method(wsi, &path, &length);
    if (method < 0 || path == nullptr || length < 0) return;
    add_path(event, items, path, static_cast<size_t>(length));
  }
  add_method(items, wsi, method);
  if (stream) items.add(kItemVersion, "HTTP/2", 6);
  else add_version(items, wsi);
  if (event.kind != k_FILTER_HTTP_CONNECTION) return;
  if (method == kHead) note_bodiless(wsi);
  else if (brings_body(method) && !stream) [[unlikely]] event.flags |= flags_of_body(wsi);
}

void add_target(Event &event, Items &items, const lws_client_connect_info &info) noexcept {
  if (const char *nowhere = members_to_nowhere(info); *nowhere != '\0') [[unlikely]]
    return items.add(kItemNowhere, nowhere, std::strlen(nowhere));  // and nothing else of it is looked at
  if (info.address != nullptr) add_text(items, info.address, strnlen(info.address, kMaxSeenBytes), kMaxAddressBytes);
  if (info.path != nullptr) add_path(event, items, info.path, strnlen(info.path, kMaxUriBytes));
  const char *method = info.method != nullptr ? info.method : "GET";  // without one lws upgrades to websocket
  const size_t length = strnlen(method, kMaxMethodBytes);
  if (is_name(method, length)) items.add(kItemMethod, method, length);
  if (info.method == nullptr) event.flags |= kNoMethod;
  add_protocol(event, items, info);
  if (const uint32_t asked = oddities_of(info); asked != 0) [[unlikely]]
    items.add(kItemAsked, &asked, sizeof asked);
}

bool is_stream(lws *wsi) noexcept { return api().lws_get_network_wsi(wsi) != wsi; }

void add_facts(Event &event, Items &items, lws *wsi, const void *in, size_t length) noexcept {
  switch (static_cast<int>(event.kind)) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION: return add_listener(event, items, wsi, in);
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
    case LWS_CALLBACK_RAW_ADOPT: add_elder(items, wsi); return add_socket(event, items, wsi);
    case LWS_CALLBACK_WSI_CREATE:
    case LWS_CALLBACK_RAW_PROXY_SRV_ADOPT:
    case LWS_CALLBACK_RAW_PROXY_CLI_ADOPT:
    case LWS_CALLBACK_RAW_CONNECTED:
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH: return add_socket(event, items, wsi);
    case LWS_CALLBACK_RAW_ADOPT_FILE:
    case LWS_CALLBACK_CHILD_CLOSING: return add_elder(items, wsi);
    case LWS_CALLBACK_MQTT_CLIENT_ESTABLISHED: return add_parent(items, wsi);
    case LWS_CALLBACK_FILTER_HTTP_CONNECTION:
      return add_request_line(event, items, wsi, {static_cast<const char *>(in), length});
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    case LWS_CALLBACK_HTTP: return add_request_line(event, items, wsi);
    case LWS_CALLBACK_HTTP_BIND_PROTOCOL: return add_parent(items, wsi);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return add_stream_upgrade(event, items, wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: return add_failure(event, items, wsi, in, length);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: event.value = close_code(in, length); return;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      if (is_stream(wsi)) return add_parent(items, wsi);
      return add_socket(event, items, wsi);
    case LWS_CALLBACK_CLIENT_HTTP_REDIRECT: add_location(event, items, in); return add_status(event, wsi);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: return add_status(event, wsi);
    case LWS_CALLBACK_RAW_CLOSE_FILE: return add_whether_gone(event, wsi);
    default:
      if (!has_role<role::kTcp>(event.kind)) return;
      add_tcp(items, wsi);
      if (items.slots() == 0) add_whether_gone(event, wsi);  // else it is a socket still
  }
}

}  // namespace wsitrace
