// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "agent/base/mapping.h"
#include "agent/cli/commands.h"
#include "agent/cli/output.h"
#include "agent/cli/run/signals.h"

namespace wsitrace {
namespace {

constexpr const char *kProgramFooter =
    "Examples:\n"
    "  wsitrace run -- ./server --port 8080        record a program's connections\n"
    "  wsitrace report server.4711.wsitrace        show them\n"
    "  wsitrace check server.4711.wsitrace         did anything leak?\n"
    "  wsitrace explain server.4711.wsitrace       what is odd in it, in plain words?\n"
    "  wsitrace diff old.wsitrace new.wsitrace     what changed from one run to the next?\n"
    "  wsitrace top server.4711.wsitrace           watch them in a terminal\n"
    "  wsitrace agent --listen 127.0.0.1:9100      look after all programs of a machine\n"
    "\n"
    "`wsitrace COMMAND --help` tells more.";

// CLI11 says "--option: why"; where it names no option, the command line is what is wrong.
Error usage_error(const CLI::ParseError &error) {
  const std::string text = error.what();
  const size_t colon = text.find(": ");
  if (colon == std::string::npos || text.find(' ') < colon) return {"command line", text, "see wsitrace --help"};
  return {text.substr(0, colon), text.substr(colon + 2), "see wsitrace --help"};
}

// CLI11 would say that there is no command at all.
bool is_no_command(const CLI::App &app, const char *word) {
  return word[0] != '-' &&
         app.get_subcommands([&](const CLI::App *command) { return command->check_name(word); }).empty();
}

int run(int argc, char **argv) {
  int exit_status = 0;
  CLI::App app("Records the life of every connection in a libwebsockets program.", "wsitrace");
  app.set_version_flag("--version", "wsitrace " WSITRACE_VERSION);
  app.require_subcommand(1);
  app.footer(kProgramFooter);
  add_run_command(app, exit_status);
  add_report_command(app, exit_status);
  add_check_command(app, exit_status);
  add_explain_command(app, exit_status);
  add_diff_command(app, exit_status);
  add_agent_command(app, exit_status);
  add_top_command(app, exit_status);
  if (argc > 1 && is_no_command(app, argv[1])) {
    complain({argv[1], "no such command", "see wsitrace --help"});
    return kUsageStatus;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &wanted) {
    return app.exit(wanted);
  } catch (const CLI::ParseError &error) {
    complain(usage_error(error));
    return kUsageStatus;
  }
  return exit_status;
}

}  // namespace
}  // namespace wsitrace

int main(int argc, char **argv) {
  wsitrace::ignore_file_size_signal();
  wsitrace::outlive_cut_mappings();
  try {
    return wsitrace::run(argc, argv);
  } catch (const std::exception &error) {
    wsitrace::complain({"internal", error.what(), "please report this"});
    return wsitrace::kUsageStatus;
  }
}
