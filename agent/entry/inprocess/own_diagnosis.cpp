// SPDX-License-Identifier: MIT
#include "agent/entry/inprocess/own_diagnosis.h"

#include <sys/stat.h>

#include "agent/collect/read_log.h"
#include "agent/diagnosis/doctor.h"

namespace wsitrace {
namespace {

constexpr uint64_t kEventsBetweenDrains = 8192;  // a ring holds 30,000 slots

// Passes a log on, and drains now and then.
class DrainingSink final : public LogSink {
 public:
  DrainingSink(LogSink &to, const std::function<void()> &drain) : to_(to), drain_(drain) {}

  void on_process(const ProcessFacts &facts) override { to_.on_process(facts); }
  void on_string(uint16_t id, std::string_view text) override { to_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override {
    to_.on_event(event, items);
    if (++events_ % kEventsBetweenDrains == 0) drain_();
  }
  void on_loss(const Loss &loss) override { to_.on_loss(loss); }
  void on_end(const End &end) override { to_.on_end(end); }
  void on_batch_begun() override { to_.on_batch_begun(); }
  void on_batch_ended() override { to_.on_batch_ended(); }

 private:
  LogSink &to_;
  const std::function<void()> &drain_;
  uint64_t events_ = 0;
};

}  // namespace

Expected<DiagnosisDocument> own_diagnosis(const std::string &trace, const std::function<void()> &drain) {
  struct stat facts {};
  if (::stat(trace.c_str(), &facts) == 0 && static_cast<uint64_t>(facts.st_size) > kMostOwnBytes)
    return unexpected(Error{trace,
                            "the trace has grown to " + std::to_string(facts.st_size >> 20) + " MB, and up to " +
                                std::to_string(kMostOwnBytes >> 20) + " MB are read here",
                            "wsitrace explain " + trace});
  JudgedLog log;
  Doctor doctor(log);
  log.timeline.add(doctor);
  DrainingSink sink(log.timeline, drain);
  const auto read = read_log(trace, sink);
  if (!read) return unexpected(Error{trace, "the trace cannot be read: " + read.error().why, {}});
  doctor.finish();
  return diagnosis_document(doctor);
}

}  // namespace wsitrace
