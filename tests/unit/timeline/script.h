// SPDX-License-Identifier: MIT
//
// A small language for event logs, in the words of libwebsockets: what a trace of one connection looks like, on one line.
//
//    "ACCEPT FH('/a') st=200 FFC BIND txnc=0 close('server socket svc fail') DROP('__lws_close_free_wsi') CLOSED_HTTP DEST"
//
// A word is  [wsi:]NAME[[protocol[@vhost]]][('text')][=value][#mark]
//   wsi       A, B, C, ...; A when left out. L is the listener.
//   NAME      short for the kind; see script.cpp. Names in lower case are what only a preload records, and `refused`.
//   protocol  "p0" (protocols[0] of vhost "default") when left out. One that ends in 0 is the first of its vhost.
//   text      cause, caller, message; for a request "/path", for a refusal the name of the callback
//   value     fd, status, code, result; 1 makes a request a HEAD
//   mark      reads so far, of a request and of txnc; of a close 1 for a socket that listens, 2 for one that was asked and does not. txnc('empty') and txnc('filled') asked the kernel what waits
// said('REASON')=N#M is what lws logged: N of enum Said, M its number; said_of names its wsi, too.
// Further texts: TLS('version/cipher/alpn/sni') resumed when its value is 1, HANDSHAKE('failure')=fd, connect('host/path')=port,
// written('page')=MS_AGO by lws_return_http_status, written('short') and not all of it,
// part('SENT/PROMISED')=MS_AGO of a response that is not whole, lasted('HTTP')=MS of a callback that has just returned,
// st('/path')=301 of a redirect that lws answers itself, DEST('reason/seconds') of a pending timeout, DEST('tag listen') and
// DEST('tag other') for what lws's own tag says. VHOST=-1 has no port.
// ACCEPT is "L:FNET=fd CREATE NEW=fd" with addresses, ACCEPT_TLS the same with TLS. h2 words take "<B" for "carried by B".
// CCE('message')=FIRST_ANSWER#ERRNO of connect(), failed('call')=MICROSECONDS#EAI of getaddrinfo().
// "+5ms" lets time pass; otherwise each event comes kStepNs after the one before.
#ifndef WSITRACE_TESTS_UNIT_TIMELINE_SCRIPT_H
#define WSITRACE_TESTS_UNIT_TIMELINE_SCRIPT_H

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wsitrace/log.h"

namespace wsitrace::test {

enum class Form { kPreload, kPlugin };  // with and without the kinds that only a preload records

class Script {
 public:
  static constexpr uint64_t kStartNs = 1'000'000'000;
  static constexpr uint64_t kStepNs = 1'000;

  Script(LogSink &sink, Form form);

  Script &play(std::string_view words);
  Script &thread(uint8_t ordinal);
  // A word without a step of time.
  void end(const std::string &kind);

  static uint64_t pointer(char wsi) { return 0x550000000000u + static_cast<uint64_t>(wsi) * 0x240; }
  [[nodiscard]] uint64_t now_ns() const { return now_ns_; }

 private:
  struct Word;
  Word parse(std::string_view text) const;
  void say(const Word &word);
  void accept(const Word &word);
  uint16_t id(const std::string &text);
  void send(Event event, const std::vector<std::byte> &items);

  LogSink &sink_;
  Form form_;
  std::map<std::string, uint16_t> ids_;
  uint64_t now_ns_ = kStartNs;
  uint8_t thread_ = 0;
  int next_fd_ = 7;
};

// The items of a request, a peer, a parent, ... for tests that build events by hand.
void add_item(std::vector<std::byte> &items, ItemTag tag, std::string_view bytes);
std::string inet_address(uint32_t host, uint16_t port);

}  // namespace wsitrace::test

#endif
