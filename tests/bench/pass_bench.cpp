// SPDX-License-Identifier: MIT
//
// What an event that is not recorded costs on its way through: the host's callback called directly, and through its thunk.
// run.sh subtracts the two, which ran interleaved.
#include <benchmark/benchmark.h>

#include "tests/bench/measure.h"
#include "tests/bench/probe_rig.h"

namespace wsitrace::bench {
namespace {

// lws calls through a pointer that it has just loaded from the protocol.
void pass(benchmark::State &state, bool wrapped, lws_callback_reasons reason) {
  set_up_probe();
  lws_callback_function *callback = wrapped ? wrapped_callback() : bare_callback();
  run(state, [callback, reason]() mutable {
    benchmark::DoNotOptimize(callback);
    benchmark::DoNotOptimize(callback(fake_wsi(), reason, nullptr, nullptr, 0));
  });
}

BENCHMARK_CAPTURE(pass, direct_WRITEABLE, false, LWS_CALLBACK_SERVER_WRITEABLE);
BENCHMARK_CAPTURE(pass, thunk_WRITEABLE, true, LWS_CALLBACK_SERVER_WRITEABLE);
BENCHMARK_CAPTURE(pass, direct_LOCK_POLL, false, LWS_CALLBACK_LOCK_POLL);
BENCHMARK_CAPTURE(pass, thunk_LOCK_POLL, true, LWS_CALLBACK_LOCK_POLL);

}  // namespace
}  // namespace wsitrace::bench

BENCHMARK_MAIN();
