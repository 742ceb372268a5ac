// SPDX-License-Identifier: MIT
#include "agent/cli/agent/ring_keeper.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <filesystem>

#include "agent/base/clock.h"
#include "agent/cli/output.h"
#include "agent/cli/run/preload.h"
#include "agent/cli/run/ring_place.h"
#include "agent/collect/agent_info.h"
#include "agent/collect/fan_out.h"
#include "agent/collect/liveness.h"
#include "agent/text/printable.h"

namespace wsitrace {
namespace {

constexpr int kPassMs = 10;
constexpr uint64_t kLookEveryNs = 500'000'000;
constexpr uint64_t kWriteEveryNs = 200'000'000;

// The user's name must fit into what the name of a trace keeps of it.
std::string name_in_ring_of(const std::string &user, const std::string &program) {
  constexpr size_t kMostOfProgram = 32;
  return program.substr(0, kMostOfProgram) + "@" + user;
}

// A program's name is its own choice; whose it is, is not.
class NamedAfterUser final : public FanOut {
 public:
  explicit NamedAfterUser(std::string user) : user_(std::move(user)) {}
  void on_process(const ProcessFacts &facts) override {
    ProcessFacts named = facts;
    named.program = name_in_ring_of(user_, facts.program);
    FanOut::on_process(named);
  }

 private:
  std::string user_;
};

// Where `wsitrace run` puts its rings; made if need be.
Expected<std::string> default_directory() {
  std::optional<Error> first;
  for (const RingPlace &place : ring_places({})) {
    if (!place.shared) continue;
    const auto usable = make_private_directory(place.directory);
    if (usable) return place.directory;
    if (!first) first = usable.error();
  }
  return unexpected(first.value_or(Error{"--dir", "there is no directory for rings", "name one"}));
}

}  // namespace

Expected<std::unique_ptr<RingKeeper>> RingKeeper::start(const AgentOptions &options) {
  auto path = options.directory.empty() ? default_directory() : Expected<std::string>(options.directory);
  if (!path) return unexpected(path.error());
  const auto users = options.all_users ? RingDirectory::Users::kAll : RingDirectory::Users::kOwn;
  auto directory = RingDirectory::open(*path, complain, users);
  if (!directory) return unexpected(directory.error());
  std::signal(SIGPIPE, SIG_IGN);        // whoever reads stderr may go
  auto signals = Signals::take_over();  // before there are threads
  if (!signals) return unexpected(signals.error());
  std::unique_ptr<RingKeeper> agent(new RingKeeper(options, std::move(*directory), std::move(*signals)));
  if (!options.traces.empty()) {
    auto shelf = TraceShelf::open(options.traces, options.limits, complain);
    if (!shelf) return unexpected(shelf.error());
    agent->shelf_.emplace(std::move(*shelf));
  }
  if (auto made = agent->make_rings(); !made) return unexpected(made.error());
  if (!options.serve.listen.empty()) {
    agent->view_ = std::make_unique<AgentView>(options.history, options.traces);
    if (auto started = agent->view_->start(options.serve); !started) {
      agent->finish();
      return unexpected(started.error());
    }
  }
  agent->announce();
  if (!options.once) agent->say_where();
  return agent;
}

Expected<void> RingKeeper::make_rings() {
  if (options_.once) return {};
  const RingFileOptions wanted{.ring_slots = options_.ring_slots,
                               .asked = options_.no_arguments ? kAskNoArguments : 0u};
  if (auto made = make_rings_of_users(wanted); !made) return made;
  for (const std::string &name : options_.rings) {
    auto file = directory_.make_or_take(name, wanted);
    if (!file) {
      finish();
      return unexpected(file.error());
    }
    add(std::move(*file), true);
  }
  return {};
}

Expected<void> RingKeeper::make_rings_of_users(const RingFileOptions &options) {
  auto closed = options_.users.empty() ? std::nullopt : directory_.closed_to_users();
  for (const RingUser &user : options_.users) {
    RingFileOptions of_user = options;
    of_user.user = user;
    auto file = closed ? Expected<RingFile>(unexpected(*closed)) : directory_.make_or_take(user.name, of_user);
    if (!file) {
      finish();
      return unexpected(file.error());
    }
    add(std::move(*file), true, &user);
  }
  return {};
}

void RingKeeper::announce() const {
  const std::string library = find_preload_library(own_executable()).value_or(kPreloadLibrary);
  for (const DrainedRing &ring : rings_) {
    if (!ring.ours()) continue;
    fmt::print(stderr, "wsitrace: recording what is started with WSITRACE_RING={} LD_PRELOAD={}\n", ring.path(),
               library);
  }
  if (view_) fmt::print(stderr, "wsitrace: serving {}\n", view_->url());
}

void RingKeeper::say_where() const {
  AgentInfo info{static_cast<uint32_t>(::getpid()), view_ ? view_->url() : "", {}};
  if (shelf_) info.traces = std::filesystem::absolute(options_.traces).lexically_normal();
  if (const auto written = write_agent_info(directory_.path(), info); !written) complain(written.error());
}

void RingKeeper::add(RingFile file, bool ours, const RingUser *user) {
  rings_.emplace_back(std::move(file), ours, [this, user](const ProcessFacts &facts, uint64_t session) {
    return user != nullptr ? sink_of_user(*user, facts, session) : sink_for(facts, session);
  });
  rings_.back().sample_callbacks([this, user](const ProcessFacts &facts, const SampledCallback &sampled) {
    if (view_) view_->sampled(user != nullptr ? name_in_ring_of(user->name, facts.program) : facts.program, sampled);
  });
}

std::shared_ptr<LogSink> RingKeeper::sink_of_user(const RingUser &user, const ProcessFacts &facts, uint64_t session) {
  const auto runs_as = user_of(facts.pid);
  if (runs_as && *runs_as != user.uid) {
    if (strangers_told_++ < kMostStrangersTold)
      complain({"ring of " + user.name,
                "not recorded: " + printable(facts.program) + " says that it is process " + std::to_string(facts.pid) +
                    ", which is another user's",
                {}});
    return nullptr;
  }
  ProcessFacts named = facts;
  named.program = name_in_ring_of(user.name, facts.program);
  auto sinks = std::make_shared<NamedAfterUser>(user.name);
  sinks->add(sink_for(named, session));
  return sinks;
}

std::shared_ptr<LogSink> RingKeeper::sink_for(const ProcessFacts &facts, uint64_t session) {
  auto sinks = std::make_shared<FanOut>();
  if (view_) sinks->add(view_->listener(facts));
  if (shelf_) sinks->add(traces_.emplace_back(std::make_shared<RotatingTrace>(*shelf_, session)));
  return sinks;
}

void RingKeeper::run() {
  while (!is_told_to_end()) {
    turn();
    if (!options_.once) continue;
    do {
      look();  // a file is looked at twice before it is refused
      turn();
    } while (directory_.has_more());
    break;
  }
  finish();
  signals_.wait(0);  // one that was sent twice must not end this in another way
}

bool RingKeeper::is_told_to_end() {
  const auto received = signals_.wait(options_.once ? 0 : kPassMs);
  return std::any_of(received.begin(), received.end(), [](const ReceivedSignal &signal) {
    return signal.number == SIGINT || signal.number == SIGTERM || signal.number == SIGQUIT || signal.number == SIGHUP;
  });
}

void RingKeeper::turn() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {  // as the first process of a container it is everybody's parent
  }
  const uint64_t now_ns = monotonic_ns();
  if (looked_ns_ == 0 || now_ns - looked_ns_ >= kLookEveryNs) look();
  for (auto ring = rings_.begin(); ring != rings_.end();) ring = drain(*ring) ? std::next(ring) : rings_.erase(ring);
  const bool wanted = view_ && view_->traces().are_wanted();
  if (wanted || now_ns - written_ns_ >= kWriteEveryNs) write_traces();
}

bool RingKeeper::drain(DrainedRing &ring) {
  try {
    if (ring.drain() != 0 || !ring.is_deserted()) return true;
    ring.finish();
  } catch (const std::exception &thrown) {
    complain(
        {ring.path(), std::string("draining stopped: ") + thrown.what(), "wsitrace report reads what is left in it"});
  }
  return false;
}

void RingKeeper::look() {
  looked_ns_ = monotonic_ns();
  for (auto &[file, owner_pid] : directory_.take_left_behind()) {
    complain({file.path(),
              "taken over: its owner (pid " + std::to_string(owner_pid) + ") is gone, " + recording_into(file) +
                  " records into it",
              {}});
    add(std::move(file), false);
  }
  for (DrainedRing &ring : rings_)
    if (const auto why = ring.news_untrusted())
      complain({ring.path(), "a program that was to record into it records nothing: " + printable(*why), {}});
  if (!view_) return;
  RingCounts counts;
  for (const DrainedRing &ring : rings_) ++(ring.ours() ? counts.made : counts.taken_over);
  counts.left_to_owner = directory_.with_living_owner();
  counts.refused = directory_.refused();
  view_->set_rings(counts);
}

void RingKeeper::write_traces() {
  written_ns_ = monotonic_ns();
  for (const auto &trace : traces_) trace->turn(written_ns_);
  if (view_) show_traces();
  traces_.remove_if([](const auto &trace) { return trace->ended(); });
}

// Those of processes that run come first: there is a limit to what is read.
void RingKeeper::show_traces() {
  std::vector<FreshTrace> shown;
  for (const auto &trace : traces_) {
    if (trace->path().empty()) continue;
    const FreshTrace one{trace->path(), trace->pid()};
    if (trace->ended()) ended_traces_.push_front(one);
    else shown.push_back(one);
  }
  if (ended_traces_.size() > AgentView::kReported) ended_traces_.resize(AgentView::kReported);
  shown.insert(shown.end(), ended_traces_.begin(), ended_traces_.end());
  view_->traces().written(std::move(shown));
}

void RingKeeper::finish() {
  for (DrainedRing &ring : rings_) ring.finish();
  rings_.clear();
  remove_agent_info(directory_.path());  // also that of an agent that was killed: the directory is ours
}

}  // namespace wsitrace
