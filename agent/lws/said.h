// SPDX-License-Identifier: MIT
//
// Lines of lws's own log that tell why it did something and that no callback tells. Only these are recorded, as a number, some with the
// name or path of what the application asked for: never the text of a line, in which there may be anything.
//
// Source: format strings of lwsl_err(), lwsl_warn(), lwsl_notice() and lwsl_info() in libwebsockets 4.1.6 to 5.0. lws hands a line to
//         its log whether or not somebody wants to see it; those of lwsl_info() are left out of some builds (CMAKE_BUILD_TYPE=Release).
// Cost:   a line of these levels costs a comparison of first letters with each of these.
#ifndef WSITRACE_LWS_SAID_H
#define WSITRACE_LWS_SAID_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wsitrace {

// X(enumerator, what was wrong: completes "lws closed it: ..."; nullptr: it is about no single connection, what to do)
// clang-format off
#define WSITRACE_LWS_SAID(X) \
  X(kNothing, nullptr, "") \
  X(kTooManyStreams, \
    "the peer opened more HTTP/2 streams at a time than SETTINGS_MAX_CONCURRENT_STREAMS of this side allows", \
    "raise the limit (http2_settings[3] of the vhost's lws_context_creation_info, http2_settings[0] = 1), or answer streams sooner") \
  X(kGoawayFromPeer, "the peer said GOAWAY", "") \
  X(kGoaway, "what the peer sent broke a rule of HTTP/2", "see what the peer sends") \
  X(kBadOpcode, "the peer sent a websocket frame of an unknown kind", "fix the peer: RFC 6455 5.2") \
  X(kBadBits, "the peer sent a websocket frame with reserved bits set", "fix the peer: RFC 6455 5.2; it may compress without having agreed on it") \
  X(kNotUtf8, "the peer sent a websocket text message that is not UTF-8", \
    "send what is not UTF-8 as a binary message; lws checks text (LWS_SERVER_OPTION_VALIDATE_UTF8)") \
  X(kControlFrameTooLong, "the peer sent a websocket control frame of more than 125 bytes", "fix the peer: RFC 6455 5.5") \
  X(kLengthOutOfRange, "the peer sent a websocket frame with an impossible length", "fix the peer: RFC 6455 5.2") \
  X(kMaskedByServer, "the server masked a websocket frame", "mend the server: RFC 6455 5.1") \
  X(kHeadersTooLarge, "the headers of the request are larger than max_http_header_data of the context allows", \
    "raise max_http_header_data of the context (4096 bytes, if not set), or send fewer and smaller headers (cookies)") \
  X(kTooManyHeaders, "the request has more headers than lws has room for", "send fewer headers") \
  X(kHeaderOverLimit, "a header of the request is longer than token_limits of the vhost allows", "raise that limit, or send a shorter one") \
  X(kNoPath, "the request names no path", "see what the client sends") \
  X(kMethodTwice, "the request names its method twice", "see what the client sends") \
  X(kUnknownSubprotocol, "the vhost has none of the websocket subprotocols that the client offers", \
    "compare the names that the client offers with the protocols of the vhost") \
  X(kNoSubprotocol, "the client offers no websocket subprotocol, and the vhost has no default one", \
    "let the client name a protocol of the vhost, or give the vhost a default one (pvo \"default\", ws_default)") \
  X(kRequestTooLong, "the request that this program makes is longer than pt_serv_buf_size of the context", "raise pt_serv_buf_size") \
  X(kTimedOut, "a timeout ran out", "") \
  X(kSilent, "neither a pong nor data came in time", "") \
  X(kTooManyOfPeer, nullptr, "") \
  X(kTableFull, nullptr, "") \
  X(kBindFailed, nullptr, "") \
  X(kNoInterface, nullptr, "") \
  X(kNoCertificate, nullptr, "") \
  X(kNoKey, nullptr, "") \
  X(kUnixBindFailed, nullptr, "") \
  X(kDescriptorTooHigh, nullptr, "") \
  X(kContextNotMade, nullptr, "") \
  X(kVhostNotMade, nullptr, "") \
  X(kMountProtocolUnknown, "the mount of that path names a protocol that the vhost does not have", \
    "compare `origin` of the lws_http_mount with the names of the vhost's protocols") \
  X(kMountProxyFailed, "the mount of that path passes requests on to a server that could not be connected to", \
    "check `origin` of the lws_http_mount (host:port/path), and that the server there runs") \
  X(kPasswordsMissing, "the mount's file of passwords could not be opened", \
    "check basic_auth_login_file of the lws_http_mount, and that this program may read it") \
  X(kWebsocketVersion, "the client asks for a version of websocket that lws does not speak", \
    "let the client send Sec-WebSocket-Version: 13 (RFC 6455)") \
  X(kNoHeaderTable, "no header table was free for one more HTTP/2 stream", \
    "raise max_http_header_pool of the context, or leave it at 0 to have one for each descriptor: every HTTP/2 stream needs one, and a browser opens many at a time") \
  X(kNotInflated, "what the peer sent compressed (permessage-deflate) cannot be unpacked", \
    "see how the peer compresses; to do without, leave `extensions` of the vhost at NULL: lws then agrees to no compression") \
  X(kNoMemoryForTables, nullptr, "") \
  X(kUserUnknown, nullptr, "") \
  X(kGroupUnknown, nullptr, "") \
  X(kUserIdUnknown, nullptr, "") \
  X(kGroupIdUnknown, nullptr, "") \
  X(kUserNotChanged, nullptr, "") \
  X(kEventLoopMissing, nullptr, "") \
  X(kCertificateUnreadable, nullptr, "") \
  X(kKeyUnreadable, nullptr, "") \
  X(kKeyOfAnother, nullptr, "") \
  X(kProtocolNotEnabled, nullptr, "") \
  X(kNoForm, "the body is no form that lws_spa_process() can take apart", \
    "call lws_spa_process() only for bodies of type application/x-www-form-urlencoded or multipart/form-data, and take others as they come in LWS_CALLBACK_HTTP_BODY (curl sends any body as the first of these, unless -F or -H 'Content-Type: ...' says otherwise)") \
  X(kNoVhost, nullptr, "") \
  X(kNoRole, nullptr, "") \
  X(kNoTls, nullptr, "") \
  X(kProxyWithoutPort, nullptr, "") \
  X(kProtocolNotStarted, nullptr, "") \
  X(kLeftOut, nullptr, "") /* of our own: lines that were not recorded, see LineBudget */ \
  X(kBadChunks, "the body of the answer breaks the rules of chunked encoding", \
    "see what the server sends (curl -i --raw): with Transfer-Encoding: chunked, each part has its length in hexadecimal digits before it and CR LF after it (RFC 9112 7.1); lws takes no chunk extensions ('5;name=value')") \
  X(kSocksRefused, "the SOCKS5 proxy refused", "") \
  X(kNoConnectionUpgrade, "the request has Upgrade: websocket, and no Connection: Upgrade, which belongs to it", \
    "see which headers come in: a proxy on the way passes on the one and not the other (nginx: proxy_set_header Connection \"upgrade\")") \
  X(kUdpBindFailed, nullptr, "") \
  X(kNoClientCa, nullptr, "") \
  X(kSocketOwnerUnknown, nullptr, "") \
  X(kSocketPathTooLong, nullptr, "")
// clang-format on

enum class Said : uint8_t {
#define WSITRACE_SAID(enumerator, wrong, advice) enumerator,
  WSITRACE_LWS_SAID(WSITRACE_SAID)
#undef WSITRACE_SAID
};

struct SaidRow {
  const char *wrong;
  const char *advice;
};
inline constexpr SaidRow kSaidRows[] = {
#define WSITRACE_SAID(enumerator, wrong, advice) {wrong, advice},
    WSITRACE_LWS_SAID(WSITRACE_SAID)
#undef WSITRACE_SAID
};
inline constexpr size_t kSaids = sizeof kSaidRows / sizeof kSaidRows[0];
constexpr const SaidRow &row_of(Said said) { return kSaidRows[static_cast<size_t>(said)]; }

struct KnownLine {
  const char *begins;  // its format
  Said said;
  const char *
      arguments;  // one letter for each, as far as they matter: p and i are skipped (pointer, int), w the wsi, n the number,
  // e an errno, t a literal that says more, s a text that does: a name or a path that the application gave
};
inline constexpr KnownLine kKnownLines[] = {
    {"reached concurrent stream limit", Said::kTooManyStreams, ""},
    {"GOAWAY: last sid %u, error 0x%08X", Said::kGoawayFromPeer, "in"},     // 4.1, 4.3
    {"RX GOAWAY: last sid %u, error 0x%08X", Said::kGoawayFromPeer, "in"},  // later
    {"%s: %p: ERR 0x%x, '%s'", Said::kGoaway, "pwnt"},                      // 4.1
    {"%s: %s: ERR 0x%x, '%s'", Said::kGoaway, "ppnt"},                      // later
    {"illegal opcode", Said::kBadOpcode, ""},
    {"illegal rsv bits set", Said::kBadBits, ""},
    {"utf8 error", Said::kNotUtf8, ""},
    {"FINAL utf8 error", Said::kNotUtf8, ""},
    {"Control frame with xtended length", Said::kControlFrameTooLong, ""},
    {"Control frame asking for extended length", Said::kControlFrameTooLong, ""},
    {"b63 of length must be zero", Said::kLengthOutOfRange, ""},
    {"Server must not mask", Said::kMaskedByServer, ""},
    {"Ran out of header data space", Said::kHeadersTooLarge, ""},
    {"More hdr frags than we can deal with", Said::kTooManyHeaders, ""},
    {"header %li exceeds limit %ld", Said::kHeaderOverLimit, ""},
    {"Missing URI in HTTP request", Said::kNoPath, ""},
    {"multiple methods?", Said::kMethodTwice, ""},
    {"Duplicated method", Said::kMethodTwice, ""},
    {"No supported protocol \"", Said::kUnknownSubprotocol, ""},
    {"%s: rejecting ws upg with no protocol", Said::kNoSubprotocol, ""},
    {"Client hdrs too long", Said::kRequestTooLong, ""},
    {"wsi %p: TIMEDOUT WAITING on %d", Said::kTimedOut, "wn"},  // 4.1
    {"TIMEDOUT WAITING %d, dhdr", Said::kTimedOut, "n"},        // later
    {"TIMEDOUT WAITING on %d", Said::kTimedOut, "n"},
    {"%s: wsi %p: validity too old", Said::kSilent, "pw"},  // 4.1
    {"validity too old", Said::kSilent, ""},                // later
    {"Peer reached wsi limit %d", Said::kTooManyOfPeer, "n"},
    {"no space for new conn", Said::kTableFull, ""},
    {"Too many fds (%d vs %d)", Said::kTableFull, "in"},
    {"ERROR on binding fd %d to port %d (%d %d)", Said::kBindFailed, "inie"},  // 4.1, 4.3
    {"ERROR on binding fd %d to \"%s\" (%d %d)", Said::kUnixBindFailed, "isie"},
    {"VH %s: iface %s port %d DOESN'T EXIST", Said::kNoInterface, "psn"},  // 4.1
    {"VH %s: iface %s port %d NOT USABLE", Said::kNoInterface, "psn"},
    {"%s: VH %s: iface %s port %d DOESN'T EXIST", Said::kNoInterface, "ppsn"},  // later
    {"%s: VH %s: iface %s port %d NOT USABLE", Said::kNoInterface, "ppsn"},
    {"problem getting cert '%s'", Said::kNoCertificate, "s"},
    {"ssl problem getting key '%s'", Said::kNoKey, "s"},
    {"ssl private key not set", Said::kNoKey, ""},
    {"Unable to find plugin '%s'", Said::kMountProtocolUnknown, ""},
    {"Proxy mount origin", Said::kMountProxyFailed, ""},
    {"proxy connect fail", Said::kMountProxyFailed, ""},
    {"can't open auth file", Said::kPasswordsMissing, "s"},
    {"%s: malformed or absent conn hdr", Said::kNoConnectionUpgrade, ""},
    {"Unknown client spec version", Said::kWebsocketVersion, ""},
    {"%s: bind failed", Said::kUdpBindFailed, ""},
    {"Socket fd %d is too high (%d)", Said::kDescriptorTooHigh, "in"},
    {"ERROR on binding fd %d to port %d (%s)", Said::kBindFailed, "in"},  // later
    {"%s: Failed to get ah", Said::kNoHeaderTable, ""},
    {"%s: zlib error inflate", Said::kNotInflated, ""},  // 4.1
    {"zlib error inflate", Said::kNotInflated, ""},
    {"OOM allocating %d fds", Said::kNoMemoryForTables, ""},
    {"%s: OOM on alloc lws_lookup", Said::kNoMemoryForTables, ""},  // 4.1
    {"OOM on alloc lws_lookup", Said::kNoMemoryForTables, ""},
    {"%s: unknown username %s", Said::kUserUnknown, "ps"},  // 4.1, as the first of each two below
    {"unknown username %s", Said::kUserUnknown, "s"},
    {"%s: unknown groupname '%s'", Said::kGroupUnknown, "ps"},
    {"unknown groupname '%s'", Said::kGroupUnknown, "s"},
    {"%s: getpwuid: unable to find uid %d", Said::kUserIdUnknown, "pn"},
    {"getpwuid: unable to find uid %d", Said::kUserIdUnknown, "n"},
    {"%s: cannot find name for gid %d", Said::kGroupIdUnknown, "pn"},
    {"cannot find name for gid %d", Said::kGroupIdUnknown, "n"},
    {"%s: setuid: %s failed", Said::kUserNotChanged, ""},
    {"setuid: %s failed", Said::kUserNotChanged, ""},
    {"%s: setgid: %s failed", Said::kUserNotChanged, ""},
    {"setgid: %s failed", Said::kUserNotChanged, ""},
    {"%s: failed to load %s", Said::kEventLoopMissing, "ps"},
    {"%s: unable to load evlib plugin %s", Said::kEventLoopMissing, "ps"},
    {"Requested event library support not configured", Said::kEventLoopMissing, ""},
    {"Application wants ", Said::kEventLoopMissing, ""},
    {"%s: couldn't read cert file", Said::kCertificateUnreadable, ""},
    {"%s: Problem loading cert", Said::kCertificateUnreadable, ""},
    {"unable to convert memory privkey", Said::kKeyUnreadable, ""},
    {"unable to use memory privkey", Said::kKeyUnreadable, ""},
    {"Private SSL key doesn't match cert", Said::kKeyOfAnother, ""},
    {"Name too long", Said::kNoForm, ""},
    {"Protocol %s not enabled", Said::kProtocolNotEnabled, "s"},
    {"%s: no vhost\n", Said::kNoVhost, ""},  // 4.1, as the first of each two below
    {"no vhost", Said::kNoVhost, ""},
    {"%s: No vhost in the context", Said::kNoVhost, ""},
    {"No vhost in the context", Said::kNoVhost, ""},
    {"%s: unable to bind to role", Said::kNoRole, ""},
    {"unable to bind to role", Said::kNoRole, ""},
    {"%s: lws not configured for tls", Said::kNoTls, ""},
    {"lws not configured for tls", Said::kNoTls, ""},
    {"%s: protocol %s failed init", Said::kProtocolNotStarted, "ps"},  // 4.1
    {"protocol %s failed init", Said::kProtocolNotStarted, "s"},
    {"%s: chunking failure A", Said::kBadChunks, "p"},  // 4.1 to 5.0; A to F say where
    {"%s: chunking failure B", Said::kBadChunks, "p"},
    {"%s: chunking failure C", Said::kBadChunks, "p"},
    {"%s: chunking failure D", Said::kBadChunks, "p"},
    {"%s: chunking failure F", Said::kBadChunks, "p"},
    {"chunking failure", Said::kBadChunks, ""},
    {"%s: socks reply: v%d, err %d", Said::kSocksRefused, "pin"},  // 4.1
    {"socks reply: v%d, err %d", Said::kSocksRefused, "in"},
    {"Unable to load SSL Client certs file from %s", Said::kNoClientCa, "s"},
    {"http_proxy needs to be ads:port", Said::kProxyWithoutPort, ""},
    {"%s: malformed proxy", Said::kProxyWithoutPort, ""},
    {"malformed proxy", Said::kProxyWithoutPort, ""},
    {"%s: unknown group '%s'", Said::kSocketOwnerUnknown, "ps"},
    {"%s: unknown user '%s'", Said::kSocketOwnerUnknown, "ps"},
    {"\"%s\" too long for UNIX domain socket", Said::kSocketPathTooLong, "s"},
};

// nullptr: not one of them. FORMAT is that of printf, not the line.
constexpr const KnownLine *known_line(std::string_view format) {
  for (const KnownLine &line : kKnownLines)
    if (format.starts_with(line.begins)) return &line;
  return nullptr;
}

// What lws gives GOAWAY as the reason for, where it has a limit of its own.
constexpr Said said_of_goaway(std::string_view reason) {
  return reason == "Another stream not allowed" ? Said::kTooManyStreams : Said::kGoaway;
}

// Of a kind so many lines are recorded at once, and then one for each interval: lws may log in a loop that does not end (a port that it may
// not bind, 4.3.5), and who connects may make it log. Those of connections come once or twice for each, and tell why it ended.
struct LineBudget {
  uint64_t interval_ns;
  uint64_t at_once;
};
constexpr LineBudget budget_of(Said said) {
  const bool is_of_connection = row_of(said).wrong != nullptr;
  return is_of_connection ? LineBudget{1'000'000, 16'384} : LineBudget{1'000'000'000, 256};
}

// `value` of lws_said: which one, and its number (a port, an HTTP/2 error code, a limit; of kLeftOut how many, and `flags` of which kind; 0: none).
inline constexpr unsigned kMaxSaidNumber = 0xffffff;
constexpr int32_t said_value(Said said, unsigned number) {
  return static_cast<int32_t>(static_cast<uint32_t>(said) | (number & kMaxSaidNumber) << 8);
}
constexpr Said said_numbered(uint32_t index) { return index < kSaids ? static_cast<Said>(index) : Said::kNothing; }
constexpr Said said_of(int32_t value) { return said_numbered(static_cast<uint32_t>(value) & 0xff); }
constexpr unsigned number_of(int32_t value) { return static_cast<uint32_t>(value) >> 8; }

}  // namespace wsitrace

#endif
