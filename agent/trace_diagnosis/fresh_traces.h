// SPDX-License-Identifier: MIT
//
// The traces that are being written, for a thread that wants to read them as they are now.
//
//    reader's thread       get(): wants them ------------------+              returns the traces
//                                                              v                ^
//    collector's thread                     are_wanted(): flushes all; written()+
//
#ifndef WSITRACE_TRACE_DIAGNOSIS_FRESH_TRACES_H
#define WSITRACE_TRACE_DIAGNOSIS_FRESH_TRACES_H

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace wsitrace {

struct FreshTrace {
  std::string path;
  uint32_t pid = 0;
};

class FreshTraces {
 public:
  // PATIENCE: how long get() waits for a collector that has other things to do.
  explicit FreshTraces(std::chrono::milliseconds patience = std::chrono::milliseconds(200)) : patience_(patience) {}

  // Collector's thread: somebody waits for them; these are there, and hold all that was drained by now.
  [[nodiscard]] bool are_wanted() const;
  void written(std::vector<FreshTrace> traces);

  // Any other: the traces, none before there is any. What a collector drains that takes longer than PATIENCE is not in them yet.
  [[nodiscard]] std::vector<FreshTrace> get();
  // Nobody waits any more.
  void stop();

 private:
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;  // guarded by mutex_, as is the rest
  bool stopped_ = false;
  std::vector<FreshTrace> traces_;
};

}  // namespace wsitrace

#endif
