// SPDX-License-Identifier: MIT
//
// Expected<T> is a value or an Error; every fallible function of the cold side returns one.
#ifndef WSITRACE_BASE_EXPECTED_H
#define WSITRACE_BASE_EXPECTED_H

#include <string>
#include <tl/expected.hpp>

namespace wsitrace {

// Printed as "wsitrace: WHAT: WHY (HINT)".
struct Error {
  std::string what;  // the thing: a file, a flag, an address
  std::string why;   // what is wrong with it
  std::string hint;  // what to do, or empty

  [[nodiscard]] std::string line() const;
};

template <typename T>
using Expected = tl::expected<T, Error>;
using tl::unexpected;

// An Error whose why is the text of `error_number` (errno).
[[nodiscard]] Error system_error(std::string what, int error_number, std::string hint = {});

}  // namespace wsitrace

#endif
