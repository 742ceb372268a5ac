// SPDX-License-Identifier: MIT
#include "agent/trace_diagnosis/fresh_traces.h"

#include <utility>

namespace wsitrace {

bool FreshTraces::are_wanted() const {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

void FreshTraces::written(std::vector<FreshTrace> traces) {
  {
    const std::lock_guard lock(mutex_);
    traces_ = std::move(traces);
    wanted_ = false;
  }
  changed_.notify_all();
}

std::vector<FreshTrace> FreshTraces::get() {
  std::unique_lock lock(mutex_);
  wanted_ = true;
  changed_.wait_for(lock, patience_, [this] { return !wanted_ || stopped_; });
  return traces_;
}

void FreshTraces::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

}  // namespace wsitrace
