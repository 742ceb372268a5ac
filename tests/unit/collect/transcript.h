// SPDX-License-Identifier: MIT
//
// A sink that writes down what it hears, one line a call, so that logs can be compared.
#ifndef WSITRACE_TESTS_UNIT_COLLECT_TRANSCRIPT_H
#define WSITRACE_TESTS_UNIT_COLLECT_TRANSCRIPT_H

#include <algorithm>
#include <string>
#include <vector>

#include "agent/collect/log_json.h"
#include "wsitrace/log.h"

namespace wsitrace {

struct Transcript final : LogSink {
  std::vector<std::string> lines;
  std::vector<Event> events;
  std::vector<std::pair<uint16_t, std::string>> strings;
  std::vector<ProcessFacts> facts;
  Loss loss;
  std::optional<End> end;

  void on_process(const ProcessFacts &process) override {
    facts.push_back(process);
    lines.push_back(json_of(process));
  }
  void on_string(uint16_t id, std::string_view text) override {
    strings.emplace_back(id, text);
    lines.push_back("string " + std::to_string(id) + " " + std::string(text));
  }
  void on_event(const Event &event, std::span<const std::byte> items) override {
    events.push_back(event);
    std::string line = "event " + std::string(reinterpret_cast<const char *>(&event), sizeof event);
    line.append(reinterpret_cast<const char *>(items.data()), items.size());
    lines.push_back(std::move(line));
  }
  void on_loss(const Loss &now) override {
    loss = now;
    lines.push_back(json_of(now));
  }
  void on_end(const End &how) override {
    end = how;
    lines.push_back(json_of(how));
  }

  [[nodiscard]] std::vector<int> values() const {
    std::vector<int> values;
    for (const Event &event : events) values.push_back(event.value);
    return values;
  }
  [[nodiscard]] bool is_ordered_by_time() const {
    return std::is_sorted(events.begin(), events.end(),
                          [](const Event &a, const Event &b) { return a.time_ns < b.time_ns; });
  }
};

}  // namespace wsitrace

#endif
