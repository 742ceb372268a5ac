// SPDX-License-Identifier: MIT
//
// A small log and the trace that it makes, for tests of reading.
#ifndef WSITRACE_TESTS_UNIT_COLLECT_TEST_TRACE_H
#define WSITRACE_TESTS_UNIT_COLLECT_TEST_TRACE_H

#include <fstream>
#include <iterator>
#include <string>

#include "agent/collect/trace_writer.h"
#include "agent/lws/callbacks.h"

namespace wsitrace {

inline ProcessFacts test_facts() {
  ProcessFacts facts;
  facts.pid = 4711;
  facts.program = "host";
  facts.arguments = {"host"};
  facts.attach = "link";
  facts.started_mono_ns = 1000;
  return facts;
}

inline Event test_event(int value, uint16_t kind = k_HTTP) {
  Event event{};
  event.time_ns = 2000 + static_cast<uint64_t>(value);
  event.wsi = 0x55d0'c0ff'ee00;
  event.kind = kind;
  event.value = value;
  event.text = 1;
  return event;
}

// Tells SINK a log with all there is: facts, strings, events with and without items, a gap, loss.
inline void tell_test_log(LogSink &sink, int events = 5) {
  sink.on_process(test_facts());
  sink.on_string(1, "default");
  sink.on_string(2, "lws_http_transaction_completed");
  std::byte items[2 * kSlotBytes]{};
  items[0] = std::byte{kItemPath};
  items[1] = std::byte{40};
  for (int value = 0; value < events; ++value) {
    Event event = test_event(value);
    const bool has_items = value % 3 == 1;
    event.extra = has_items ? 2 : 0;
    sink.on_event(event, has_items ? std::span<const std::byte>(items) : std::span<const std::byte>());
  }
  sink.on_event(test_event(events, k_gap), {});
  sink.on_loss({static_cast<uint64_t>(events), 7, {{"ring_full", 7}}});
}

inline End test_end() { return {"exit", 0, 9000}; }

inline void write_test_trace(const std::string &path, int events = 5) {
  const auto writer = *TraceWriter::create(path, 1009);
  tell_test_log(*writer, events);
  writer->on_end(test_end());
}

inline std::string bytes_of(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace wsitrace

#endif
