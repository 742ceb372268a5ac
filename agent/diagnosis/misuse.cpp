// SPDX-License-Identifier: MIT
//
// What a program does to lws itself, and no connection shows: service threads that are not there, wsis that are dead, callbacks that object
// to what lws only tells them.
#include <fmt/format.h>

#include "agent/diagnosis/premises.h"
#include "agent/lws/callbacks.h"
#include "agent/text/callbacks.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

std::string objection_text(int callback, const std::string &protocol) {
  return fmt::format("{} of protocol {} returned non-zero", callback_name(static_cast<uint16_t>(callback)),
                     quoted(protocol));
}

const char *consequence_of(int callback) {
  return callback == k_PROTOCOL_INIT ? "lws gave up setting up the vhost's protocols"
                                     : "lws closed the pipe that wakes its event loop";
}

const char *what_follows_from(int callback) {
  return callback == k_PROTOCOL_INIT
             ? "That says that the protocol cannot be used: the protocols after it are not initialized, and "
               "libwebsockets 4.1 crashes in the next lws_service()."
             : "From then on lws_cancel_service() wakes nobody, nor does a call on another thread, and libwebsockets "
               "4.1 "
               "crashes in lws_context_destroy().";
}

}  // namespace

void Premises::add_missing_threads(std::vector<Diagnosis> &to, const LogFacts &log) const {
  if (missing_threads_.empty()) return;
  const auto &[value, at_ns] = *missing_threads_.begin();
  const int count = thread_count_in(value);
  Diagnosis out = diagnosis_of(Cause::kNoServiceThread, missing_threads_.size(),
                               fmt::format("{}; the context has {}", tsi_in(value),
                                           count == 1 ? "only thread 0" : fmt::format("threads 0 to {}", count - 1)));
  out.first_ns = at_ns;
  out.why.push_back(fmt::format(
      "First at {}. lws_get_count_threads() is {}: lws cuts count_threads of the context to what it was built for "
      "(LWS_MAX_SMP, which is 1 in many distributions), and what lies beyond is not its memory.",
      time_text(at_ns, log.started_ns), count));
  if (missing_threads_.size() > 1)
    out.why.push_back(fmt::format("{} numbers of threads were wrong.", missing_threads_.size()));
  to.push_back(std::move(out));
}

void Premises::add_objections(std::vector<Diagnosis> &to, const LogFacts &log) const {
  for (const auto &[callback, at_ns] : objections_) {
    const auto &[kind, protocol] = callback;
    Diagnosis out = diagnosis_of(Cause::kCallbackObjected, 1,
                                 fmt::format("{}: {}", objection_text(kind, protocol), consequence_of(kind)));
    out.protocol = protocol;
    out.first_ns = at_ns;
    out.why.push_back(fmt::format("First at {}. {}", time_text(at_ns, log.started_ns), what_follows_from(kind)));
    to.push_back(std::move(out));
  }
}

// One whose address is a connection's after all is none.
void Premises::note_stand_in(const Event &event, const Timeline &timeline) {
  bool is_connection = false;
  timeline.for_each_open([&](const Connection &one) { is_connection = is_connection || one.pointer == event.wsi; });
  if (is_connection) return;
  StandIn &use = stand_ins_[{event.value, std::string(timeline.text(event.text))}];
  if (use.times++ == 0) use.first_ns = event.time_ns;
  use.last_ns = event.time_ns;
}

void Premises::add_stand_ins(std::vector<Diagnosis> &to, const LogFacts &log) const {
  for (const auto &[how, use] : stand_ins_) {
    const auto &[callback, call] = how;
    Diagnosis out = diagnosis_of(Cause::kStandIn, use.times, {});
    const std::string name(callback_name(static_cast<uint16_t>(callback)));
    out.headline = fmt::format("this program called {}() with the wsi that lws passes to {}, which is not a connection",
                               call, name);
    out.first_ns = use.first_ns;
    out.last_ns = use.last_ns;
    out.why.push_back(
        fmt::format("That happened {}, first at {}.", times_text(use.times), time_text(use.first_ns, log.started_ns)));
    out.why.push_back(fmt::format(
        "{} is about no connection: what lws passes as its wsi only stands for one during the callback, so that the "
        "context, vhost and protocol can be asked for; some versions pass the same one to LWS_CALLBACK_PROTOCOL_INIT. "
        "What you ask of it does not happen, or crashes the program.",
        name));
    to.push_back(std::move(out));
  }
}

Premises::Blame Premises::blame_for_crash(Ns started_ns) const {
  if (!stand_ins_.empty()) {
    const auto &[how, use] = *stand_ins_.begin();
    return {fmt::format(
                "Before, at {}, {}() had been called with the wsi that lws passes to {}, which is not a connection. "
                "That is the "
                "likely cause.",
                time_text(use.last_ns, started_ns), how.second, callback_name(static_cast<uint16_t>(how.first))),
            row_of(Cause::kStandIn).advice};
  }
  if (!missing_threads_.empty())
    return {fmt::format("Before, lws_service_tsi() had been called for service thread {}, which the context does not "
                        "have: lws then uses memory that is not its own. That is the likely cause.",
                        tsi_in(missing_threads_.begin()->first)),
            row_of(Cause::kNoServiceThread).advice};
  if (!creating_.empty())
    return {"It crashed within lws_create_context().",
            "check what you pass to lws_create_context(): set the lws_context_creation_info to zeros before it is "
            "filled in, "
            "end `protocols` with an entry of zeros, and compile with the header of the libwebsockets that runs"};
  if (const SaidLine *failed = line(Said::kContextNotMade); failed != nullptr && !has_context_)
    return {fmt::format("lws_create_context() had returned NULL at {}: using it as a context crashes.",
                        time_text(failed->at_ns, started_ns)),
            "check the result of lws_create_context() before it is used"};
  if (auto blame = connect_calls_.blame_for_crash(started_ns); !blame.text.empty()) return blame;
  if (!objections_.empty()) {
    const auto &[kind, protocol] = objections_.begin()->first;
    return {fmt::format("Before, {}, and {}. That is the likely cause.", objection_text(kind, protocol),
                        consequence_of(kind)),
            row_of(Cause::kCallbackObjected).advice};
  }
  if (null_use_)
    return {fmt::format("At {}, {}() had been called with NULL for the wsi, and lws does not check for that.",
                        time_text(null_use_->second, started_ns), null_use_->first),
            "check the wsi before you pass it to lws: it is NULL where lws_client_connect_via_info() failed, and where "
            "this program forgot it when its connection ended (LWS_CALLBACK_CLIENT_CLOSED, LWS_CALLBACK_CLOSED)"};
  if (uses_.empty()) return {};
  const Use &use = uses_.front();
  const std::string of_which = use.ids.empty() ? "" : fmt::format(" of connection {}", use.ids.front());
  return {fmt::format("Before, {}() had been called about the wsi{}, {} after its end. That is the likely cause.",
                      use.call, of_which, span_text(use.closed_ns, use.first_ns)),
          row_of(Cause::kDeadWsi).advice};
}

void Premises::add_uses(std::vector<Diagnosis> &to, const LogFacts &log) const {
  for (const Use &use : uses_) {
    const std::string who =
        use.ids.size() == 1 ? fmt::format("connection {}", use.ids.front()) : count_text(use.ids.size(), "connection");
    Diagnosis out = diagnosis_of(Cause::kDeadWsi, use.ids.size(), {}, who);
    out.connections = use.ids;
    out.protocol = use.protocol;
    out.first_ns = use.first_ns;
    out.why.push_back(fmt::format(
        "{}() was called {} about a wsi that lws had destroyed, first at {}: {} after its end.", use.call,
        times_text(use.times), time_text(use.first_ns, log.started_ns), span_text(use.closed_ns, use.first_ns)));
    to.push_back(std::move(out));
  }
}

}  // namespace wsitrace
