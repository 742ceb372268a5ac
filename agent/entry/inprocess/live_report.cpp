// SPDX-License-Identifier: MIT
#include "agent/entry/inprocess/live_report.h"

namespace wsitrace {

bool LiveReport::begin_scope() {
  bool begun = false;
  process_->inspect([&](const Timeline &timeline) {
    begun = !scopes_->open;
    if (begun) scopes_->open.emplace(timeline);
  });
  return begun;
}

std::optional<Verdict> LiveReport::scope_verdict() const {
  std::optional<Verdict> verdict;
  process_->inspect([&](const Timeline &timeline) {
    if (scopes_->open) verdict = scopes_->open->verdict(timeline);
  });
  return verdict;
}

void LiveReport::end_scope() {
  process_->inspect([&](const Timeline &) { scopes_->open.reset(); });
}

}  // namespace wsitrace
