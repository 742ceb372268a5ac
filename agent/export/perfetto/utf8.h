// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_PERFETTO_UTF8_H
#define WSITRACE_EXPORT_PERFETTO_UTF8_H

#include <string>
#include <string_view>

namespace wsitrace {

// TEXT with every byte that belongs to no UTF-8 character (RFC 3629) replaced by U+FFFD. A protobuf string must be UTF-8.
std::string utf8(std::string_view text_untrusted);

}  // namespace wsitrace

#endif
