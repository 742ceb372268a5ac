// SPDX-License-Identifier: MIT
#ifndef WSITRACE_BASE_LOG_TEXT_H
#define WSITRACE_BASE_LOG_TEXT_H

#include <string>
#include <string_view>

namespace wsitrace {

// What xml_characters() (utf8.h) makes of TEXT, with U+FFFD also for the control characters of C1 and for what turns text around or begins a
// line (U+202E, U+2066, U+2028 and the like).
std::string log_characters(std::string_view text_untrusted);

}  // namespace wsitrace

#endif
