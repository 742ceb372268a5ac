// SPDX-License-Identifier: MIT
//
// Findings of a process that goes on, by kind: what `wsitrace check` would list now, as far as a rule can speak before the end.
//
//    transactions, peers, connects, descriptors   speak when they see it
//    connections, bindings, vhosts left           speak once every context is gone
//    contexts left                                speak when the log has ended
//    growth                                       is silent here: it must remember every begin and end, and Prometheus has them
//    left open by a part of the program           belongs to scopes
//
// Memory:  follows the open outbound attempts and the number of different findings.
// Threads: the one that folds.
#ifndef WSITRACE_EXPORT_PROMETHEUS_LIVE_FINDINGS_H
#define WSITRACE_EXPORT_PROMETHEUS_LIVE_FINDINGS_H

#include <array>

#include "agent/timeline/timeline.h"
#include "agent/verdict/connects.h"
#include "agent/verdict/descriptors.h"
#include "agent/verdict/groups.h"

namespace wsitrace {

inline constexpr size_t kFindingKinds = static_cast<size_t>(FindingKind::kConnectionsGrow) + 1;
using FindingCounts = std::array<uint64_t, kFindingKinds>;  // findings, not connections: one a kind, vhost and protocol

class LiveFindings final : public TimelineObserver {
 public:
  void on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) override;
  void on_connection_opened(const Connection &connection) override;
  void on_connection_changed(const Connection &before, const Connection &now) override;
  void on_connection_closed(const Connection &connection) override;
  void on_descriptor_left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) override;

  // TIMELINE is the one that this has observed.
  [[nodiscard]] FindingCounts count(const Timeline &timeline) const;

 private:
  Groups groups_;
  Descriptors descriptors_;
  Connects connects_;
};

}  // namespace wsitrace

#endif
