// SPDX-License-Identifier: MIT
//
// `wsitrace report`: what is in a trace.
#ifndef WSITRACE_CLI_REPORT_COMMAND_H
#define WSITRACE_CLI_REPORT_COMMAND_H

namespace CLI {
class App;
}

namespace wsitrace {

// Adds the command to APP. Parsing it runs it and sets EXIT_STATUS, which outlives APP.
void add_report_command(CLI::App &app, int &exit_status);

}  // namespace wsitrace

#endif
