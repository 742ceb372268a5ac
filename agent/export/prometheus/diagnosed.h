// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_PROMETHEUS_DIAGNOSED_H
#define WSITRACE_EXPORT_PROMETHEUS_DIAGNOSED_H

#include <cstdint>

#include "agent/diagnosis/diagnosis.h"

namespace wsitrace {

// What was found in traces, and when they were read (Unix time, ns).
struct Diagnosed {
  SeverityCounts counts;
  uint64_t unix_ns = 0;
};

}  // namespace wsitrace

#endif
