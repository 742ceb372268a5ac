// SPDX-License-Identifier: MIT
#include "agent/text/frames_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "agent/text/printable.h"

namespace wsitrace {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_of_lws(const Frame &frame) { return base_name(frame.module).starts_with("libwebsockets"); }

// Of the C library; main() itself may have become a jump.
bool calls_main(const Frame &frame) { return frame.function.starts_with("__libc_start"); }

std::string line_of(const Frame &frame) {
  if (frame.module.empty()) return fmt::format("{:#x}", frame.address);
  if (frame.function.empty()) return fmt::format("{:#x} in {}", frame.offset, printable(frame.module));
  if (frame.file.empty()) return fmt::format("{}  in {}", printable(frame.function), printable(frame.module));
  return fmt::format("{}  {}:{}", printable(frame.function), printable(frame.file), frame.line);
}

}  // namespace

std::string place_text(const std::optional<Frame> &function) {
  if (!function || function->function.empty()) return "";
  const std::string name = printable(function->function);
  if (function->file.empty()) return fmt::format("{} in {}", name, printable(base_name(function->module)));
  return fmt::format("{}, {}:{}", name, printable(base_name(function->file)), function->line);
}

std::vector<std::string> lines_of(const Frames &frames) {
  auto from = std::find_if_not(frames.begin(), frames.end(), is_of_lws);
  if (from == frames.end()) from = frames.begin();
  std::vector<std::string> lines;
  for (; from != frames.end() && !calls_main(*from); ++from) {
    lines.push_back(line_of(*from));
    if (from->function == "main") break;
  }
  return lines;
}

}  // namespace wsitrace
