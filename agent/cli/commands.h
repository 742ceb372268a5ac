// SPDX-License-Identifier: MIT
//
// The commands of `wsitrace`. Each adds one to APP; parsing it runs it and sets EXIT_STATUS, which outlives APP.
#ifndef WSITRACE_CLI_COMMANDS_H
#define WSITRACE_CLI_COMMANDS_H

namespace CLI {
class App;
}

namespace wsitrace {

void add_run_command(CLI::App &app, int &exit_status);
void add_report_command(CLI::App &app, int &exit_status);
void add_check_command(CLI::App &app,
                       int &exit_status);  // exits with 0, 1, 2 or 3 (verdict.h), as do run --check and diff
void add_explain_command(CLI::App &app, int &exit_status);
void add_diff_command(CLI::App &app, int &exit_status);
void add_agent_command(CLI::App &app, int &exit_status);
void add_top_command(CLI::App &app, int &exit_status);

}  // namespace wsitrace

#endif
