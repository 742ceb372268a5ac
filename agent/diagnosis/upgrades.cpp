// SPDX-License-Identifier: MIT
//
// What a client asks for that wants a websocket: names that the vhost does not have, and paths that are those of another protocol.
#include <fmt/format.h>

#include <algorithm>

#include "agent/diagnosis/rules.h"

namespace wsitrace {

void tell_of_protocols(Symptom &symptom, const Case &of) {
  constexpr size_t kShown = 8;
  const std::vector<House::Protocol> &all = of.premises.house().protocols_of(of.connection.vhost);
  if (all.empty()) return;
  std::string names;
  for (size_t i = 0; i < std::min(kShown, all.size()); ++i) names += (i == 0 ? "" : ", ") + quoted(all[i].name);
  if (all.size() > kShown) names += fmt::format(" and {} more", all.size() - kShown);
  symptom.why.push_back(fmt::format(
      "The vhost has {}; lws compares the names letter by letter, and upper and lower case differ.", names));
  symptom.advice =
      "let the client offer one of these names, spelled like that (new WebSocket(url, name)), or give the vhost a "
      "protocol of the name that the client offers";
}

void tell_of_socket_io(Symptom &symptom, const Transaction &request) {
  if (!request.path.starts_with("/socket.io/") && !request.path.starts_with("/engine.io/")) return;
  symptom.why.emplace_back(
      "That is the path of a socket.io client, which is no plain websocket: it asks over HTTP first, and speaks a "
      "protocol of its own (Engine.IO) on the websocket, too. lws has neither.");
  symptom.advice =
      "use the browser's own WebSocket in the page (new WebSocket(url, name)) instead of socket.io, or put a socket.io "
      "server there";
}

}  // namespace wsitrace
