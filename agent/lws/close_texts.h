// SPDX-License-Identifier: MIT
//
// The text that lws itself writes behind the code of a close frame, when it refuses a frame of the peer: it names the rule that was broken.
//
// Source: the calls of lws_close_reason() in lib/roles/ws of libwebsockets 4.1.6 to 5.0.
#ifndef WSITRACE_LWS_CLOSE_TEXTS_H
#define WSITRACE_LWS_CLOSE_TEXTS_H

#include <string_view>

namespace wsitrace {

struct CloseText {
  std::string_view text;  // a literal
  const char *wrong;      // completes "lws closed it: ..."
  const char *advice;
};

inline constexpr CloseText kCloseTexts[] = {
    {"bad cont",
     "the peer sent the parts of its websocket messages out of order: a new message before the last part of the one "
     "before, or a continuation of none",
     "fix the peer: the first part of a message is a text or binary frame, its further parts are continuation frames "
     "(opcode 0), only the last part has FIN set (RFC 6455 5.4), and no other message may come between; where several "
     "threads of the peer write, let one finish its message before the next begins"},
    {"bad fin", "the peer began a websocket message before the last part of the one before",
     "fix the peer: the last part of a message has FIN set (RFC 6455 5.4)"},
    {"frag ctl", "the peer sent a websocket control frame (close, ping or pong) in parts",
     "fix the peer: control frames are whole, with FIN set (RFC 6455 5.5)"},
    {"bad opc", "the peer sent a websocket frame of an unknown kind", "fix the peer: RFC 6455 5.2"},
    {"rsv bits", "the peer sent a websocket frame with reserved bits set",
     "fix the peer: RFC 6455 5.2; it may compress without having agreed on it"},
    {"srv mask", "the server masked a websocket frame", "mend the server: RFC 6455 5.1"},
    {"partial utf8", "the peer sent a websocket text message that is not UTF-8: it ends within a character",
     "send what is not UTF-8 as a binary message; lws checks text (LWS_SERVER_OPTION_VALIDATE_UTF8)"},
};

constexpr const CloseText *close_text_of(std::string_view text) {
  for (const CloseText &one : kCloseTexts)
    if (one.text == text) return &one;
  return nullptr;
}

}  // namespace wsitrace

#endif
