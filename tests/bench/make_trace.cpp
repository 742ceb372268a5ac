// SPDX-License-Identifier: MIT
//
// make_trace FILE CONNECTIONS: a trace of that many connections with one request each, 1009 of them open at a time, 10 us from
// event to event. Prints the number of events.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "agent/collect/trace_writer.h"
#include "tests/bench/traffic.h"

using namespace wsitrace;

namespace {

constexpr uint64_t kStartNs = 1'000'000'000, kStepNs = 10'000;

ProcessFacts facts() {
  ProcessFacts process;
  process.pid = static_cast<uint32_t>(getpid());
  process.program = "make_trace";
  process.lws_version = "4.1.6";
  process.attach = "preload";
  process.started_mono_ns = kStartNs;
  process.started_real_ns = 1'700'000'000'000'000'000;
  return process;
}

uint64_t write(LogSink &log, uint64_t connections) {
  log.on_process(facts());
  uint16_t told = 0;
  bench::Traffic traffic({.connections = connections, .open_at_once = 1009, .requests = 1}, [&](std::string_view text) {
    log.on_string(++told, text);
    return told;
  });
  uint64_t events = 0;
  std::byte items[kMaxItemBytes];
  while (traffic.next()) {
    Event event = traffic.event();
    event.time_ns = kStartNs + ++events * kStepNs;
    event.extra = static_cast<uint8_t>(traffic.items().slots());
    for (size_t i = 0; i < event.extra; ++i) traffic.items().copy_slot(i, items + i * kSlotBytes);
    log.on_event(event, {items, event.extra * kSlotBytes});
  }
  log.on_loss({.recorded = events, .lost = 0, .by_cause = {}});
  log.on_end({.kind = "exit", .status = 0, .mono_ns = kStartNs + (events + 1) * kStepNs});
  return events;
}

}  // namespace

int main(int count, char **arguments) {
  const uint64_t connections = count == 3 ? std::strtoull(arguments[2], nullptr, 10) : 0;
  if (connections == 0) {
    std::fprintf(stderr, "usage: make_trace FILE CONNECTIONS\n");
    return 2;
  }
  auto trace = TraceWriter::create(arguments[1], 1);
  const uint64_t events = trace ? write(**trace, connections) : 0;
  const Error *error = trace ? (*trace)->error() : &trace.error();
  if (error != nullptr) {
    std::fprintf(stderr, "%s\n", error->line().c_str());
    return 2;
  }
  std::printf("%llu\n", static_cast<unsigned long long>(events));
  return 0;
}
