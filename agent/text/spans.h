// SPDX-License-Identifier: MIT
//
// Numbers as people say them: durations, points in time, counts.
#ifndef WSITRACE_TEXT_SPANS_H
#define WSITRACE_TEXT_SPANS_H

#include <cstdint>
#include <string>
#include <string_view>

namespace wsitrace {

// A duration with the precision that matters: "850 ns", "12 µs", "0.2 ms", "123 ms", "1.50 s", "3 min 20 s", "2 h 5 min".
std::string span_text(uint64_t duration_ns);

// From SINCE_NS to UNTIL_NS; what a damaged log dates backwards is no time.
std::string span_text(uint64_t since_ns, uint64_t until_ns);

// "1.921 s": since the program's start.
std::string time_text(uint64_t at_ns, uint64_t started_ns, int decimals = 3);

// "once", "twice", "23 times".
std::string times_text(uint64_t count);

// "1 request", "23 requests".
std::string count_text(uint64_t count, std::string_view noun);

// "98 %"; "less than 1 %" and "more than 99 %" where rounding would say none or all.
std::string share_text(uint64_t part, uint64_t whole);

}  // namespace wsitrace

#endif
