// SPDX-License-Identifier: MIT
//
// Events per second on one core from a ring to the folded timeline. A ring is filled, then the passes that empty it are timed; the
// filling is not.
//
//   drain        Collector into a sink that does nothing
//   drain_fold   Collector into Timeline, what every live way of reading pays
//   drain_live   the same for the page and the metrics, what the plugin's own thread pays
//
// Time is the thread's CPU time, so that a busy neighbour does not count. items_per_second are events.
#include <benchmark/benchmark.h>

#include <ctime>
#include <memory>

#include "agent/collect/collector.h"
#include "agent/export/live/live_board.h"
#include "agent/export/prometheus/process_metrics.h"
#include "agent/timeline/timeline.h"
#include "tests/bench/own_host.h"
#include "tests/bench/traffic.h"

namespace wsitrace::bench {
namespace {

constexpr size_t kFill = 20011;  // events a round; with their items they fit into kDefaultRingSlots
constexpr TrafficOptions kTraffic{.connections = 0, .open_at_once = 1009, .requests = 3};
constexpr timespec kPastWatermark{0, 3'000'000};  // the collector holds back what is younger than a millisecond

struct Ignore final : LogSink {
  void on_event(const Event &, std::span<const std::byte>) override {}
};

double cpu_s() { return static_cast<double>(clock_ns(CLOCK_THREAD_CPUTIME_ID)) * 1e-9; }

void fill(Traffic &traffic, RingWriter &out) {
  for (size_t i = 0; i < kFill && traffic.next(); ++i) out.record(traffic.event(), &traffic.items());
  nanosleep(&kPastWatermark, nullptr);
}

size_t drain(Collector &collector) {
  size_t drained = 0;
  for (size_t got = 1; got != 0 && drained < kFill; drained += got) got = collector.drain();
  return drained;
}

void drain_into(benchmark::State &state, const std::shared_ptr<LogSink> &sink) {
  OwnHost host;
  Traffic traffic(kTraffic, [&](std::string_view text) { return host.tell(text); });
  Collector collector(host.file(), [&](const ProcessFacts &) { return sink; });
  size_t events = 0;
  for (auto _ : state) {
    fill(traffic, host.writer());
    const double from = cpu_s();
    const size_t drained = drain(collector);
    state.SetIterationTime(cpu_s() - from);
    if (drained != kFill) return state.SkipWithError("the ring did not empty");
    events += drained;
  }
  state.SetItemsProcessed(static_cast<int64_t>(events));
}

void drain_only(benchmark::State &state) { drain_into(state, std::make_shared<Ignore>()); }

void drain_fold(benchmark::State &state) {
  const auto timeline = std::make_shared<Timeline>();
  drain_into(state, timeline);
  if (timeline->totals().transactions == 0) state.SkipWithError("the timeline saw no transaction");
}

void drain_live(benchmark::State &state) {
  Metrics metrics;
  LiveBoard board;
  const auto process = board.listener();
  process->add(std::make_shared<ProcessMetrics>(metrics, process->log()));
  drain_into(state, process);
  if (process->timeline().totals().transactions == 0) state.SkipWithError("the timeline saw no transaction");
}

BENCHMARK(drain_only)->Name("drain")->UseManualTime();
BENCHMARK(drain_fold)->UseManualTime();
BENCHMARK(drain_live)->UseManualTime();

}  // namespace
}  // namespace wsitrace::bench

BENCHMARK_MAIN();
