// SPDX-License-Identifier: MIT
#include "agent/entry/inprocess/in_process.h"

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "agent/collect/collector.h"
#include "agent/collect/fan_out.h"
#include "agent/collect/trace_writer.h"
#include "agent/entry/inprocess/cold_thread.h"
#include "agent/entry/inprocess/live_report.h"
#include "agent/probe/accepts.h"
#include "agent/probe/farewell.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/said.h"
#include "agent/trace_diagnosis/served_trace.h"
#include "agent/trace_diagnosis/trace_diagnosis.h"

namespace wsitrace {
namespace {

using std::chrono::milliseconds;

// A drain finds at most what two pauses brought; a ring holds 50 ms of 600,000 slots/s.
constexpr milliseconds kBusyPause{10};
constexpr milliseconds kIdlePause{40};
constexpr milliseconds kHorizon{2};  // the collector holds back what is younger than 1 ms
constexpr uint64_t kFlushEveryNs = 200'000'000;
constexpr uint64_t kServingAfterNs = 2'000'000'000;  // a loop that does not run by now may never do
constexpr const char *kFileHint =
    "its folder must be there, and the user that the server runs as must be able to write to it";

std::string with_pid(std::string path) {
  for (size_t at = path.find("%p"); at != std::string::npos; at = path.find("%p", at))
    path.replace(at, 2, std::to_string(getpid()));
  return path;
}

std::atomic<InProcess *> g_running{nullptr};

// The end of the process is the end of the log.
__attribute__((destructor)) void stop_at_exit() {
  if (InProcess *running = g_running.load()) running->stop();
}

}  // namespace

struct InProcess::State {
  State(const InProcessOptions &options, RingFile file)
      : board({.ended = options.history}),
        report(board, metrics),
        site({.metrics = [this] { return render_metrics(metrics); },
              .report = [this] { return report.report(); },
              .open_metrics = [this] { return render_open_metrics(metrics); },
              .board = &board,
              .complaints = [this] { return complaints(); },
              .diagnosis = [this] { return diagnosis(); },
              .trace = [this](uint32_t asked) { return trace_so_far(asked); }}),
        ring(std::move(file)),
        pid(static_cast<uint32_t>(getpid())) {}

  std::shared_ptr<LogSink> sink_for(const ProcessFacts &facts) {
    // A forked child: it counts and can be looked at, but the report is not of it.
    if (facts.pid != pid) {
      auto child = board.listener();
      child->add(std::make_shared<ProcessMetrics>(metrics, child->log()));
      return child;
    }
    auto sinks = std::make_shared<FanOut>();
    if (trace != nullptr) sinks->add(trace);
    sinks->add(report.sink());
    return sinks;
  }

  std::string complaints() {
    const std::lock_guard lock(complaint_mutex);
    return complaint;
  }

  // A trace that was to wait is made before anything is drained, so that it holds all.
  void open_trace() {
    const auto made = create_trace(std::exchange(waiting_trace, {}));
    if (!made) say("no trace is written", made.error());
  }

  Expected<void> create_trace(const std::string &pattern) {
    trace_path = with_pid(pattern);
    auto made = TraceWriter::create(trace_path, ring.header().session);
    if (!made) return unexpected(made.error());
    trace = *made;
    return {};
  }

  // And lets the metrics show it.
  Site::Diagnosed diagnosis() {
    const uint64_t now_ns = realtime_ns();
    auto made = diagnose();
    metrics.set_diagnosed(made ? std::optional(Diagnosed{made->counts, now_ns}) : std::nullopt);
    metrics.set_not_diagnosed(made ? 0 : 1);
    DiagnosisSet set;
    if (made) set.add(made->text);
    else set.leave_out(made.error());
    return {std::move(made).map([](DiagnosisDocument &&document) { return std::move(document.text); }), set.text()};
  }

  Expected<Site::Made> trace_so_far(uint32_t asked) {
    if (trace == nullptr) return unexpected(Error{"trace", "none is written", "set the plugin's option trace"});
    trace->flush();
    return choose_trace({{trace_path, pid}}, asked)
        .and_then([](const std::string &path) { return copy_trace(path, kMostOwnBytes); })
        .map([](std::string &&copy) { return Site::Made(std::move(copy)); });
  }

  Expected<DiagnosisDocument> diagnose() {
    if (trace == nullptr)
      return unexpected(
          Error{"diagnosis", "a diagnosis is read from a trace, and none is written", "set the plugin's option trace"});
    trace->flush();
    // Callbacks get no names: no debug information is read in the host.
    return trace_diagnosis(trace_path, {.meanwhile = [this] { collector->drain(); }}, kMostOwnBytes);
  }

  // Whoever asks for healthz may be a stranger: the path is for the log.
  void say(const std::string &what, const Error &error) {
    const std::lock_guard lock(complaint_mutex);
    complaint += what + ": " + error.why + "\n";
    if (complain) complain({error.what, what + ": " + error.why, kFileHint});
  }

  milliseconds turn() {
    if (!waiting_trace.empty()) {
      if (!is_serving && monotonic_ns() - started_ns < kServingAfterNs) return kIdlePause;
      open_trace();
    }
    // Somebody asks: let the collector's horizon pass the request, so that the answer has all that came before it.
    if (site.pending_count() > 0) std::this_thread::sleep_for(kHorizon);
    const size_t drained = collector->drain();
    const size_t answered = site.work();
    if (trace != nullptr && monotonic_ns() - flushed_ns > kFlushEveryNs) {
      trace->flush();
      flushed_ns = monotonic_ns();
    }
    return drained + answered > 0 ? kBusyPause : kIdlePause;
  }

  Metrics metrics;
  LiveBoard board;
  LiveReport report;
  std::shared_ptr<TraceWriter> trace;
  std::string trace_path;
  Site site;
  RingFile ring;
  uint32_t pid;
  uint64_t flushed_ns = 0;
  uint64_t started_ns = monotonic_ns();
  std::string waiting_trace;  // to be made once is_serving, or kServingAfterNs after the start
  std::atomic<bool> is_serving = false;
  std::function<void(const Error &)> complain;
  std::mutex complaint_mutex;
  std::string complaint;
  std::unique_ptr<Collector> collector;
  std::unique_ptr<ColdThread> thread;
  std::atomic<bool> stopped = false;
};

InProcess::InProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}
InProcess::~InProcess() = default;

Expected<std::shared_ptr<InProcess>> InProcess::start(const InProcessOptions &options) {
  if (g_running.load() != nullptr) return unexpected(Error{"wsitrace", "already running", "once per process"});
  const std::string ring_path = with_pid(options.ring_file);
  const RingFileOptions ring_options{.ring_slots = options.ring_slots != 0 ? options.ring_slots : kDefaultRingSlots,
                                     .asked = options.no_arguments ? kAskNoArguments : 0u};
  auto ring = RingFile::create(ring_path, ring_options);
  std::optional<Error> unnamed;
  if (!ring && options.complain && !ring_path.empty()) {
    unnamed = ring.error();
    ring = RingFile::create("", ring_options);
  }
  if (!ring) return unexpected(ring.error());
  auto state = std::make_unique<State>(options, std::move(*ring));
  state->complain = options.complain;
  if (unnamed) state->say("the rings have no file", *unnamed);
  if (options.trace_when_serving) {
    state->waiting_trace = options.trace_file;
  } else if (!options.trace_file.empty()) {
    if (const auto made = state->create_trace(options.trace_file); !made) return unexpected(made.error());
  }
  // From here on nothing is freed: the probe may record into the rings until the process is gone.
  std::shared_ptr<InProcess> running(new InProcess(std::move(state)), [](InProcess *) {});
  g_running.store(running.get());
  return running->begin(options).map([&] { return running; });
}

Expected<void> InProcess::begin(const InProcessOptions &options) {
  State *state = state_.get();
  HostMap map;
  if (const char *why = map.adopt(state->ring.mapping().data(), state->ring.mapping().size()))
    return unexpected(Error{"rings", why, {}});
  if (const char *why = turn_on(map, options.attach, options.library))
    return unexpected(Error{"libwebsockets", why, {}});
  state->collector =
      std::make_unique<Collector>(state->ring, [state](const ProcessFacts &facts) { return state->sink_for(facts); });
  state->collector->sample_callbacks([state](const ProcessFacts &, const SampledCallback &sampled) {
    state->metrics.add_sampled(sampled.protocol, sampled.reason, sampled.for_ns);
  });
  state->thread = std::make_unique<ColdThread>([state] { return state->turn(); });
  return {};
}

Site &InProcess::site() const { return state_->site; }
void InProcess::nudge() { state_->thread->nudge(); }

void InProcess::serving() {
  if (state_->is_serving.load(std::memory_order_relaxed) || state_->is_serving.exchange(true)) return;
  nudge();
}

void InProcess::catch_up() const {
  if (state_->stopped || state_->pid != static_cast<uint32_t>(getpid())) return;
  std::this_thread::sleep_for(kHorizon);
  state_->thread->wait_for_turn();
}

std::string InProcess::report_json() const {
  catch_up();
  return state_->report.report();
}

std::string InProcess::metrics() const {
  catch_up();
  state_->board.ask();
  return render_metrics(state_->metrics);
}

Expected<void> InProcess::begin_check() const {
  catch_up();
  if (state_->report.begin_scope()) return {};
  return unexpected(Error{"wsitrace_check_begin", "a check is under way", "end it first: there is one at a time"});
}

Expected<Check> InProcess::end_check(milliseconds settle) const {
  constexpr milliseconds kLookAgain{20};
  const auto patience = std::chrono::steady_clock::now() + settle;
  for (;;) {
    catch_up();
    const auto verdict = state_->report.scope_verdict();
    if (!verdict)
      return unexpected(Error{"wsitrace_check_end", "no check is under way", "call wsitrace_check_begin() first"});
    if (verdict->exit_status() == 0 || std::chrono::steady_clock::now() >= patience) {
      state_->report.end_scope();
      Check check;
      check.verdicts.push_back(*verdict);
      return check;
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

void InProcess::stop() {
  if (state_->thread == nullptr || state_->stopped || state_->pid != static_cast<uint32_t>(getpid())) return;
  state_->stopped = true;
  state_->site.set_wake({});
  state_->thread->stop();
  if (!state_->waiting_trace.empty()) state_->open_trace();  // a loop that never ran
  record_responses_left();
  record_clients_waiting();
  record_peers_left();
  record_quiet_sockets();
  record_lines_left_out();
  mark_ended();
  state_->collector->finish();
  if (!state_->ring.path().empty()) unlink(state_->ring.path().c_str());
}

}  // namespace wsitrace
