// SPDX-License-Identifier: MIT
//
// A scrape while 100,003 connections are open on 5 vhosts, in all states that traffic puts them: how long rendering takes on the
// cold thread that does it, looking for findings included, how many series come out, in both formats, and how much heap the
// timeline, the page's rows and the metrics take for each open connection. Time is CPU time of that thread. Before each scrape
// something happens, so that nothing can be taken from the one before.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "agent/export/live/live_board.h"
#include "agent/export/prometheus/process_metrics.h"
#include "tests/bench/traffic.h"

namespace wsitrace::bench {
namespace {

constexpr size_t kOpen = 100003;
constexpr size_t kEventsEach = 11;
constexpr uint16_t kVhosts = 5;
constexpr uint64_t kStepNs = 1000;

size_t heap_bytes() {
  const struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

// A process with kOpen connections, and what heard of them.
struct Busy {
  size_t heap_before = heap_bytes();
  Metrics metrics;
  LiveBoard board;
  std::shared_ptr<LiveProcess> process = board.listener();
  LogSink &log = *process;
  Event last{};
  size_t bytes_per_open = 0;

  Busy() {
    process->add(std::make_shared<ProcessMetrics>(metrics, process->log()));
    play();
    bytes_per_open = (heap_bytes() - heap_before) / kOpen;
  }

  void play() {
    ProcessFacts facts;
    facts.pid = 4711;
    facts.lws_version = "4.3.5";
    facts.attach = "plugin";
    log.on_process(facts);
    uint16_t told = 0;
    Traffic traffic({.connections = 0, .open_at_once = kOpen, .requests = 3}, [&](std::string_view text) {
      log.on_string(++told, text);
      return told;
    });
    const uint16_t first_vhost = told + 1;
    for (uint16_t i = 0; i < kVhosts; ++i) log.on_string(++told, "vhost-" + std::to_string(i));
    std::byte items[kMaxItemBytes];
    for (size_t i = 1; i <= kOpen * kEventsEach && traffic.next(); ++i) {
      Event event = traffic.event();
      event.time_ns = i * kStepNs;
      event.vhost = static_cast<uint16_t>(first_vhost + event.wsi / kSlotBytes % kVhosts);
      event.extra = static_cast<uint8_t>(traffic.items().slots());
      for (size_t slot = 0; slot < event.extra; ++slot) traffic.items().copy_slot(slot, items + slot * kSlotBytes);
      log.on_event(event, {items, event.extra * kSlotBytes});
      last = event;
    }
  }

  void something_happens() {
    last.kind = k_gap;
    last.time_ns += kStepNs;
    last.extra = 0;
    log.on_event(last, {});
  }
};

size_t series_in(const std::string &text) {
  size_t series = 0;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) series += text[at] != '#';
  return series;
}

double sum_of(const std::string &text, std::string_view name) {
  double sum = 0;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    if (text.compare(at, name.size(), name) != 0 || text[at + name.size()] != '{') continue;
    sum += std::stod(text.substr(text.find("} ", at) + 2));
  }
  return sum;
}

using Render = std::string (*)(const prometheus::Collectable &);

void scrape(benchmark::State &state, Render render) {
  static const auto busy = std::make_unique<Busy>();
  std::vector<double> times_s;
  std::string text;
  for (auto _ : state) {
    busy->something_happens();
    const uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    busy->board.ask();
    text = render(busy->metrics);
    times_s.push_back(static_cast<double>(clock_ns(CLOCK_THREAD_CPUTIME_ID) - from) * 1e-9);
    state.SetIterationTime(times_s.back());
  }
  std::sort(times_s.begin(), times_s.end());
  state.counters["p99_ms"] = times_s[times_s.size() * 99 / 100] * 1e3;
  state.counters["series"] = static_cast<double>(series_in(text));
  state.counters["bytes"] = static_cast<double>(text.size());
  state.counters["heap_bytes_per_open"] = static_cast<double>(busy->bytes_per_open);
  state.counters["open"] = sum_of(text, "lws_connections_open");
}

BENCHMARK_CAPTURE(scrape, text, render_metrics)->UseManualTime();
BENCHMARK_CAPTURE(scrape, open_metrics, render_open_metrics)->UseManualTime();

}  // namespace
}  // namespace wsitrace::bench

BENCHMARK_MAIN();
