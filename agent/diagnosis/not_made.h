// SPDX-License-Identifier: MIT
//
// Why a context or a vhost could not be made, by what lws logged before it gave up.
#ifndef WSITRACE_DIAGNOSIS_NOT_MADE_H
#define WSITRACE_DIAGNOSIS_NOT_MADE_H

#include <functional>
#include <optional>
#include <string>

#include "agent/lws/said.h"

namespace wsitrace {

struct SaidLine {
  std::string text;
  unsigned number = 0;  // 0: none
};

struct WhyNotMade {
  std::string text;  // completes "lws_create_context() failed: "
  std::string advice;
};

// SAID gives what lws logged of a kind, if anything.
WhyNotMade why_not_made(const std::function<std::optional<SaidLine>(Said)> &said);

}  // namespace wsitrace

#endif
