// SPDX-License-Identifier: MIT
#include "agent/trace_diagnosis/diagnosed_log.h"

namespace wsitrace {
namespace {

constexpr uint64_t kEventsBetween = 8192;  // a ring holds 30,000 slots

// Passes a log on, and does something else now and then.
class BusySink final : public LogSink {
 public:
  BusySink(LogSink &to, const std::function<void()> &meanwhile) : to_(to), meanwhile_(meanwhile) {}

  void on_process(const ProcessFacts &facts) override { to_.on_process(facts); }
  void on_string(uint16_t id, std::string_view text) override { to_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override {
    to_.on_event(event, items);
    if (++events_ % kEventsBetween == 0) meanwhile_();
  }
  void on_loss(const Loss &loss) override { to_.on_loss(loss); }
  void on_end(const End &end) override { to_.on_end(end); }
  void on_batch_begun() override { to_.on_batch_begun(); }
  void on_batch_ended() override { to_.on_batch_ended(); }

 private:
  LogSink &to_;
  const std::function<void()> &meanwhile_;
  uint64_t events_ = 0;
};

}  // namespace

Expected<ReadLog> DiagnosedLog::read(const std::string &path, uint32_t pid, const WhileRead &wanted) {
  BusySink busy(log.timeline, wanted.meanwhile);
  auto read = wanted.meanwhile ? read_log(path, busy, pid) : read_log(path, log.timeline, pid);
  if (!read && log.timeline.heard_nothing()) return read;
  doctor.finish();
  if (wanted.afterwards) wanted.afterwards(doctor);
  return read;
}

}  // namespace wsitrace
