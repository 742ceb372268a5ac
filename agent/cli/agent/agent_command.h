// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_AGENT_AGENT_COMMAND_H
#define WSITRACE_CLI_AGENT_AGENT_COMMAND_H

namespace CLI {
class App;
}

namespace wsitrace {

// wsitrace agent [--dir DIR] [--listen HOST:PORT]
void add_agent_command(CLI::App &app, int &exit_status);

}  // namespace wsitrace

#endif
