// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/adopted.h"

#include "agent/lws/callbacks.h"

namespace wsitrace {
namespace {

constexpr Ns kWithinCallNs = 5'000'000;  // what an application does in a callback is done by then

bool has_turns(const Connection &connection) {
  return connection.origin == Origin::kAccepted || connection.origin == Origin::kOutbound;
}

}  // namespace

void Adopted::event(const Connection &connection, const Event &event) {
  if (event.kind == k_ESTABLISHED || event.kind == k_CLIENT_ESTABLISHED) sessions_.insert(connection.id);
  if (!has_turns(connection)) return;
  if (recent_ == nullptr || event.thread != recent_thread_) recent_ = &last_on_thread_[event.thread];
  recent_thread_ = event.thread;
  const bool is_session = !sessions_.empty() && sessions_.contains(connection.id);
  *recent_ = {is_session ? connection.id : 0, event.time_ns};
}

void Adopted::opened(const Connection &connection) {
  const auto last = last_on_thread_.find(connection.opened_thread.value_or(0));
  if (last == last_on_thread_.end() || last->second.session == 0) return;
  if (connection.opened_ns <= last->second.time_ns + kWithinCallNs) begun_in_[connection.id] = last->second.session;
}

void Adopted::closed(const Connection &connection) {
  sessions_.erase(connection.id);
  begun_in_.erase(connection.id);
}

void Adopted::judge(const Timeline &timeline, Groups &groups) const {
  if (timeline.contexts_gone() || begun_in_.empty()) return;
  std::set<uint64_t> ended;  // sessions that have left one
  const auto has_outlived = [this](const Connection &open) {
    const auto session = begun_in_.find(open.id);
    return open.origin == Origin::kAdopted && session != begun_in_.end() && !sessions_.contains(session->second);
  };
  timeline.for_each_open([&](const Connection &open) {
    if (has_outlived(open)) ended.insert(begun_in_.at(open.id));
  });
  if (ended.size() < 2) return;
  timeline.for_each_open([&](const Connection &open) {
    if (!has_outlived(open)) return;
    const std::string_view protocol =
        open.bindings.empty() ? open.last_callback_protocol : open.bindings.back().protocol;
    groups.add(FindingKind::kAdoptedOutlivesSession, open, protocol);
  });
}

}  // namespace wsitrace
