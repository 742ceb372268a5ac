// SPDX-License-Identifier: MIT
#include "agent/text/callbacks.h"

#include <fmt/format.h>

#include "agent/lws/callbacks.h"
#include "agent/lws/timeouts.h"
#include "wsitrace/event.h"

namespace wsitrace {
std::string callback_name(int reason) {
  const char *name = reason < k_gap ? kind_name(static_cast<unsigned>(reason)) : nullptr;
  return name != nullptr ? std::string("LWS_CALLBACK_") + name : fmt::format("callback {}", reason);
}

std::string reason_name(int reason) {
  constexpr int kUser = 1000;  // LWS_CALLBACK_USER
  if (reason < kUser) return callback_name(reason);
  return reason == kUser ? "LWS_CALLBACK_USER" : fmt::format("LWS_CALLBACK_USER + {}", reason - kUser);
}

std::string timeout_purpose(int reason) {
  const TimeoutRow *known = pending_timeout(reason);
  if (known != nullptr && known->purpose != nullptr)
    return fmt::format("{} (PENDING_{}{})", known->purpose,
                       reason == kTimeout_FLUSH_STORED_SEND_BEFORE_CLOSE ? "" : "TIMEOUT_", known->name);
  return reason >= kApplicationTimeouts ? fmt::format("of the application's own (reason {})", reason) : std::string();
}

}  // namespace wsitrace
