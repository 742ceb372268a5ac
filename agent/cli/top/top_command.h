// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_TOP_TOP_COMMAND_H
#define WSITRACE_CLI_TOP_TOP_COMMAND_H

namespace CLI {
class App;
}

namespace wsitrace {

// Adds `wsitrace top FILE|DIR` to APP. Parsing it runs it and sets EXIT_STATUS, which outlives APP.
void add_top_command(CLI::App &app, int &exit_status);

}  // namespace wsitrace

#endif
