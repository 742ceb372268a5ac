// SPDX-License-Identifier: MIT
#include "agent/diagnosis/running.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "agent/lws/callbacks.h"
#include "agent/text/callbacks.h"
#include "agent/text/spans.h"
#include "agent/timeline/items.h"

namespace wsitrace {
namespace {

constexpr Ns kRunNsPerMs = 1'000'000;
constexpr Ns kStuckNs = 1'000 * kRunNsPerMs;
constexpr Ns kOwnNs =
    100 * kRunNsPerMs;  // the clock of `since` may be behind by that, so that its own event comes later

Ns ran_ns(std::span<const std::byte> items) { return item_of<uint32_t>(items, kItemLasted).value_or(0) * kRunNsPerMs; }

}  // namespace

std::string Running::Callback::text() const {
  std::string text = reason_name(kind);
  if (!protocol.empty()) text += " of protocol " + quoted(protocol);
  return id == 0 ? text : fmt::format("{}, on connection {}", text, id);
}

void Running::heard(const Event &event, std::span<const std::byte> items, const Connection *connection,
                    const Timeline &timeline) {
  if (event.kind != k_callback_runs) return;
  std::optional<Callback> &now = threads_[event.thread];
  now.reset();
  if (event.value < 0 || event.value > UINT16_MAX) return;
  now.emplace();
  now->kind = static_cast<uint16_t>(event.value);
  now->protocol = timeline.text(event.protocol);
  now->told_ns = event.time_ns;
  now->since_ns = event.time_ns - std::min(event.time_ns, ran_ns(items));
  if (connection == nullptr) return;
  // The clock of hosts is coarse: it began with the last event, if that was about then.
  if (const Ns sign_ns = connection->last_sign_ns.value_or(0);
      sign_ns > now->since_ns && sign_ns <= now->since_ns + kOwnNs)
    now->since_ns = sign_ns;
  now->id = connection->id;
  now->vhost = connection->vhost;
}

size_t Running::count() const {
  return static_cast<size_t>(
      std::count_if(threads_.begin(), threads_.end(), [](const auto &one) { return one.second.has_value(); }));
}

const Running::Callback *Running::only() const {
  if (count() != 1) return nullptr;
  const auto found = std::find_if(threads_.begin(), threads_.end(), [](const auto &one) { return one.second; });
  return &*found->second;
}

// Not where the callback runs a loop of its own, and not where nobody is served yet, or any more.
bool Running::is_stuck(uint32_t thread, const Callback &callback) const {
  if (callback.kind == k_PROTOCOL_INIT || callback.kind == k_PROTOCOL_DESTROY) return false;
  if (callback.told_ns - callback.since_ns < kStuckNs) return false;
  const auto turned = turned_ns_.find(thread);
  if (turned == turned_ns_.end()) return callback.kind < kCallbackKinds;  // the program calls its own on any thread
  return turned->second <= callback.since_ns + kOwnNs;
}

bool Running::holds(uint64_t id, bool is_live) const {
  return std::any_of(threads_.begin(), threads_.end(), [&](const auto &one) {
    return one.second && one.second->id == id && (is_live || is_stuck(one.first, *one.second));
  });
}

std::vector<Diagnosis> Running::diagnoses(const Timeline &timeline) const {
  std::vector<Diagnosis> all;
  for (const auto &[thread, now] : threads_) {
    if (!now || !is_stuck(thread, *now)) continue;
    const Callback *running = &*now;
    const std::string span = span_text(running->since_ns, running->told_ns);
    uint64_t others = 0;
    timeline.for_each_open(
        [&](const Connection &open) { others += open.cls == ConnectionClass::kClient && open.id != running->id; });
    Diagnosis out = diagnosis_of(Cause::kLoopBlocked, 1, {});
    out.headline = fmt::format("{} has kept the event loop for {} and {}", running->subject(), span,
                               timeline.end() == nullptr ? "still runs" : "had not returned when the program ended");
    if (running->id != 0) out.connections = {running->id};
    out.vhost = running->vhost;
    out.protocol = running->protocol;
    out.first_ns = running->since_ns;
    out.last_ns = running->told_ns;
    out.why.push_back(fmt::format("Its thread had been in that callback for {} and had not left it; {} {} open.", span,
                                  count_text(others, "other connection"), others == 1 ? "was" : "were"));
    all.push_back(std::move(out));
  }
  return all;
}

}  // namespace wsitrace
