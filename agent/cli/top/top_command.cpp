// SPDX-License-Identifier: MIT
#include "agent/cli/commands.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "agent/base/clock.h"
#include "agent/cli/output.h"
#include "agent/cli/top/terminal.h"
#include "agent/cli/top/top_keys.h"
#include "agent/cli/top/top_view.h"
#include "agent/cli/top/watched_files.h"

namespace wsitrace {
namespace {

constexpr const char *kTopFooter =
    "FILE may be a finished trace, a trace still being written, or the ring "
    "left behind by a killed program; of a DIR it is all of\n"
    "them. On a terminal it goes on until q; else it prints what there is, and ends.\n"
    "\n"
    "Keys: arrows, Page Up, Page Down, Home and End select a connection, "
    "Enter shows its timeline, Escape goes back, / filters,\n"
    "s sorts (age, transactions, id), c chooses a class, ? helps, q quits.\n"
    "\n"
    "Examples:\n"
    "  wsitrace top janus.4711.wsitrace        connections of a program that runs under `wsitrace run`\n"
    "  wsitrace top /var/log/wsitrace          of all programs that an agent looks after\n"
    "  wsitrace top janus.4711.wsitrace | cat  once";

constexpr uint64_t kRefreshNs = 1'000'000'000;

TopInput input_of(const WatchedFiles &files) { return {files.processes(), files.problems(), monotonic_ns()}; }

Expected<void> watch(WatchedFiles &files) {
  auto terminal = Terminal::open();
  if (!terminal) return unexpected(terminal.error());
  TopChoice choice;
  uint64_t due_ns = monotonic_ns() + kRefreshNs;
  for (;;) {
    const TopScreen screen = draw_top(input_of(files), choice, (*terminal)->size());
    (*terminal)->show(screen.lines);
    const uint64_t now_ns = monotonic_ns();
    const uint64_t left_ms = due_ns > now_ns ? (due_ns - now_ns) / 1'000'000 + 1 : 0;
    if (!obey((*terminal)->next(static_cast<int>(left_ms)), choice, screen)) return {};
    if (monotonic_ns() < due_ns) continue;
    files.refresh();
    due_ns = monotonic_ns() + kRefreshNs;
  }
}

int print_once(const WatchedFiles &files) {
  const TopInput input = input_of(files);
  Output output = Output::to_stdout();
  output.write(print_top(input, {}));
  const auto written = output.finish();
  for (const Error &problem : input.problems) complain(problem);
  if (!written) complain(written.error());
  return files.all_readable() && written ? 0 : kUsageStatus;
}

int run_top(const std::string &path) {
  auto files = WatchedFiles::open(path);
  if (!files) {
    complain(files.error());
    return kUsageStatus;
  }
  files->refresh();
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) return print_once(*files);
  if (const auto watched = watch(*files); !watched) {
    complain(watched.error());
    return kUsageStatus;
  }
  return 0;
}

}  // namespace

void add_top_command(CLI::App &app, int &exit_status) {
  auto path = std::make_shared<std::string>();
  CLI::App *command = app.add_subcommand("top", "Watch connections in a terminal");
  command->add_option("FILE", *path, "Trace, ring file, or directory of them")->type_name("FILE|DIR")->required();
  command->footer(kTopFooter);
  command->callback([path, &exit_status] { exit_status = run_top(*path); });
}

}  // namespace wsitrace
