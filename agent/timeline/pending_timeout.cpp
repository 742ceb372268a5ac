// SPDX-License-Identifier: MIT
#include "agent/timeline/pending_timeout.h"

#include "agent/lws/timeouts.h"
#include "wsitrace/event.h"

namespace wsitrace {
std::string pending_timeout_text(int32_t value) {
  const int reason = pending_timeout_reason(value);
  const TimeoutRow *known = pending_timeout(reason);
  std::string name = known != nullptr                 ? known->name
                     : reason >= kApplicationTimeouts ? "the application's " + std::to_string(reason)
                                                      : std::to_string(reason);
  const int seconds = pending_timeout_seconds(value);
  if (seconds == 0) return name;
  return seconds < 0 ? "killed by lws_set_timeout: " + name : name + ", " + std::to_string(seconds) + " s";
}

}  // namespace wsitrace
