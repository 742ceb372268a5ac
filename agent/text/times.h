// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TEXT_TIMES_H
#define WSITRACE_TEXT_TIMES_H

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace wsitrace {

// "12.345": seconds from SINCE_NS to AT_NS, rounded to DECIMALS.
inline std::string seconds(uint64_t at_ns, uint64_t since_ns, int decimals = 3) {
  return fmt::format("{:.{}f}", static_cast<double>(static_cast<int64_t>(at_ns - since_ns)) / 1e9, decimals);
}

}  // namespace wsitrace

#endif
