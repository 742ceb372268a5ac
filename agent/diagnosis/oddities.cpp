// SPDX-License-Identifier: MIT
//
// What is odd about a request that this program made: the head that it wrote, the connect info that it filled in.
#include <fmt/format.h>

#include "agent/diagnosis/outbound_rules.h"
#include "agent/text/callbacks.h"
#include "agent/text/printable.h"

namespace wsitrace {
namespace {

bool may_come_of_request(Cause cause) {
  return cause == Cause::kNeverAnswered || cause == Cause::kAnswerIncomplete || cause == Cause::kErrorStatus ||
         cause == Cause::kAnswerRefused || cause == Cause::kServerLeftBeforeAnswer;
}

// The server found something, or did not.
bool is_about_place(const Case &of) {
  const Transaction *last = of.last();
  const int status = last != nullptr ? last->status.value_or(0) : 0;
  return status == 400 || status == 403 || status == 404 || status == 405 || status == 421;
}

// "*" is one, of OPTIONS.
bool lacks_slash(const std::string &path) {
  return !path.empty() && path.front() != '/' && path.front() != '*' && path.find("://") == std::string::npos;
}

std::string appended_text(const Case &of) {
  return fmt::format("What {} of protocol {} added to the head of {}", callback_name(k_CLIENT_APPEND_HANDSHAKE_HEADER),
                     quoted(of.last()->protocol), request_text(of.last()));
}

}  // namespace

void tell_of_oddities(Symptom &symptom, const Case &of) {
  if (!may_come_of_request(symptom.cause) || of.last() == nullptr) return;
  const uint32_t asked = of.connection.wanted.odd;
  if ((of.clues.odd_head & kHeadEndsEarly) != 0) {
    symptom.why.push_back(
        appended_text(of) +
        " contains an empty line: the head ends there, and the server does not read what follows as headers.");
    symptom.advice = "end each header with one CR LF (\"\\r\\n\"): lws adds the empty line after the last";
  } else if ((of.clues.odd_head & kHeadLineOpen) != 0) {
    symptom.why.push_back(appended_text(of) +
                          " does not end with CR LF: the empty line that ends a head is missing, and the server waits "
                          "for the rest of it.");
    symptom.advice =
        "end each header that this callback adds with CR LF (\"\\r\\n\"), or let lws_add_http_header_by_name() do it";
  } else if ((asked & kAskedPathOfUrl) != 0 && is_about_place(of)) {
    symptom.why.push_back(
        fmt::format("`path` of the connect info is a URL, and lws requested all of it as the path; {} is only its end.",
                    printable(of.last()->path)));
    symptom.advice =
        "set `path` to what follows the host in that URL, starting with the slash; the host belongs in `address` and "
        "`host`";
  } else if (is_about_place(of) && of.connection.transactions.size() == 1 && lacks_slash(of.last()->path)) {
    symptom.why.push_back(
        fmt::format("`path` of the connect info does not begin with a slash: the request line asks for '{}', which is "
                    "no path for an HTTP server.",
                    printable(of.last()->path)));
    symptom.advice = fmt::format("set `path` of the connect info to \"/{}\"", printable(of.last()->path));
  } else if ((asked & kAskedWithoutHost) != 0 &&
             (is_about_place(of) || symptom.cause == Cause::kServerLeftBeforeAnswer)) {
    symptom.why.emplace_back("`host` of the connect info is NULL, so the Host header of the request names nothing.");
    symptom.advice = "set `host` of the connect info to the server's name, with its port where that is not 80 or 443";
  }
}

}  // namespace wsitrace
