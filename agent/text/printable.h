// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TEXT_PRINTABLE_H
#define WSITRACE_TEXT_PRINTABLE_H

#include <cstddef>
#include <string>
#include <string_view>

namespace wsitrace {

// TEXT as one line that neither a terminal nor a CI runner obeys: controls (C1, bidirectional), "::" before a word, "##" and what is not UTF-8
// become "\n", "\t" or "\x1b". A backslash is doubled.
std::string printable(std::string_view text_untrusted);

// Columns that printable text takes up on a terminal, wide characters apart.
size_t width_of(std::string_view printable_text);
// SENTENCE in lines of WIDTH columns (0: one line), each indented, the second and later ones by HANGING more.
std::string wrapped(const std::string &sentence, size_t width, size_t indent, size_t hanging);

}  // namespace wsitrace

#endif
