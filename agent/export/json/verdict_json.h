// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_JSON_VERDICT_JSON_H
#define WSITRACE_EXPORT_JSON_VERDICT_JSON_H

#include <string>

#include "agent/verdict/verdict.h"

namespace wsitrace {

// {"schema":"wsitrace.check/1","verdict":"clean|findings|inconclusive","doubts":[...],"live_at_exit":0,
//  "findings":[{"kind":...,"connection":7,"vhost":...,"protocol":...,"message":...}]} and a newline.
std::string verdict_json(const Verdict &verdict);

}  // namespace wsitrace

#endif
