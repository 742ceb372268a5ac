// SPDX-License-Identifier: MIT
//
// What a client asks for that wants a websocket: names that the vhost does not have, and paths that are those of another protocol.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "agent/diagnosis/outbound_rules.h"
#include "agent/diagnosis/rules.h"

namespace wsitrace {
namespace {

std::string names_of(const std::vector<House::Protocol> &all) {
  constexpr size_t kShown = 8;
  if (all.empty()) return "none";
  std::string names;
  for (size_t i = 0; i < std::min(kShown, all.size()); ++i) names += (i == 0 ? "" : ", ") + quoted(all[i].name);
  return all.size() > kShown ? names + fmt::format(" and {} more", all.size() - kShown) : names;
}

}  // namespace

bool tell_of_namesakes(Symptom &symptom, const Case &of) {
  const auto all = of.premises.house().namesakes(of.connection.vhost, std::atoi(port_of(of.connection.local).c_str()));
  if (all.size() < 2) return false;
  std::string others;
  for (size_t i = 1; i < std::min<size_t>(all.size(), 4); ++i) others += (i == 1 ? "" : "; ") + names_of(*all[i]);
  symptom.why.push_back(fmt::format(
      "{} vhosts of that port have the name {}{}: lws serves all clients with the first, whose protocols are {}; those "
      "of the {}: {}.",
      all.size(), quoted(of.connection.vhost),
      of.connection.vhost == "default" ? ", as those do whose vhost_name is not set" : "", names_of(*all[0]),
      all.size() == 2 ? "other" : "others", others));
  symptom.advice =
      "set vhost_name of each vhost to the host name in its clients' URLs, without port: lws takes the vhost by it "
      "where several share a port";
  return true;
}

void tell_of_protocols(Symptom &symptom, const Case &of) {
  if (tell_of_namesakes(symptom, of)) return;
  const std::vector<House::Protocol> &all = of.premises.house().protocols_of(of.connection.vhost);
  if (all.empty()) return;
  const std::string names = names_of(all);
  symptom.why.push_back(fmt::format(
      "The vhost has {}; lws compares the names letter by letter, and upper and lower case differ.", names));
  symptom.advice =
      "let the client offer one of these names, spelled like that (new WebSocket(url, name)), or give the vhost a "
      "protocol of the name that the client offers";
}

// A port speaks TLS, or does not, as the first of its vhosts: lws knows no other when a client comes.
void tell_of_plain_vhosts(Symptom &symptom, const Case &of) {
  const std::vector<std::string> others = of.premises.vhosts_beside(of.connection.vhost);
  if (others.empty()) return;
  std::string names;
  for (const std::string &one : others) names += (names.empty() ? "" : ", ") + quoted(one);
  symptom.why.push_back(
      fmt::format("{} {} on the same port. All clients of a port have to speak TLS where the first of its vhosts does, "
                  "{} here: lws "
                  "reads the name of the host only after that.",
                  names, others.size() == 1 ? "is" : "are", quoted(of.connection.vhost)));
  symptom.advice = fmt::format(
      "if the client means {} without TLS, give that vhost a port of its own; if it means TLS, its URL has to begin "
      "with https:// or wss://",
      others.size() == 1 ? "vhost " + names : std::string("one of these"));
}

// By what the table of the vhost has.
void tell_of_no_protocols(Symptom &symptom, const Case &of, const Timeline &timeline) {
  constexpr std::string_view kOfLws = "http-only";  // what lws calls the one that it gives
  const bool is_of_kind = symptom.cause == Cause::kNotFound ||
                          (symptom.cause == Cause::kUpgradeRefused && !of.clues.has(k_FILTER_PROTOCOL_CONNECTION));
  const House &house = of.premises.house();
  const std::vector<House::Protocol> &all = house.protocols_of(of.connection.vhost);
  if (!is_of_kind || of.connection.origin == Origin::kOutbound || all.size() != 1 || all.front().name != kOfLws ||
      !of.premises.vhosts_beside(of.connection.vhost).empty() || !house.mounts_of(of.connection.vhost).empty() ||
      !is_of_lws(timeline, timeline.callback_of(all.front().name)))
    return;
  symptom.why.push_back(fmt::format(
      "The only protocol of vhost {} is {}, whose callback is lws's own (lws_callback_http_dummy()), and it has no "
      "mount: nothing of this program is asked. lws gives that protocol to a vhost whose `protocols` is NULL.",
      quoted(of.connection.vhost), quoted(all.front().name)));
  symptom.advice =
      "set `protocols` of the lws_context_creation_info (for lws_create_vhost(), too) to this program's own table of "
      "lws_protocols, which ends with an entry of zeros";
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
