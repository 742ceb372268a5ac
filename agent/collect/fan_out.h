// SPDX-License-Identifier: MIT
#ifndef WSITRACE_COLLECT_FAN_OUT_H
#define WSITRACE_COLLECT_FAN_OUT_H

#include <memory>
#include <utility>
#include <vector>

#include "wsitrace/log.h"

namespace wsitrace {

// Tells one log to several sinks.
class FanOut : public LogSink {
 public:
  void add(std::shared_ptr<LogSink> sink) { sinks_.push_back(std::move(sink)); }

  void on_process(const ProcessFacts &facts) override {
    for (const auto &sink : sinks_) sink->on_process(facts);
  }
  void on_string(uint16_t id, std::string_view text) override {
    for (const auto &sink : sinks_) sink->on_string(id, text);
  }
  void on_event(const Event &event, std::span<const std::byte> items) override {
    for (const auto &sink : sinks_) sink->on_event(event, items);
  }
  void on_loss(const Loss &loss) override {
    for (const auto &sink : sinks_) sink->on_loss(loss);
  }
  void on_end(const End &end) override {
    for (const auto &sink : sinks_) sink->on_end(end);
  }
  void on_batch_begun() override {
    for (const auto &sink : sinks_) sink->on_batch_begun();
  }
  void on_batch_ended() override {
    for (const auto &sink : sinks_) sink->on_batch_ended();
  }

 private:
  std::vector<std::shared_ptr<LogSink>> sinks_;
};

}  // namespace wsitrace

#endif
