// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_JSON_COMPARE_JSON_H
#define WSITRACE_EXPORT_JSON_COMPARE_JSON_H

#include <string>

#include "agent/compare/comparison.h"

namespace wsitrace {

// One object of schema wsitrace.diff/1 (SCHEMA.md has its members) and a newline.
std::string compare_json(const Comparison &comparison);

}  // namespace wsitrace

#endif
