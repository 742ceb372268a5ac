// SPDX-License-Identifier: MIT
//
// Stacks in the report and in verdicts: {"created":[{"address","module","offset","function","file","line"}...],"bound":[...]}, innermost
// first, numbers as "0x1f"; what is not known is null.
#ifndef WSITRACE_TEXT_FRAMES_JSON_H
#define WSITRACE_TEXT_FRAMES_JSON_H

#include <optional>
#include <string>

#include "agent/timeline/frame.h"

namespace wsitrace {

// Appends the object to OUT.
void append_stacks(std::string &out, const Frames &created, const Frames &bound);
// Appends one frame, or null.
void append_frame(std::string &out, const std::optional<Frame> &frame);
// "0x1f", with its quotes.
void append_hex(std::string &out, uint64_t number);

}  // namespace wsitrace

#endif
