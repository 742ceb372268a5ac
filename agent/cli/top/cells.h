// SPDX-License-Identifier: MIT
//
// Text in the cells of a terminal: wide characters take two, combining ones none.
//
// Source: wcwidth(3) of the C.UTF-8 locale, whatever the locale of the process is.
#ifndef WSITRACE_CLI_TOP_CELLS_H
#define WSITRACE_CLI_TOP_CELLS_H

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/export/text/columns.h"
#include "agent/timeline/connection.h"

namespace wsitrace {

// TEXT from a host as it may be shown: printable(), and what turns the direction of text around becomes U+FFFD.
std::string shown_text(std::string_view text_untrusted);

size_t cells_of(std::string_view shown);
// SHOWN in exactly CELLS cells: padded, or cut with an ellipsis.
std::string fit(std::string_view shown, size_t cells, Align align = Align::kLeft);
// The same of "HOST:PORT", cut before the port.
std::string fit_address(std::string_view shown, size_t cells);
// SHOWN in lines of at most CELLS cells, cut between words where it can be; those after the first begin with INDENT spaces.
std::vector<std::string> wrapped(std::string_view shown, size_t cells, size_t indent);

// "0.4ms", "120ms", "1.23s", "12.3s", "4m05s", "3h07m", "12d04h"
std::string age_text(Ns age_ns);

}  // namespace wsitrace

#endif
