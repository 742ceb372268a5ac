// SPDX-License-Identifier: MIT
#include "agent/diagnosis/premises.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <system_error>

#include "agent/diagnosis/not_made.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"
#include "agent/timeline/items.h"

namespace wsitrace {
namespace {

constexpr Ns kMs = 1'000'000;
constexpr uint64_t kNearlyFull = 3;  // lws keeps an event pipe in its table, and the last place free

std::string error_text(int error) {
  return error == 0 ? "" : fmt::format(" ({})", std::generic_category().message(error));
}

Ns lasted_ns_of(const Event &call) { return (static_cast<Ns>(std::max(call.value, 0)) + 1) * 1'000; }

Diagnosis titled(Cause cause, uint64_t count, std::string headline) {
  Diagnosis out = diagnosis_of(cause, count, {});
  out.headline = std::move(headline);
  return out;
}

}  // namespace

void Premises::surroundings(const Event &event, std::span<const std::byte> items, const Timeline &timeline) {
  house_.surroundings(event, items, timeline);
  switch (event.kind) {
    case k_context_begins: creating_.try_emplace(event.thread, event.time_ns); break;
    case k_context_created: {
      creating_.erase(event.thread);
      has_context_ = true;
      const auto facts = item_of<ContextFacts>(items, kItemContext).value_or(ContextFacts{});
      header_pool_ = facts.header_pool;
      table_size_ = facts.table_size;
      options_ = item_of<ContextOptions>(items, kItemOptions);
      context_made_ns_ = event.time_ns;
      break;
    }
    case k_vhost_created:
      ++vhosts_made_;
      was_to_listen_ = was_to_listen_ || event.value >= 0;
      if (event.value > 0 && vhosts_.size() < kKeptVhosts)
        vhosts_.emplace_back(timeline.text(event.vhost), static_cast<int>(event.value));
      break;
    case k_vhost_destroyed:
      std::erase_if(vhosts_, [&](const auto &one) { return one.first == timeline.text(event.vhost); });
      vhosts_gone_[std::string(timeline.text(event.vhost != kNoString ? event.vhost : event.text))] = event.time_ns;
      break;
    case k_clients_waiting: {
      const auto facts = item_of<AcceptFacts>(items, kItemAccept).value_or(AcceptFacts{});
      Queue &queue = queues_[event.value];
      if (facts.waiting <= queue.waiting) break;
      queue = {facts.waiting, event.time_ns, 0, facts.limit, 0};
      timeline.for_each_context([&](const ContextLife &) { ++queue.contexts; });
      timeline.for_each_open([&](const Connection &one) {
        queue.in_table += one.origin != Origin::kStream && one.cls != ConnectionClass::kInternal;
      });
      break;
    }
    case k_served_late:
      timeline.for_each_context([contexts = uint64_t{0}, this](const ContextLife &) mutable {
        contexts_at_once_ = std::max(contexts_at_once_, ++contexts);
      });
      if (late_.times++ == 0) late_.first_ns = event.time_ns;
      late_.last_ns = event.time_ns;
      late_.longest_ns = std::max(late_.longest_ns, static_cast<Ns>(std::max(event.value, 0)) * kMs);
      late_.pause_ns = std::max(late_.pause_ns, Ns{item_of<uint32_t>(items, kItemLasted).value_or(0)} * kMs);
      break;
    case k_call_failed: note_failed_call(event, timeline); break;
    case k_dead_wsi_used: event.value != 0 ? note_stand_in(event, timeline) : note_use(event, timeline); break;
    case k_timer_cancelled: timers_.cancelled(event); break;
    case k_dead_context_used:
      connect_calls_.used_dead_context(event, timeline.text(event.text),
                                       options_ && event_library_in(options_).empty());
      break;
    case k_connect_requested:
      connect_calls_.pointed_nowhere(event, items);
      if ((item_of<uint32_t>(items, kItemAsked).value_or(0) & kAskedBrackets) != 0) in_brackets_ns_ = event.time_ns;
      break;
    case k_service_misused:
      if ((event.value & 0xff) == kNoSuchThread) missing_threads_.try_emplace(event.value, event.time_ns);
      else misused_.try_emplace(event.value, event.time_ns);
      break;
    case k_callback_objected:
      if (objections_.size() < kKeptVhosts)
        objections_.try_emplace({event.value, std::string(timeline.text(event.protocol))}, event.time_ns);
      break;
    default: break;
  }
}

void Premises::said(const Event &event, const Timeline &timeline) {
  if (said_of(event.value) == Said::kContextNotMade) {
    creating_.erase(event.thread);
    has_context_ = false;
  }
  if (said_of(event.value) == Said::kHeadersTooLarge) no_header_room_ns_ = event.time_ns;
  const bool is_of_connection = row_of(said_of(event.value)).wrong != nullptr;
  if (is_of_connection && said_of(event.value) != Said::kPasswordsMissing) return;
  lines_.try_emplace(said_of(event.value), SaidLine{printable(timeline.text(event.text)), number_of(event.value),
                                                    static_cast<int>(event.flags), event.time_ns});
}

void Premises::note_failed_call(const Event &event, const Timeline &timeline) {
  if (began_within(event) || timeline.contexts_gone()) return;
  const std::string_view call = timeline.text(event.text);
  if (call == "lws_client_connect_via_info") return empty_connects_.came_empty(event.time_ns, why_empty(event));
  if (call != "lws_adopt_descriptor_vhost") return;
  if (turned_away_.times++ == 0) turned_away_.first_ns = event.time_ns;
  turned_away_.last_ns = event.time_ns;
}

// The call had made a wsi, which has ended by itself.
bool Premises::began_within(const Event &call) const { return last_opened_ns_ + lasted_ns_of(call) >= call.time_ns; }

EmptyFor Premises::why_empty(const Event &call) const {
  const Ns lasted_ns = lasted_ns_of(call) + 1'000;
  if (in_brackets_ns_ + lasted_ns >= call.time_ns) return EmptyFor::kBrackets;
  return no_header_room_ns_ + lasted_ns >= call.time_ns ? EmptyFor::kTooLong : EmptyFor::kUnknown;
}

void Premises::note_outbound(uint64_t id) {
  if (header_pool_ != 0 && outbound_open_ >= header_pool_ && found_no_table_.size() < kKeptDead)
    found_no_table_.insert(id);
  ++outbound_open_;
}

const std::string *Premises::client_ca_missing() const {
  const SaidLine *missing = line(Said::kNoClientCa);
  return missing != nullptr ? &missing->text : nullptr;
}

void Premises::closed(const Connection &connection) {
  if (connection.origin == Origin::kOutbound && outbound_open_ > 0) --outbound_open_;
  if (connection.cls != ConnectionClass::kClient) return;
  timers_.closed(connection);
  halves_.closed(connection);
  sharing_.closed(connection);
  if (dead_.size() >= kKeptDead) dead_.clear();
  dead_[connection.pointer] = {connection.id, std::string(connection.last_callback_protocol),
                               connection.closed_ns.value_or(0)};
}

void Premises::note_use(const Event &event, const Timeline &timeline) {
  const std::string call(timeline.text(event.text));
  if (event.wsi == 0 && !null_use_) null_use_ = {call, event.time_ns};
  const auto dead = dead_.find(event.wsi);
  if (dead == dead_.end()) return;
  auto at = std::find_if(uses_.begin(), uses_.end(), [&](const Use &use) { return use.call == call; });
  if (at == uses_.end())
    at = uses_.insert(at, Use{{}, call, dead->second.protocol, 0, event.time_ns, dead->second.closed_ns});
  ++at->times;
  if (std::find(at->ids.begin(), at->ids.end(), dead->second.id) == at->ids.end()) at->ids.push_back(dead->second.id);
}

OptionalNs Premises::vhost_gone_ns(std::string_view vhost) const {
  const auto found = vhosts_gone_.find(vhost);
  return found == vhosts_gone_.end() ? std::nullopt : OptionalNs(found->second);
}

std::string Premises::protocol_not_enabled() const {
  const SaidLine *one = line(Said::kProtocolNotEnabled);
  return one == nullptr ? "" : one->text;
}

const std::string *Premises::passwords_missing() const {
  const SaidLine *one = line(Said::kPasswordsMissing);
  return one == nullptr ? nullptr : &one->text;
}

std::vector<std::string> Premises::vhosts_beside(std::string_view vhost) const {
  const auto here = std::find_if(vhosts_.begin(), vhosts_.end(), [&](const auto &one) { return one.first == vhost; });
  std::vector<std::string> others;
  if (here == vhosts_.end()) return others;
  for (const auto &[name, port] : vhosts_)
    if (port == here->second && name != vhost && std::find(others.begin(), others.end(), name) == others.end())
      others.push_back(name);
  return others;
}

const SaidLine *Premises::line(Said said) const {
  const auto found = lines_.find(said);
  return found == lines_.end() ? nullptr : &found->second;
}

void Premises::add_not_made(std::vector<Diagnosis> &to) const {
  const SaidLine *context = line(Said::kContextNotMade), *vhost = line(Said::kVhostNotMade);
  if (context == nullptr && vhost == nullptr) return;
  if (line(Said::kBindFailed) != nullptr || line(Said::kUnixBindFailed) != nullptr) return;  // listen_failed tells
  const WhyNotMade why = why_not_made([this](Said said) { return line(said); });
  const char *call = context != nullptr ? "lws_create_context()" : "lws_create_vhost()";
  Diagnosis out = titled(Cause::kNotMade, 1, fmt::format("{} failed: {}", call, why.text));
  out.first_ns = (context != nullptr ? context : vhost)->at_ns;
  out.why.push_back(fmt::format("{} returned NULL: nothing listens, and nothing can be served.", call));
  out.advice = why.advice;
  to.push_back(std::move(out));
}

void Premises::add_no_listener(std::vector<Diagnosis> &to) const {
  const SaidLine *path = line(Said::kUnixBindFailed), *interface = line(Said::kNoInterface);
  const bool nothing_made = line(Said::kContextNotMade) != nullptr || line(Said::kVhostNotMade) != nullptr;
  if (const auto why = why_no_socket([this](Said said) { return line(said); }); why) {
    if (nothing_made) return;
    Diagnosis out = titled(Cause::kBindFailed, 1, "this program does not listen: " + why->text);
    for (const Said said : {Said::kSocketOwnerUnknown, Said::kSocketPathTooLong})
      if (const SaidLine *logged = line(said)) out.first_ns = logged->at_ns;
    out.why.emplace_back("lws logged that, and carries on without the listener.");
    out.advice = why->advice;
    to.push_back(std::move(out));
  } else if (path != nullptr) {
    Diagnosis out =
        titled(Cause::kBindFailed, 1,
               fmt::format("this program does not listen on the socket '{}'{}", path->text, error_text(path->error)));
    out.first_ns = path->at_ns;
    out.why.emplace_back("lws logged that bind() failed.");
    out.advice =
        "check the path, and that its folder is there and this program may write to it; remove a socket that an "
        "earlier run has left";
    to.push_back(std::move(out));
  } else if (interface != nullptr) {
    Diagnosis out =
        titled(Cause::kBindFailed, 1,
               fmt::format("this program does not listen: there is no interface or address '{}'", interface->text));
    out.first_ns = interface->at_ns;
    out.why.emplace_back(
        "lws logged that; it carries on without the listener and tries again when an interface comes up.");
    out.advice =
        "check `iface` of the vhost: the name of an interface or an address of this machine, or NULL for all (ip addr)";
    to.push_back(std::move(out));
  }
}

void Premises::add_waiting(std::vector<Diagnosis> &to, const LogFacts &log) const {
  uint64_t waiting = 0, in_table = 0, limit = 0, contexts = 0;
  Ns at_ns = 0;
  for (const auto &[listener, queue] : queues_) {
    waiting += queue.waiting;
    if (queue.at_ns < at_ns) continue;
    at_ns = queue.at_ns;
    in_table = queue.in_table;
    limit = queue.limit;
    contexts = queue.contexts;
  }
  if (waiting == 0) return;
  const uint64_t size = table_size_ != 0 ? table_size_ : limit;
  const std::string clients = count_text(waiting, "client");
  if (size != 0 && in_table + kNearlyFull >= size) {
    Diagnosis out = titled(Cause::kTableFull, waiting,
                           fmt::format("lws let nobody in any more: its own table of {} was full, and {} waited",
                                       count_text(size, "descriptor"), clients));
    out.last_ns = at_ns;
    out.why.push_back(fmt::format(
        "lws held {} then, listeners included; it looks at no listener until one of them ends, and says nothing of it.",
        count_text(in_table, "connection")));
    out.why.push_back(fmt::format("{} {} in the kernel's queue, connected and not accepted.", clients,
                                  waiting == 1 ? "was" : "were"));
    to.push_back(std::move(out));
  } else if (log.loop_turns == 0) {
    Diagnosis out = diagnosis_of(Cause::kClientsWaiting, waiting, {}, clients);
    out.last_ns = at_ns;
    out.why.push_back(fmt::format("{} {} in the kernel's queue, connected and not accepted; no event loop ever ran.",
                                  clients, waiting == 1 ? "was" : "were"));
    if (event_library_in(options_).empty())
      out.why.emplace_back(
          "If the program has a poll() loop of its own: lws tells it about descriptors (LWS_CALLBACK_ADD_POLL_FD) only "
          "if libwebsockets was built with LWS_WITH_EXTERNAL_POLL, and few builds are. lws_service() needs none of "
          "that.");
    to.push_back(std::move(out));
  } else if (contexts > 1) {
    Diagnosis out = titled(
        Cause::kClientsWaiting, waiting,
        fmt::format("{} waited for a listener that was not serviced, while another loop of this program ran", clients));
    out.certainty = Certainty::kLikely;
    out.last_ns = at_ns;
    out.why.push_back(
        fmt::format("{} {} in the kernel's queue, connected and not accepted; there were {} lws contexts.", clients,
                    waiting == 1 ? "was" : "were", contexts));
    out.advice = "call lws_service() for each context, or serve all listeners with one";
    to.push_back(std::move(out));
  }
}

// Of a full table lws logs a line, and another diagnosis tells.
void Premises::add_turned_away(std::vector<Diagnosis> &to) const {
  if (turned_away_.times == 0 || line(Said::kTableFull) != nullptr) return;
  Diagnosis out =
      diagnosis_of(Cause::kTurnedAwayByLws, turned_away_.times, {}, count_text(turned_away_.times, "new connection"));
  out.first_ns = turned_away_.first_ns;
  out.last_ns = turned_away_.last_ns;
  const bool is_said = line(Said::kTooManyOfPeer) != nullptr;
  out.certainty = is_said ? Certainty::kProven : Certainty::kLikely;
  out.why.emplace_back(
      is_said
          ? "lws logged that one address had as many connections as ip_limit_wsi of the context allows."
          : "lws_adopt_descriptor_vhost() returned NULL for each and made no wsi: one address has as many connections "
            "as ip_limit_wsi of the context allows, as a rule, or memory ran out.");
  to.push_back(std::move(out));
}

void Premises::add_late(std::vector<Diagnosis> &to) const {
  if (late_.times == 0) return;
  Diagnosis out = titled(Cause::kServicedLate, late_.times,
                         fmt::format("connections waited for the event loop {}, up to {}", times_text(late_.times),
                                     span_text(late_.longest_ns)));
  out.first_ns = late_.first_ns;
  out.last_ns = late_.last_ns;
  const std::string_view library = event_library_in(options_);
  if (!library.empty()) {
    out.why.push_back(
        fmt::format("The context runs on an event loop of the program (LWS_SERVER_OPTION_{}), which did not come to "
                    "lws's sockets for "
                    "up to {}: what came meanwhile was accepted and read only after that.",
                    library, span_text(late_.pause_ns)));
    out.advice =
        "find what keeps that loop: a callback of the program's own on it (a timer, another socket) that takes so "
        "long, "
        "or work between two turns of it; do such work on another thread, or in small steps";
    to.push_back(std::move(out));
    return;
  }
  out.why.push_back(
      fmt::format("The program did not call lws_service(){} for up to {}: what came meanwhile was accepted and read "
                  "only after that.",
                  contexts_at_once_ > 1 ? " of their context" : "", span_text(late_.pause_ns)));
  if (contexts_at_once_ > 1)
    out.why.push_back(fmt::format(
        "There were {} lws contexts: while lws_service() of one sleeps, its thread serves no other. One context is "
        "enough for all servers and clients of a thread.",
        contexts_at_once_));
  out.advice =
      "call lws_service() again as soon as it returns: it waits by itself while there is nothing to do; do other work "
      "on another thread, or in small steps from a timer (lws_sul_schedule())";
  to.push_back(std::move(out));
}

void Premises::add_misused(std::vector<Diagnosis> &to, const LogFacts &log) const {
  for (const auto &[how, at_ns] : misused_) {
    const bool on_another_thread = how == 1;
    Diagnosis out = diagnosis_of(on_another_thread ? Cause::kServiceTwice : Cause::kServiceNested, 1, {});
    out.first_ns = at_ns;
    out.why.push_back(fmt::format("First at {}: lws_service() of the same context had not returned on {} thread.",
                                  time_text(at_ns, log.started_ns), on_another_thread ? "another" : "the same"));
    to.push_back(std::move(out));
  }
}

std::vector<Diagnosis> Premises::diagnoses(const LogFacts &log, bool accept_failed) const {
  std::vector<Diagnosis> all;
  add_not_made(all);
  add_no_listener(all);
  add_no_vhost(all, log);
  add_no_socket(all, log);
  if (!accept_failed) add_waiting(all, log);
  add_turned_away(all);
  empty_connects_.add(all, [this](Said said) { return line(said); });
  connect_calls_.add(all, log);
  add_late(all);
  add_misused(all, log);
  add_missing_threads(all, log);
  add_objections(all, log);
  add_uses(all, log);
  add_stand_ins(all, log);
  house_.add(all, log);
  return all;
}

}  // namespace wsitrace
