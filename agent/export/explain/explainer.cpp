// SPDX-License-Identifier: MIT
#include "agent/export/explain/explainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/export/explain/narrative.h"
#include "agent/lws/callbacks.h"
#include "agent/text/callbacks.h"

namespace wsitrace {
namespace {

void note_stream(Carried &streams, uint64_t id) {
  if (streams.count++ == 0) streams.first_id = id;
  streams.first_id = std::min(streams.first_id, id);
  streams.last_id = std::max(streams.last_id, id);
}

}  // namespace

Explainer::Explainer(const Timeline &timeline, uint64_t wanted, size_t width, Write write)
    : timeline_(timeline), wanted_(wanted), width_(width), write_(std::move(write)) {}

void Explainer::on_event_counted(uint16_t kind) {
  loop_turns_ += std::exchange(turns_now_, has_role<role::kLoopTurns>(kind));
}

void Explainer::on_connection_event(const Connection &connection, const Event &event,
                                    std::span<const std::byte> items) {
  if (connection.id != wanted_) return;
  const std::string message = message_of(items);
  subject_.events.add({event.time_ns, event.kind, event.value, std::string(timeline_.text(event.protocol)),
                       message.empty() ? std::string(timeline_.text(event.text)) : message, loop_turns_});
}

void Explainer::on_connection_closed(const Connection &connection) {
  if (connection.parent == wanted_) note_stream(subject_.streams, connection.id);
  if (connection.id == wanted_) subject_.connection = connection;
}

bool Explainer::finish() {
  timeline_.for_each_open([this](const Connection &connection) { on_connection_closed(connection); });
  if (subject_.connection.id == 0) return false;
  write_(narrative_of(subject_, facts_of(timeline_, loop_turns_ + (turns_now_ ? 1 : 0)), width_));
  return true;
}

}  // namespace wsitrace
