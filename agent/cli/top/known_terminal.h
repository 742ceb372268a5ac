// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_TOP_KNOWN_TERMINAL_H
#define WSITRACE_CLI_TOP_KNOWN_TERMINAL_H

namespace wsitrace {

// What TERM names is in the terminfo database. newterm() would find out as well, but leave memory behind when it is not.
bool is_known_terminal();

}  // namespace wsitrace

#endif
