// SPDX-License-Identifier: MIT
#include "agent/diagnosis/timers.h"

#include <fmt/format.h>

#include "agent/lws/callbacks.h"
#include "agent/text/callbacks.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kTimerMs = 1'000'000;
constexpr Ns kTimerInCallNs = 5 * kTimerMs;  // what an application does in a callback is done by then

// What is set in the last callbacks of a connection outlives it by intent: the time until the next attempt, for instance.
bool begins_something(uint16_t kind) {
  switch (kind) {
    case k_ESTABLISHED:
    case k_CLIENT_ESTABLISHED:
    case k_FILTER_PROTOCOL_CONNECTION:
    case k_SERVER_NEW_CLIENT_INSTANTIATED:
    case k_HTTP:
    case k_RAW_ADOPT:
    case k_RAW_CONNECTED:
    case k_ESTABLISHED_CLIENT_HTTP: return true;
    default: return false;
  }
}

}  // namespace

void PendingTimers::set(const Event &event, const Surroundings::LastCallback &after) {
  if (event.wsi == 0) {
    all_told_ = false;
    timers_.clear();
  }
  if (!all_told_) return;
  if ((event.flags & kSetAgain) != 0) {
    if (const auto known = timers_.find(event.wsi); known != timers_.end()) known->second.repeats = true;
    return;
  }
  timers_.erase(event.wsi);
  if (after.id == 0 || !begins_something(after.kind) || event.time_ns > after.at_ns + kTimerInCallNs) return;
  const Ns due_ns = event.time_ns + static_cast<Ns>(event.value > 0 ? event.value : 0) * kTimerMs;
  timers_[event.wsi] = {after.id, after.kind, after.protocol, event.time_ns, due_ns, false, std::nullopt};
}

void PendingTimers::closed(const Connection &connection) {
  for (auto &[address, timer] : timers_)
    if (timer.connection == connection.id) timer.closed_ns = connection.closed_ns;
}

PendingTimers::Blame PendingTimers::blame_for_crash(Ns started_ns, Ns last_ns) const {
  const Timer *latest = nullptr;
  for (const auto &[address, timer] : timers_) {
    const bool is_pending = timer.repeats || timer.due_ns >= last_ns;
    if (!is_pending || !timer.closed_ns) continue;
    if (latest == nullptr || *timer.closed_ns > *latest->closed_ns) latest = &timer;
  }
  if (latest == nullptr) return {};
  return {latest->connection, latest->protocol,
          fmt::format("At {}, in {} of protocol {} on connection {}, this program had set a timer "
                      "(lws_sul_schedule()){}, which was "
                      "not cancelled before that connection ended, at {}. If the memory of the timer was freed with "
                      "it, that is the cause: lws keeps its timers in a list, and goes through freed memory there.",
                      time_text(latest->set_ns, started_ns), callback_name(latest->kind), quoted(latest->protocol),
                      latest->connection, latest->repeats ? " that sets itself again" : "",
                      time_text(*latest->closed_ns, started_ns))};
}

}  // namespace wsitrace
