// SPDX-License-Identifier: MIT
#include "agent/cli/commands.h"

#include <pwd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <optional>

#include "agent/cli/agent/ring_keeper.h"
#include "agent/cli/numbers.h"
#include "agent/cli/output.h"
#include "agent/cli/serve_flags.h"

namespace wsitrace {
namespace {

constexpr const char *kAgentFooter =
    "Programs record into DIR/agent.ring when they are started with "
    "LD_PRELOAD and WSITRACE_RING as the agent tells them, for\n"
    "example in a systemd drop-in. Each ring takes 64 processes at a time, "
    "of the agent's user or started as it, in its pid\n"
    "namespace; --ring NAME makes more of them.\n"
    "\n"
    "Rings in DIR whose owner was killed (`wsitrace run`, a program with the "
    "plugin's option `ring`) are taken over: what is left in\n"
    "them is drained, and they are removed when nobody uses them any more. "
    "Those of other users, or into which a program of another\n"
    "user records, only with --all-users. A ring whose owner is still "
    "running is left to its owner. When the agent ends, rings\n"
    "in use stay, and the next agent continues with them.\n"
    "\n"
    "--user NAME makes DIR/NAME.ring for programs of that user, who need trust neither "
    "the agent's user nor each other: what they record\n"
    "is shown as PROGRAM@NAME. The agent must be root, or have CAP_CHOWN, "
    "and DIR mode 711.\n"
    "\n"
    "While it runs, `wsitrace report DIR`, check, explain and top read the traces that it keeps.\n"
    "\n"
    "A trace that is closed before its process ends is marked \"detached\". Connections "
    "that are open then continue in the next trace, with their next event.\n"
    "\n"
    "Examples:\n"
    "  wsitrace agent --listen 127.0.0.1:9100                       metrics of all programs at /metrics\n"
    "  wsitrace agent --dir /run/wsitrace --traces /var/log/wsitrace --max-bytes 64MB --max-age 1d --max-files 100\n"
    "  wsitrace agent --once --traces .                             save what killed runs have left behind, and end";

int run_agent(const AgentOptions &options) {
  if (options.serve.listen.empty() && options.traces.empty()) {
    complain({"agent", "there is nothing to do", "serve with --listen HOST:PORT, write with --traces DIR, or both"});
    return kUsageStatus;
  }
  auto agent = RingKeeper::start(options);
  if (!agent) {
    complain(agent.error());
    return kUsageStatus;
  }
  (*agent)->run();
  return 0;
}

// A name that stays within its directory.
std::string check_ring_name(const std::string &name) {
  const bool fine = !name.empty() && name.front() != '.' && name.find('/') == std::string::npos && name.size() < 128;
  return fine ? "" : "not a name: " + name;
}

// By name or number.
std::optional<RingUser> user_named(const std::string &text) {
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  const passwd *found =
      is_number ? ::getpwuid(static_cast<uid_t>(std::strtoul(text.c_str(), nullptr, 10))) : ::getpwnam(text.c_str());
  if (found == nullptr) return std::nullopt;
  return RingUser{found->pw_name, found->pw_uid, found->pw_gid};
}

void add_user_option(CLI::App &command, AgentOptions &options) {
  const auto take = [&options](const std::string &text) {
    auto user = user_named(text);
    if (!user || !check_ring_name(user->name).empty()) throw CLI::ValidationError("--user", "no such user: " + text);
    options.users.push_back(std::move(*user));
  };
  command
      .add_option_function<std::string>("--user", take, "Make the ring DIR/NAME.ring for programs of this user (root)")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->trigger_on_parse();
}

void add_trace_options(CLI::App &command, AgentOptions &options) {
  const std::map<std::string, uint64_t> time_units = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  CLI::Option *traces =
      command.add_option("--traces", options.traces, "Write a trace of each process there")->type_name("DIR");
  command.add_option("--max-bytes", options.limits.max_bytes, "Close a trace of this size, and begin the next")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false))
      ->needs(traces)
      ->capture_default_str();
  command.add_option("--max-age", options.limits.max_age_s, "Close a trace of this age, and begin the next")
      ->type_name("SECONDS or 5m, 12h, 7d")
      ->transform(CLI::AsNumberWithUnit(time_units))
      ->check(counting_number())
      ->needs(traces)
      ->capture_default_str();
  command
      .add_option("--max-files", options.limits.max_files,
                  "Closed traces to keep, of each --user; older ones are removed")
      ->type_name("N")
      ->check(counting_number())
      ->needs(traces)
      ->capture_default_str();
  command.add_flag("--once", options.once, "Take up what killed owners have left behind, and end")->needs(traces);
}

}  // namespace

void add_agent_command(CLI::App &app, int &exit_status) {
  auto options = std::make_shared<AgentOptions>();
  CLI::App *command =
      app.add_subcommand("agent", "Look after the rings of many programs: serve them, keep their traces");
  command->add_option("--dir", options->directory, "Directory with rings (default: where `wsitrace run` has its own)")
      ->type_name("DIR");
  CLI::Option *listen =
      command->add_option("--listen", options->serve.listen, "Serve metrics and connections of all programs")
          ->type_name("HOST:PORT");
  add_serve_flags(*command, *listen, options->serve);
  command->add_option("--ring", options->rings, "Make the ring DIR/NAME.ring for programs to record into")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->check(CLI::Validator(check_ring_name, ""))
      ->capture_default_str();
  command->add_option("--ring-size", options->ring_slots, "Events a thread may be ahead of the agent")
      ->type_name("SLOTS")
      ->check(CLI::Range(kMinRingSlots, kMaxRingSlots))
      ->capture_default_str();
  command->add_flag("--no-args", options->no_arguments, "Make rings into which programs do not record their arguments");
  command->add_option("--history", options->history, "Ended connections to keep, of all processes together")
      ->type_name("N")
      ->check(CLI::Range(size_t{0}, size_t{1'000'000}))
      ->capture_default_str();
  command->add_flag("--all-users", options->all_users,
                    "Also take over rings that belong to other users, or that their programs record into (root)");
  add_user_option(*command, *options);
  add_trace_options(*command, *options);
  command->footer(kAgentFooter);
  command->callback([options, &exit_status] { exit_status = run_agent(*options); });
}

}  // namespace wsitrace
