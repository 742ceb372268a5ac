// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_PROMETHEUS_LASTING_H
#define WSITRACE_EXPORT_PROMETHEUS_LASTING_H

#include <cstdint>
#include <string_view>

namespace wsitrace {

// A callback that a thread of the host has been in for long, and still is.
struct Lasting {
  uint16_t callback;
  std::string_view protocol;
  uint64_t since_ns;  // CLOCK_MONOTONIC
};

}  // namespace wsitrace

#endif
