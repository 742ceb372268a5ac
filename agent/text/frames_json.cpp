// SPDX-License-Identifier: MIT
#include "agent/text/frames_json.h"

#include <charconv>
#include <optional>

#include "agent/text/json_text.h"

namespace wsitrace {
namespace {

void append_one(std::string &out, const Frame &frame) {
  JsonObject object(out);
  append_hex(object.key("address"), frame.address);
  object.text_or_null("module", frame.module);
  if (frame.module.empty()) object.null("offset");
  else append_hex(object.key("offset"), frame.offset);
  object.text_or_null("function", frame.function);
  object.text_or_null("file", frame.file);
  object.number_or_null("line", frame.line > 0 ? std::optional<int>(frame.line) : std::nullopt);
  object.close();
}

}  // namespace

void append_hex(std::string &out, uint64_t number) {
  char digits[24];
  out += "\"0x";
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr);
  out += '"';
}

void append_frame(std::string &out, const std::optional<Frame> &frame) {
  if (frame) append_one(out, *frame);
  else out += "null";
}

void append_stacks(std::string &out, const Frames &created, const Frames &bound) {
  JsonObject object(out);
  append_list(object.key("created"), created, append_one);
  append_list(object.key("bound"), bound, append_one);
  object.close();
}

}  // namespace wsitrace
