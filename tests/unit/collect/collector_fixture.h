// SPDX-License-Identifier: MIT
//
// A collector on a ring file in memory, with a transcript for each process that it finds.
#ifndef WSITRACE_TESTS_UNIT_COLLECT_COLLECTOR_FIXTURE_H
#define WSITRACE_TESTS_UNIT_COLLECT_COLLECTOR_FIXTURE_H

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "agent/collect/collector.h"
#include "tests/unit/collect/fake_host.h"
#include "tests/unit/collect/transcript.h"

namespace wsitrace {

class CollectorTest : public testing::Test {
 protected:
  Collector collector(Collector::EndOfProcess end_of_process = {}) {
    return {file,
            [this](const ProcessFacts &facts) {
              logs.push_back(std::make_shared<Transcript>());
              opened.push_back(facts);
              return logs.back();
            },
            std::move(end_of_process)};
  }
  // Passes until CONDITION holds; false after ten seconds.
  static bool drain_until(Collector &collector, const std::function<bool()> &condition) {
    for (int pass = 0; pass < 10'000; ++pass) {
      collector.drain();
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  RingFile file = *RingFile::create("", {.ring_slots = kMinRingSlots, .ring_count = 16, .process_count = 8});
  std::vector<std::shared_ptr<Transcript>> logs;
  std::vector<ProcessFacts> opened;
  const uint64_t past_ns = monotonic_ns() - 1'000'000'000;
};

}  // namespace wsitrace

#endif
