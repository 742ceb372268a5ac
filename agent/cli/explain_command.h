// SPDX-License-Identifier: MIT
//
// `wsitrace explain`: one connection, or whatever is odd in a trace, in plain words.
#ifndef WSITRACE_CLI_EXPLAIN_COMMAND_H
#define WSITRACE_CLI_EXPLAIN_COMMAND_H

namespace CLI {
class App;
}

namespace wsitrace {

// Adds the command to APP. Parsing it runs it and sets EXIT_STATUS, which outlives APP.
void add_explain_command(CLI::App &app, int &exit_status);

}  // namespace wsitrace

#endif
