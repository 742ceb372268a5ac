// SPDX-License-Identifier: MIT
#include "agent/text/spans.h"

#include <fmt/format.h>

#include "agent/text/times.h"

namespace wsitrace {
namespace {

constexpr uint64_t kMicrosecondNs = 1'000;
constexpr uint64_t kMillisecondNs = 1'000'000;
constexpr uint64_t kSecondNs = 1'000'000'000;

double in(uint64_t duration_ns, uint64_t unit_ns) {
  return static_cast<double>(duration_ns) / static_cast<double>(unit_ns);
}

std::string long_span_text(uint64_t seconds) {
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

}  // namespace

std::string span_text(uint64_t duration_ns) {
  if (duration_ns < kMicrosecondNs) return fmt::format("{} ns", duration_ns);
  if (duration_ns < 100 * kMicrosecondNs) return fmt::format("{:.0f} µs", in(duration_ns, kMicrosecondNs));
  if (duration_ns < 10 * kMillisecondNs) return fmt::format("{:.1f} ms", in(duration_ns, kMillisecondNs));
  if (duration_ns < kSecondNs) return fmt::format("{:.0f} ms", in(duration_ns, kMillisecondNs));
  if (duration_ns < 60 * kSecondNs) return fmt::format("{:.2f} s", in(duration_ns, kSecondNs));
  return long_span_text(duration_ns / kSecondNs);
}

std::string span_text(uint64_t since_ns, uint64_t until_ns) {
  return span_text(until_ns > since_ns ? until_ns - since_ns : 0);
}

std::string time_text(uint64_t at_ns, uint64_t started_ns, int decimals) {
  return seconds(at_ns, started_ns, decimals) + " s";
}

std::string times_text(uint64_t count) {
  if (count == 1) return "once";
  return count == 2 ? "twice" : fmt::format("{} times", count);
}

std::string count_text(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string share_text(uint64_t part, uint64_t whole) {
  if (whole == 0 || part == 0) return "0 %";
  if (part >= whole) return "100 %";
  const double percent = 100 * in(part, whole);
  if (percent < 1) return "less than 1 %";
  if (percent > 99) return "more than 99 %";
  return fmt::format("{:.0f} %", percent);
}

}  // namespace wsitrace
