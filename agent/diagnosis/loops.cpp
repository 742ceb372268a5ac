// SPDX-License-Identifier: MIT
#include "agent/diagnosis/loops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "agent/diagnosis/census.h"
#include "agent/text/spans.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

constexpr Ns kLoopMs = 1'000'000;
constexpr int kStoodMs = 1000;  // a program that ends sooner after its loop is only ending

template <typename Value>
std::optional<Value> item_of(std::span<const std::byte> items, ItemTag wanted) {
  std::optional<Value> found;
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) {
    if (tag != wanted || bytes.size() != sizeof(Value)) return;
    found.emplace();
    std::memcpy(&*found, bytes.data(), sizeof(Value));
  });
  return found;
}

Ns ns_of(int32_t ms) { return static_cast<Ns>(std::max(ms, 0)) * kLoopMs; }

void keep(std::set<uint64_t> &ids, uint64_t id) {
  if (ids.size() < kKeptIds) ids.insert(id);
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
      break;
    case k_loop_left: left_ms_ = event.value; break;
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

void Loops::add_spins(std::vector<Diagnosis> &to) const {
  for (const auto &[how, spin] : spins_) {
    const bool asks = how == kAsksAgain;
    Diagnosis out = diagnosis_of(Cause::kLoopSpins, 1,
                                 asks ? fmt::format("this program keeps asking for WRITEABLE on {}",
                                                    spin.who.empty() ? "a connection" : spin.who)
                                      : "lws_service() is called with a negative timeout, which never waits");
    if (spin.id) out.connections.push_back(*spin.id);
    out.vhost = spin.vhost;
    out.protocol = spin.protocol;
    out.first_ns = spin.last_ns - std::min(spin.last_ns, ns_of(static_cast<int32_t>(spin.facts.lasted_ms)));
    out.last_ns = spin.last_ns;
    out.why.push_back(fmt::format("{} {} in at least {}, with {} reads, accepts and writes in that time.",
                                  asks ? "lws_callback_on_writable() was called" : "lws_service() returned",
                                  times_text(spin.facts.turns),
                                  span_text(0, ns_of(static_cast<int32_t>(spin.facts.lasted_ms))), spin.facts.worked));
    out.why.emplace_back("A loop that never sleeps keeps a whole processor busy.");
    if (!asks)
      out.advice =
          "call lws_service(context, 0): it sleeps until something happens or a timer is due, and lws_cancel_service() "
          "wakes it";
    to.push_back(std::move(out));
  }
}

}  // namespace wsitrace
