// SPDX-License-Identifier: MIT
//
// `wsitrace run`: runs a program and traces it.
#ifndef WSITRACE_CLI_RUN_RUN_COMMAND_H
#define WSITRACE_CLI_RUN_RUN_COMMAND_H

namespace CLI {
class App;
}

namespace wsitrace {

// Adds the command to APP. Parsing it runs it and sets EXIT_STATUS, which outlives APP.
void add_run_command(CLI::App &app, int &exit_status);

}  // namespace wsitrace

#endif
