// SPDX-License-Identifier: MIT
#include "agent/base/expected.h"

#include <system_error>

#include "agent/base/log_text.h"

namespace wsitrace {
namespace {

// One line stays one line, whatever a file name or a message holds.
std::string printable(const std::string &text) {
  std::string out;
  for (const unsigned char c : log_characters(text)) {
    const bool commands = c == '#' && out.ends_with('#');  // "##[...]" anywhere in a line may be one to a CI runner
    if (c < 0x20 || c == 0x7f || commands) out += '?';
    else out += static_cast<char>(c);
  }
  return out;
}

}  // namespace

std::string Error::line() const {
  std::string out = "wsitrace: " + printable(what) + ": " + printable(why);
  if (!hint.empty()) out += " (" + printable(hint) + ")";
  return out;
}

Error system_error(std::string what, int error_number, std::string hint) {
  return {std::move(what), std::generic_category().message(error_number), std::move(hint)};
}

}  // namespace wsitrace
