// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_TEXT_DETAILS_H
#define WSITRACE_EXPORT_TEXT_DETAILS_H

#include <string>

#include "agent/timeline/timeline.h"

namespace wsitrace {

// Everything about one connection, some lines: what it is, then what happened on it by time, in seconds since the start.
std::string details_of(const Connection &connection, const Timeline &timeline);

}  // namespace wsitrace

#endif
