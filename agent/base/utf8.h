// SPDX-License-Identifier: MIT
#ifndef WSITRACE_BASE_UTF8_H
#define WSITRACE_BASE_UTF8_H

#include <string>
#include <string_view>

namespace wsitrace {

// TEXT with every byte that belongs to no UTF-8 character (RFC 3629) replaced by U+FFFD.
std::string utf8(std::string_view text_untrusted);

// The same, and U+FFFD also for what XML 1.0 (section 2.2, Char) rules out: control characters other than tab, line feed and
// carriage return; U+FFFE, U+FFFF.
std::string xml_characters(std::string_view text_untrusted);

}  // namespace wsitrace

#endif
