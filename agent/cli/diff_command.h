// SPDX-License-Identifier: MIT
//
// `wsitrace diff`: what changed between two traces of the same workload? Exits with 0, 1, 2 or 3 (see comparison.h).
#ifndef WSITRACE_CLI_DIFF_COMMAND_H
#define WSITRACE_CLI_DIFF_COMMAND_H

namespace CLI {
class App;
}

namespace wsitrace {

// Adds the command to APP. Parsing it runs it and sets EXIT_STATUS, which outlives APP.
void add_diff_command(CLI::App &app, int &exit_status);

}  // namespace wsitrace

#endif
