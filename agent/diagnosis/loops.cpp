// SPDX-License-Identifier: MIT
#include "agent/diagnosis/loops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "agent/diagnosis/census.h"
#include "agent/diagnosis/outbound_rules.h"
#include "agent/text/callbacks.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"
#include "agent/timeline/items.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

constexpr Ns kLoopMs = 1'000'000;
constexpr int kStoodMs = 1000;  // a program that ends sooner after its loop is only ending

Ns ns_of(int32_t ms) { return static_cast<Ns>(std::max(ms, 0)) * kLoopMs; }

void keep(std::set<uint64_t> &ids, uint64_t id) {
  if (ids.size() < kKeptIds) ids.insert(id);
}

// "localhost:80", and neither "10.1.2.3:80", "::1:80" nor "+/run/desk.sock:80".
bool is_name(std::string_view target) {
  const std::string_view host = target.substr(0, target.rfind(':'));
  return host.find_first_not_of("0123456789.") != std::string_view::npos && host.find_first_of("+:[") != 0 &&
         host.find(':') == std::string_view::npos;
}

void fill_in(Diagnosis &out, const std::set<uint64_t> &ids, Ns first_ns, Ns last_ns) {
  out.connections.assign(ids.begin(), ids.end());
  out.count = std::max<uint64_t>(out.count, ids.size());
  out.first_ns = first_ns;
  out.last_ns = last_ns;
}

}  // namespace

void Loops::heard(const Event &event, std::span<const std::byte> items, const Connection *connection,
                  const Timeline &timeline) {
  switch (event.kind) {
    case k_context_created:
      if (first_context_ns_ == 0) first_context_ns_ = event.time_ns;
      options_ = item_of<ContextOptions>(items, kItemOptions);
      break;
    case k_call_lasted: return note_lasted(event, connection, timeline);
    case k_loop_left:
      left_ms_ = event.value;
      serving_ = item_of<ServingFacts>(items, kItemServing).value_or(ServingFacts{});
      break;
    case k_service_overslept: {
      if (overslept_.count++ == 0) overslept_.first_ns = event.time_ns;
      overslept_.last_ns = event.time_ns;
      uint64_t contexts = 0;
      timeline.for_each_context([&](const ContextLife &) { ++contexts; });
      overslept_.contexts = std::max(overslept_.contexts, contexts);
      if (ns_of(event.value) <= overslept_.longest_ns) break;
      overslept_.longest_ns = ns_of(event.value);
      overslept_.asked_ms = item_of<uint32_t>(items, kItemLasted).value_or(0);
      break;
    }
    case k_foreign_call: {
      Calls &calls = calls_[std::string(timeline.text(event.text))];
      if (calls.count++ == 0) calls.first_ns = event.time_ns;
      calls.last_ns = event.time_ns;
      if (connection != nullptr) keep(calls.ids, connection->id);
      break;
    }
    case k_loop_spins: {
      const auto facts = item_of<SpinFacts>(items, kItemSpin);
      Spin &spin = spins_[event.value];
      if (!facts || facts->lasted_ms <= spin.facts.lasted_ms) break;
      spin = {*facts, {}, {}, {}, {}, event.time_ns};
      if (connection == nullptr) break;
      spin.id = connection->id;
      spin.who = fmt::format("{} {}", Census::name_of(Census::sort_of(*connection), 1), connection->id);
      spin.vhost = connection->vhost;
      spin.protocol = protocol_of(*connection);
      if (spin.protocol.empty()) spin.protocol = connection->last_callback_protocol;
      break;
    }
    default: break;
  }
}

bool Loops::is_stranded(const Connection &connection) {
  const bool waits = connection.tcp && connection.tcp->unread_bytes > 0;
  if (left_ms_ < kStoodMs || !waits) return false;
  keep(stranded_, connection.id);
  return true;
}

std::vector<Diagnosis> Loops::diagnoses(const Timeline &timeline, const LogFacts &log,
                                        const std::vector<Diagnosis> &seen) const {
  std::vector<Diagnosis> all;
  add_rest(all, timeline, log, seen);
  add_calls(all, log);
  add_overslept(all);
  add_never_returned(all, log);
  add_lasted(all);
  add_spins(all);
  return all;
}

Ns Loops::stood_ns(const LogFacts &log) const {
  return never_ran(log) ? log.last_ns - std::min(log.last_ns, first_context_ns_) : ns_of(left_ms_);
}

std::string Loops::rest_text(const LogFacts &log) const {
  if (first_context_ns_ == 0 || stood_ns(log) < ns_of(kStoodMs)) return {};
  if (never_ran(log))
    return fmt::format("lws_service() was not called once in the {} after lws_create_context()",
                       span_text(0, stood_ns(log)));
  if (left_ms_ < kStoodMs) return {};
  return fmt::format("lws_service() was not called in the last {} of the program", span_text(0, stood_ns(log)));
}

// The loop never ran, or not to the end.
void Loops::add_rest(std::vector<Diagnosis> &to, const Timeline &timeline, const LogFacts &log,
                     const std::vector<Diagnosis> &seen) const {
  const std::string rest = rest_text(log);
  if (rest.empty() || timeline.contexts_gone()) return;
  const bool is_told = std::any_of(seen.begin(), seen.end(), [](const Diagnosis &one) {
    return one.cause == Cause::kNotServiced || one.cause == Cause::kClientsWaiting;
  });
  const bool never = never_ran(log);
  if (stranded_.empty() && (!never || is_told)) return;
  Diagnosis out = diagnosis_of(never ? Cause::kLoopNeverRan : Cause::kLoopStopped, stranded_.size(), rest);
  if (stranded_.empty()) out.severity = Weight::kNote;
  // The clock that says how long is a coarse one: it may reach back behind the start.
  const Ns since_ns = log.last_ns - std::min(log.last_ns, stood_ns(log));
  fill_in(out, stranded_, std::max(log.started_ns, since_ns), log.last_ns);
  if (!stranded_.empty())
    out.why.push_back(fmt::format("{} of lws's {} input that nobody reads.", stranded_.size(),
                                  stranded_.size() == 1 ? "connections holds" : "connections hold"));
  if (never) out.why.emplace_back("No callback came that a running loop delivers, of an event library neither.");
  to.push_back(std::move(out));
}

void Loops::add_calls(std::vector<Diagnosis> &to, const LogFacts &log) const {
  for (const auto &[name, calls] : calls_) {
    Diagnosis out = diagnosis_of(Cause::kNotThreadSafe, std::max<uint64_t>(calls.ids.size(), 1),
                                 calls.count == 1 ? fmt::format("{}()", name)
                                                  : fmt::format("{}() ({} at least)", name, times_text(calls.count)));
    fill_in(out, calls.ids, calls.first_ns, calls.last_ns);
    out.why.push_back(fmt::format("At {} one thread was in lws_service() of that context while another called {}(){}.",
                                  time_text(calls.first_ns, log.started_ns), name,
                                  calls.ids.empty() ? "" : fmt::format(" for connection {}", *calls.ids.begin())));
    if (name == "lws_context_destroy")
      out.advice =
          "let the thread of the loop destroy the context: set a flag, call lws_cancel_service() (the one call that is "
          "allowed on another thread), and call lws_context_destroy() after the loop has ended";
    out.why.emplace_back(
        "lws has no locks: such calls damage its lists, crash now and then, or take effect only when something else "
        "wakes the loop.");
    to.push_back(std::move(out));
  }
}

void Loops::add_overslept(std::vector<Diagnosis> &to) const {
  if (overslept_.count < 2 && overslept_.longest_ns < 1000 * kLoopMs) return;
  Diagnosis out = diagnosis_of(Cause::kTimeoutIgnored, 1,
                               fmt::format("lws_service(context, {}) returned only after up to {}", overslept_.asked_ms,
                                           span_text(0, overslept_.longest_ns)));
  out.first_ns = overslept_.first_ns;
  out.last_ns = overslept_.last_ns;
  out.why.push_back(fmt::format("That happened {}.", times_text(overslept_.count)));
  if (overslept_.contexts > 1) {
    out.why.push_back(
        fmt::format("There were {} lws contexts: while lws_service() of one sleeps, its thread serves no other.",
                    overslept_.contexts));
    out.advice =
        "use one context for all servers and clients of a thread: it sleeps only while none of them has work; " +
        out.advice;
  }
  to.push_back(std::move(out));
}

// An event library's loop, which somebody expected to come back.
void Loops::add_never_returned(std::vector<Diagnosis> &to, const LogFacts &log) const {
  const std::string_view library = event_library_in(options_);
  if (left_ms_ != kStillServing || library.empty() || serving_.asked_ms == 0 || serving_.lasted_ms < kStoodMs) return;
  const Ns lasted_ns = ns_of(static_cast<int32_t>(serving_.lasted_ms));
  Diagnosis out = diagnosis_of(Cause::kTimeoutIgnored, 1, {});
  out.headline = fmt::format("lws_service(context, {}) never returned: it ran for {}, until the program ended",
                             serving_.asked_ms, span_text(0, lasted_ns));
  out.first_ns = log.last_ns - std::min(log.last_ns - log.started_ns, lasted_ns);
  out.last_ns = log.last_ns;
  out.why.push_back(fmt::format(
      "The context was made with LWS_SERVER_OPTION_{}: lws_service() then runs the loop of that library until the "
      "context is destroyed, whatever the timeout. The code after that call is not reached.",
      library));
  out.advice =
      "do that work from a timer (lws_sul_schedule(), or one of the library's), or run the library's loop yourself and "
      "name it in foreign_loops; lws_cancel_service() wakes the loop and does not end it";
  to.push_back(std::move(out));
}

void Loops::note_lasted(const Event &event, const Connection *connection, const Timeline &timeline) {
  if (connection != nullptr && !is_name(connection->target)) return;  // on a busy machine any call may take its time
  Lasted &lasted = lasted_[std::string(timeline.text(event.text))];
  const Ns lasted_ns = ns_of(event.value), since_ns = event.time_ns - std::min(event.time_ns, lasted_ns);
  if (lasted.count++ == 0) lasted.first_ns = since_ns;
  lasted.last_ns = event.time_ns;
  uint64_t others = 0;
  timeline.for_each_open([&](const Connection &open) {
    const bool is_own = connection != nullptr && connection->id == open.id;
    others += open.cls == ConnectionClass::kClient && !is_own && open.opened_ns < since_ns;
  });
  lasted.others_open = std::max(lasted.others_open, others);
  if (connection != nullptr) keep(lasted.ids, connection->id);
  if (lasted_ns <= lasted.longest_ns) return;
  lasted.longest_ns = lasted_ns;
  lasted.target = connection != nullptr ? connection->target : "";
}

void Loops::add_lasted(std::vector<Diagnosis> &to) const {
  for (const auto &[name, lasted] : lasted_) {
    const std::string call =
        lasted.target.empty() ? fmt::format("{}()", name) : fmt::format("{}() to {}", name, printable(lasted.target));
    Diagnosis out = diagnosis_of(lasted.others_open > 0 ? Cause::kLoopBlocked : Cause::kSlowCallback, lasted.count,
                                 span_text(0, lasted.longest_ns), call);
    fill_in(out, lasted.ids, lasted.first_ns, lasted.last_ns);
    out.why.push_back(fmt::format(
        "lws looks names up in that call, with getaddrinfo(), and waits there for the answer{}.",
        lasted.count > 1 ? fmt::format("; {} calls lasted 200 ms or longer, this one longest", lasted.count) : ""));
    out.why.push_back(fmt::format("The event loop of its thread serves nobody meanwhile; {} open then.",
                                  lasted.others_open == 1
                                      ? "1 other connection was"
                                      : count_text(lasted.others_open, "other connection") + " were"));
    out.advice =
        "see why the resolver of this machine is slow (time getent hosts NAME), give `address` of the connect info an "
        "IP address that another thread has looked up, or build lws with LWS_WITH_SYS_ASYNC_DNS, which does not wait";
    to.push_back(std::move(out));
  }
}

std::string Loops::spin_text(int32_t how, const Spin &spin) {
  const std::string who = spin.who.empty() ? "a connection" : spin.who;
  switch (how) {
    case kAsksAgain: return "this program keeps asking for WRITEABLE on " + who;
    case kStaysReady:
      return fmt::format("{} of protocol {} does not read the data waiting on {}, or carries on after its end",
                         callback_name(k_RAW_RX_FILE), quoted(spin.protocol), who);
    case kIsWoken: return "lws_cancel_service() is called again and again";
    case kTimersDue: return "timers of this program are due within a millisecond, again and again";
    default: return "lws_service() is called with a negative timeout, which never waits";
  }
}

const char *Loops::spin_advice(int32_t how) {
  switch (how) {
    case kStaysReady:
      return "read the descriptor in that callback until there is no more (read() returns EAGAIN; it has to be "
             "non-blocking), and return -1 when read() returns 0: that is the end, as at once with /dev/null, and it "
             "stays ready for ever; lws does not read from adopted files itself";
    case kIsWoken:
      return "call lws_cancel_service() once for each piece of work that another thread has put aside, and not in "
             "LWS_CALLBACK_EVENT_WAIT_CANCELLED, which is its answer: all protocols of all vhosts get that each time";
    case kTimersDue:
      return "give lws_sul_schedule() and lws_set_timer_usecs() the time until there is something to do, several "
             "milliseconds at least: for less than one the loop does not sleep, nor in the last one before each timer; "
             "let one timer do the work of several";
    case kNeverWaits:
      return "call lws_service(context, 0): it sleeps until something happens or a timer is due, and "
             "lws_cancel_service() wakes it";
    default: return row_of(Cause::kLoopSpins).advice;
  }
}

void Loops::add_spins(std::vector<Diagnosis> &to) const {
  for (const auto &[how, spin] : spins_) {
    Diagnosis out = diagnosis_of(Cause::kLoopSpins, 1, spin_text(how, spin));
    if (spin.id) out.connections.push_back(*spin.id);
    out.vhost = spin.vhost;
    out.protocol = spin.protocol;
    out.first_ns = spin.last_ns - std::min(spin.last_ns, ns_of(static_cast<int32_t>(spin.facts.lasted_ms)));
    out.last_ns = spin.last_ns;
    out.why.push_back(
        fmt::format("{} {} in at least {}, with {} reads, accepts and writes of lws in that time.",
                    how == kAsksAgain ? "lws_callback_on_writable() was called" : "lws_service() returned",
                    times_text(spin.facts.turns), span_text(0, ns_of(static_cast<int32_t>(spin.facts.lasted_ms))),
                    spin.facts.worked));
    if (how == kIsWoken)
      out.why.emplace_back("LWS_CALLBACK_EVENT_WAIT_CANCELLED came in nearly every turn, and hardly anything else.");
    if (how == kStaysReady)
      out.why.emplace_back("After each call that was looked at, the descriptor held as much as before.");
    out.why.emplace_back("A loop that never sleeps keeps a whole processor busy.");
    out.advice = spin_advice(how);
    to.push_back(std::move(out));
  }
}

}  // namespace wsitrace
