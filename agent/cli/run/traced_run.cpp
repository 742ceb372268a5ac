// SPDX-License-Identifier: MIT
#include "agent/cli/run/traced_run.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <set>

#include "agent/base/clock.h"
#include "agent/base/redact.h"
#include "agent/cli/output.h"
#include "agent/cli/run/preload.h"
#include "agent/cli/run/silence.h"
#include "agent/cli/run/waiting.h"
#include "agent/export/finding_text.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr int kTurnMs = 10;
constexpr uint64_t kLookNs = 50'000'000;
constexpr uint64_t kSayAfterNs = 2 * kSettleNs;  // what ends by itself is not worth a word

// What would have helped; nothing, where that is not known.
std::string advice_on_loss(const std::set<std::string> &causes) {
  if (causes.contains(loss_cause_name(kRingFull))) return "a larger --ring-size holds more of them";
  if (causes.contains("damaged"))
    return "something else wrote into the ring file: the program itself, or another process of its user";
  return "";
}

std::vector<std::string> without_secrets(const std::vector<std::string> &arguments) {
  std::string given;
  for (const std::string &argument : arguments) given += argument + '\0';
  std::string told(sizeof ProcessBlock::arguments, '\0');
  told.resize(redact_arguments(given.data(), given.size(), told.data(), told.size()));
  std::vector<std::string> list;
  for (size_t at = 0; at < told.size(); at += list.back().size() + 1) list.emplace_back(told.c_str() + at);
  return list;
}

std::string joined(const std::vector<std::string> &names) {
  std::string list;
  for (const std::string &name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

}  // namespace

TracedRun::TracedRun(const RunOptions &options, Reports &reports)
    : options_(options), reports_(reports), talkative_(options.verbose || ::isatty(2) == 1) {}

RunResult TracedRun::run() {
  auto signals = Signals::take_over();
  if (!signals) {
    complain(signals.error());
    return {kUsageStatus, false, {}, {}};
  }
  prepare();
  if (const auto failed = launch(*signals)) return {*failed, false, {}, {}};
  watch(*signals);
  finish();
  return {reaper_->program_status().value_or(0), true, traces(), unobserved_};
}

void TracedRun::prepare() {
  if (const auto path = find_program(program(), std::getenv("PATH")))
    if (auto facts = inspect_program(*path)) facts_ = std::move(*facts);
  auto tracing = Tracing::prepare(options_, reports_);
  if (tracing) {
    tracing_ = std::move(*tracing);
    survey_.emplace(tracing_->library(), tracing_->ring_path());
    return;
  }
  Error error = tracing.error();
  error.why += ", nothing will be recorded";
  complain(error);
}

std::optional<int> TracedRun::launch(const Signals &signals) {
  auto child = Child::fork(options_.arguments, environment(), signals);
  if (!child) {
    complain(child.error());
    return 126;
  }
  child_.emplace(std::move(*child));
  reaper_.emplace(child_->pid());
  if (tracing_ && !options_.serve.listen.empty()) {
    if (auto served = tracing_->serve(options_.serve); !served) {
      complain(served.error());
      return kUsageStatus;
    }
    fmt::print(stderr, "wsitrace: serving {}\n", tracing_->url());
  }
  if (tracing_)
    tracing_->begin([this](uint32_t pid, uint64_t attached_ns) { return reaper_->end_of(pid, attached_ns); });
  started_mono_ns_ = monotonic_ns();
  started_real_ns_ = realtime_ns();
  const int failed = child_->start();
  if (failed == 0) return std::nullopt;
  complain(error_of_failed_exec(program(), failed));
  return status_of_failed_exec(failed);
}

// A library of another machine's kind would only make the loader complain.
std::vector<std::string> TracedRun::environment() const {
  const bool foreign = facts_ && facts_->elf.elf && !facts_->elf.native;
  if (!tracing_ || foreign) return environment_with(environ, {});
  return environment_with(environ, tracing_->variables(facts_ ? facts_->elf.needed : std::vector<std::string>{}));
}

void TracedRun::watch(Signals &signals) {
  do {
    handle(signals.wait(kTurnMs));
    reaper_->reap();
    if (ended_ns_ == 0 && reaper_->program_status()) {
      ended_ns_ = monotonic_ns();
      looked_ns_ = 0;  // look at once for what it left behind
    }
    if (tracing_) {
      tracing_->turn();
      for (const Unobserved &process : survey_->look(monotonic_ns())) complain(process.error());
      look_for_other_user();
    }
  } while (!is_over());
}

// While nothing is recorded: afterwards nobody knows any more.
void TracedRun::look_for_other_user() {
  if (ended_ns_ != 0 || other_user_ || !tracing_->recordings().all().empty() || !is_time_to_look()) return;
  other_user_ = find_foreign_user(child_->pid(), tracing_->ring_path());
}

bool TracedRun::is_time_to_look() {
  const uint64_t now_ns = monotonic_ns();
  if (looked_ns_ != 0 && now_ns - looked_ns_ < kLookNs) return false;
  looked_ns_ = now_ns;
  return true;
}

void TracedRun::handle(const std::vector<ReceivedSignal> &received) {
  const bool in_group = ::getpgid(child_->pid()) == ::getpgrp();
  for (const ReceivedSignal &signal : received) {
    if (ended_ns_ != 0) detach_ |= signal.number == SIGINT || signal.number == SIGTERM;
    else if (forwarding_.accepts(signal, in_group, monotonic_ns())) ::kill(child_->pid(), signal.number);
  }
}

bool TracedRun::is_over() {
  if (ended_ns_ == 0) return false;
  if (!tracing_ || tracing_->failure() || detach_) return true;
  const pid_t pid = awaited();
  if (pid != 0) say_waiting(pid);
  return pid == 0;
}

pid_t TracedRun::awaited() {
  if (tracing_->live_processes() > 0) return static_cast<pid_t>(tracing_->a_live_pid());
  if (is_time_to_look())
    awaited_ = find_expected(reaper_->orphans(), tracing_->ring_path(), monotonic_ns() - ended_ns_);
  return awaited_;
}

void TracedRun::say_waiting(pid_t pid) {
  if (!talkative_ || pid == said_waiting_ || monotonic_ns() - ended_ns_ < kSayAfterNs) return;
  said_waiting_ = pid;
  complain(
      {program(), fmt::format("has ended; waiting for PID {}, which it left behind", pid), "Ctrl-C stops the tracing"});
}

void TracedRun::finish() {
  if (!tracing_) return;
  tracing_->finish();
  const Recordings &recordings = tracing_->recordings();
  if (recordings.recorded() == 0 && tracing_->lost() == 0) be_silent();
  else say_unobserved();
  say_loss();
  if (talkative_) say_summary();
}

std::vector<WrittenTrace> TracedRun::traces() const {
  std::vector<WrittenTrace> written;
  if (!tracing_) return written;
  for (const auto &recording : tracing_->recordings().all())
    if (!recording->path().empty())
      written.push_back({recording->process().pid, recording->process().started_mono_ns, recording->path()});
  return written;
}

void TracedRun::be_silent() {
  const ProcessFacts facts = facts_of_program();
  unobserved_ = survey_->found();
  if (unobserved_.empty()) {
    const Error why = why_silent();
    complain({why.what, "nothing recorded: " + why.why, why.hint});
    unobserved_.push_back({facts.pid, facts.program, why.why, why.hint, false});
  }
  const auto end = reaper_->end_of(static_cast<uint32_t>(child_->pid()));
  tracing_->write_silent(facts, end.value_or(End{}), unobserved_.front().why);
}

// What the survey found was said at once.
void TracedRun::say_unobserved() {
  const auto names = [](const std::vector<Unobserved> &list, const Unobserved &process) {
    return std::any_of(list.begin(), list.end(), [&](const Unobserved &each) { return each.pid == process.pid; });
  };
  const auto found = survey_->found();
  unobserved_ = unobserved_among(tracing_->recordings());
  for (const Unobserved &process : unobserved_)
    if (!names(found, process)) complain(process.error());
  std::copy_if(found.begin(), found.end(), std::back_inserter(unobserved_),
               [&, attached = unobserved_](const Unobserved &process) { return !names(attached, process); });
}

Error TracedRun::why_silent() const {
  Silence silence;
  silence.program = program();
  silence.facts = facts_;
  silence.find_own_lws = [this] { return find_own_lws_in(facts_->path); };
  silence.user = other_user_;
  silence.ring_notice = tracing_->ring_notice();
  for (const auto &recording : tracing_->recordings().all()) {
    silence.lws_unobserved |= recording->has_unobserved_lws();
    silence.lws_seen |= !recording->process().lws_version.empty();
    if (silence.process_notice.empty()) silence.process_notice = recording->process().notice;
  }
  return explain(silence);
}

ProcessFacts TracedRun::facts_of_program() const {
  ProcessFacts facts;
  facts.pid = static_cast<uint32_t>(child_->pid());
  facts.parent_pid = static_cast<uint32_t>(::getpid());
  facts.program = program().substr(program().rfind('/') + 1);
  if (!options_.no_arguments) facts.arguments = without_secrets(options_.arguments);
  facts.attach = attach_name(kAttachPreload);
  facts.started_mono_ns = started_mono_ns_;
  facts.started_real_ns = started_real_ns_;
  return facts;
}

void TracedRun::say_loss() const {
  const uint64_t lost = tracing_->lost();
  if (lost == 0) return;
  std::vector<std::string> causes;
  std::set<std::string> lost_by;
  for (const auto &recording : tracing_->recordings().all())
    for (const auto &[cause, count] : recording->loss().by_cause) {
      if (count == 0) continue;
      causes.push_back(fmt::format("{} {}", count, cause));
      lost_by.insert(cause);
    }
  const uint64_t observed = tracing_->recordings().recorded() + lost;
  complain({program(),
            fmt::format("{} of {} {} lost{}{}", lost, count_text(observed, "event"), lost == 1 ? "was" : "were",
                        causes.empty() ? "" : ": ", joined(causes)),
            advice_on_loss(lost_by)});
}

void TracedRun::say_summary() const {
  std::vector<std::string> files;
  for (const auto &recording : tracing_->recordings().all())
    if (!recording->path().empty()) files.push_back(recording->path());
  complain(
      {program(),
       fmt::format("{} recorded, {} lost", count_text(tracing_->recordings().recorded(), "event"), tracing_->lost()),
       joined(files)});
}

}  // namespace wsitrace
