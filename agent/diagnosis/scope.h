// SPDX-License-Identifier: MIT
//
// A part of a log that is judged on its own, such as one test of a program: what begins in it must end in it.
//
// Connections that were there before, and listeners, which serve the next part too, are none of its business.
#ifndef WSITRACE_DIAGNOSIS_SCOPE_H
#define WSITRACE_DIAGNOSIS_SCOPE_H

#include "agent/diagnosis/judge.h"

namespace wsitrace {

class Scope final : public TimelineObserver {
 public:
  // Begins now, with the next event that TIMELINE folds.
  explicit Scope(const Timeline &timeline) : begun_ns_(timeline.last_event_ns()), lost_before_(timeline.loss().lost) {}

  void on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) override;
  void on_connection_opened(const Connection &connection) override;
  void on_connection_changed(const Connection &before, const Connection &now) override;
  void on_connection_closed(const Connection &connection) override;

  // As of now; the scope goes on. TIMELINE is the one that it has observed.
  [[nodiscard]] Verdict verdict(const Timeline &timeline) const;

 private:
  [[nodiscard]] bool holds(const Connection &connection) const { return connection.opened_ns > begun_ns_; }

  Ns begun_ns_;
  uint64_t lost_before_;
  Judge judge_;
};

}  // namespace wsitrace

#endif
