// SPDX-License-Identifier: MIT
//
// Why a context, a vhost or a connection could not be made, by what lws logged before it gave up.
#ifndef WSITRACE_DIAGNOSIS_NOT_MADE_H
#define WSITRACE_DIAGNOSIS_NOT_MADE_H

#include <functional>
#include <optional>
#include <string>

#include "agent/lws/said.h"
#include "agent/timeline/connection.h"

namespace wsitrace {

struct SaidLine {  // of lws's log
  std::string text;
  unsigned number = 0;  // 0: none
  int error = 0;        // errno; 0: unknown
  Ns at_ns = 0;
};

struct WhyNotMade {
  std::string text;  // completes "lws_create_context() failed: "
  std::string advice;
};

// Gives what lws logged of a kind, or nullptr.
using SaidLines = std::function<const SaidLine *(Said)>;

WhyNotMade why_not_made(const SaidLines &said);
// Of a listener on a socket in the file system: completes "this program does not listen: ".
std::optional<WhyNotMade> why_no_socket(const SaidLines &said);
// Of a connect that returned before there was a wsi: completes "2 connects came to nothing: ".
std::optional<WhyNotMade> why_came_empty(const SaidLines &said);

}  // namespace wsitrace

#endif
