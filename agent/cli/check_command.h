// SPDX-License-Identifier: MIT
//
// `wsitrace check`: did anything leak? Exits with 0, 1, 2 or 3 (see verdict.h).
#ifndef WSITRACE_CLI_CHECK_COMMAND_H
#define WSITRACE_CLI_CHECK_COMMAND_H

namespace CLI {
class App;
}

namespace wsitrace {

// Adds the command to APP. Parsing it runs it and sets EXIT_STATUS, which outlives APP.
void add_check_command(CLI::App &app, int &exit_status);

}  // namespace wsitrace

#endif
