// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_NUMBERS_H
#define WSITRACE_CLI_NUMBERS_H

#include <CLI/CLI.hpp>
#include <string>

namespace wsitrace {

// A whole number from 1 on, in decimal digits; CLI::PositiveNumber would name the largest double in its complaint.
inline CLI::Validator counting_number() {
  return CLI::Validator(
      [](const std::string &text) {
        const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        const bool fine = digits && text.find_first_not_of('0') != std::string::npos;
        return fine ? std::string() : "not a whole number from 1 on: " + text;
      },
      "");
}

}  // namespace wsitrace

#endif
