// SPDX-License-Identifier: MIT
//
// What recording one event costs the host, beside its peers in the same run: the bare clock read, an lttng-ust tracepoint with the
// same payload (its session is started by run.sh) and a line of an asynchronous spdlog logger that says the same.
//
//   clock          clock_gettime(CLOCK_MONOTONIC)
//   record         one Event of 32 bytes through RingWriter, clock read included
//   probe/KIND     the same from lws's side: the thunk is called, asks a library for the facts, records, calls the host
//   stack/N        where the program stood, N calls deep (`wsitrace run --stacks`)
//   lttng_ust      lttng-ust reads its own clock; its channel is in overwrite mode, as a reader on the second core would only disturb
//   spdlog_async   queue of 8192 lines, overrun_oldest: the caller never waits for the disk
#include <benchmark/benchmark.h>
#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "agent/lws/callbacks.h"
#include "agent/probe/on_demand.h"
#include "agent/ring/writer.h"
#include "tests/bench/lttng_tp.h"
#include "tests/bench/measure.h"
#include "tests/bench/probe_rig.h"

namespace wsitrace::bench {
namespace {

constexpr size_t kLogBytes = 16u << 20;
constexpr size_t kQueuedLines = 8192;

void clock_read(benchmark::State &state) {
  run(state, [] { benchmark::DoNotOptimize(monotonic_ns()); });
}

void record(benchmark::State &state) {
  auto ring = std::make_unique<RingHeader>();
  const auto slots = std::make_unique<std::byte[]>(size_t{kDefaultRingSlots} * kSlotBytes);
  RingWriter writer(ring.get(), slots.get(), kDefaultRingSlots, 0);
  Event event{};
  event.kind = k_HTTP_BIND_PROTOCOL;
  event.vhost = 1;
  event.protocol = 2;
  uint32_t recorded = 0;
  run(state, [&] {
    event.wsi += 64;
    writer.record(event);
    if (++recorded % kGiveBackEvery == 0)
      ring->tail.store(ring->head.load(std::memory_order_relaxed), std::memory_order_release);
  });
  if (ring->lost != 0) state.SkipWithError("the ring was full");
}

void probe(benchmark::State &state, lws_callback_reasons reason, const char *in) {
  set_up_probe();
  lws_callback_function *callback = wrapped_callback();
  void *argument = const_cast<char *>(in);
  const size_t length = reason == LWS_CALLBACK_HTTP ? 1 : 0;
  run(state, [=] { call(callback, reason, argument, length); });
}

// In frames of its own: the unwinder walks them all.
[[gnu::noinline]] void stand_deep(int64_t calls, const std::function<void()> &there) {
  if (calls > 0) stand_deep(calls - 1, there);
  else there();
  asm volatile("");  // no tail call
}

void stack(benchmark::State &state) {
  set_up_probe();
  uint32_t recorded = 0;
  stand_deep(state.range(0), [&] {
    run(state, [&] {
      record_stack(fake_wsi(), LWS_CALLBACK_HTTP_BIND_PROTOCOL);
      if (++recorded % kGiveBackEvery == 0) give_back();
    });
  });
}

void lttng_ust(benchmark::State &state) {
  if (!lttng_ust_tracepoint_enabled(wsitrace_bench, event)) return state.SkipWithError("no lttng session records it");
  uint64_t wsi = 0;
  run(state, [&] {
    wsi += 64;
    lttng_ust_tracepoint(wsitrace_bench, event, wsi, k_HTTP_BIND_PROTOCOL, 1, 2, 0, 0, 0);
  });
}

void spdlog_async(benchmark::State &state) {
  const char *directory = std::getenv("WSITRACE_BENCH_DIR");
  if (directory == nullptr) return state.SkipWithError("WSITRACE_BENCH_DIR names no directory for its file");
  const auto pool = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
  auto sink =
      std::make_shared<spdlog::sinks::rotating_file_sink_mt>(std::string(directory) + "/spdlog.log", kLogBytes, 1);
  const auto logger =
      std::make_shared<spdlog::async_logger>("bench", sink, pool, spdlog::async_overflow_policy::overrun_oldest);
  uint64_t wsi = 0;
  run(state, [&] {
    wsi += 64;
    logger->info("wsi={:#x} kind={} vhost={} protocol={} text={} value={}", wsi, "HTTP_BIND_PROTOCOL", "localhost",
                 "http", "", 0);
  });
}

BENCHMARK(clock_read)->Name("clock");
BENCHMARK(record);
BENCHMARK_CAPTURE(probe, WSI_CREATE, LWS_CALLBACK_WSI_CREATE, nullptr);
BENCHMARK_CAPTURE(probe, HTTP_BIND_PROTOCOL, LWS_CALLBACK_HTTP_BIND_PROTOCOL, nullptr);
BENCHMARK_CAPTURE(probe, HTTP_DROP_PROTOCOL, LWS_CALLBACK_HTTP_DROP_PROTOCOL, "lws_http_transaction_completed");
BENCHMARK_CAPTURE(probe, HTTP, LWS_CALLBACK_HTTP, "/");
BENCHMARK_CAPTURE(probe, FILTER_HTTP_CONNECTION, LWS_CALLBACK_FILTER_HTTP_CONNECTION, "/");
BENCHMARK_CAPTURE(probe, WSI_DESTROY, LWS_CALLBACK_WSI_DESTROY, nullptr);
BENCHMARK(stack)->Arg(4)->Arg(16);
BENCHMARK(lttng_ust);
BENCHMARK(spdlog_async);

}  // namespace
}  // namespace wsitrace::bench

BENCHMARK_MAIN();
