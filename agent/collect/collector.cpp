// SPDX-License-Identifier: MIT
#include "agent/collect/collector.h"

#include <array>
#include <list>
#include <utility>

#include "agent/base/clock.h"
#include "agent/collect/liveness.h"
#include "agent/collect/process_log.h"

namespace wsitrace {
namespace {

// A writer's store of `writing` may be seen late by what a store buffer holds back, well below a microsecond.
constexpr uint64_t kMarginNs = 1'000'000;
// How far ahead of the collector's clock a record may be before it counts as damaged.
constexpr uint64_t kHorizonNs = 1'000'000'000;
// What threads did while no pass came for longer is not known.
constexpr uint64_t kLongestSampleNs = 1'000'000'000;
// How often processes and threads are looked for; a pass comes every 10 ms.
constexpr uint64_t kLivenessNs = 20'000'000;

struct Nobody final : LogSink {
  void on_event(const Event &, std::span<const std::byte>) override {}
};

// One process's log and what the collector has to know to end it.
struct Live {
  uint32_t block;
  ProcessLog log;
  uint64_t no_process = 0;   // events of no process that this log tells of
  bool replaced = false;     // its pid has claimed a younger block: it called exec
  std::optional<End> end{};  // set when nothing more can be written
  bool is_heard = true;      // it has a sink
};

// LATER is the same process, which began before EARLIER attached; not one that was given the number of one that is gone.
bool is_before_exec(const ProcessLog &earlier, const ProcessLog &later) {
  return earlier.pid() == later.pid() && life_of(later.pid(), earlier.attached_ns()) != Liveness::kGone;
}

}  // namespace

struct Collector::State {
  RingFile &file;
  SinkForProcess sink_for_process;
  EndOfProcess end_of_process;
  CallbackSampler sampler;
  uint64_t sampled_ns = 0;  // when; 0: not yet
  std::list<Live> live;     // in the order in which they attached
  std::array<Live *, kMaxProcesses> by_block{};
  std::array<bool, kMaxRings> ring_known{};
  uint64_t liveness_due_ns = 0;
  uint64_t no_process_told = 0;
  bool finished = false;

  [[nodiscard]] uint64_t no_process_untold() const {
    return file.header().lost_no_process.load(std::memory_order_relaxed) - no_process_told;
  }
  Live *find_or_begin(uint32_t block);
  void find_processes();
  void find_rings();
  void find_ended();
  [[nodiscard]] std::optional<End> end_of(const Live &process) const;
  [[nodiscard]] End end_at_finish(const Live &process) const;
  size_t drain_one(Live &process, uint64_t watermark_ns);
  void sample(uint64_t now_ns);
  void take_back_rings(Live &process);
  void take_back_ended();
};

Collector::Collector(RingFile &file, SinkForProcess sink_for_process, EndOfProcess end_of_process)
    : state_(new State{file, std::move(sink_for_process), std::move(end_of_process), {}, 0, {}, {}, {}, 0, 0, false}) {
  file.tell_time(monotonic_ns());
}

Collector::~Collector() = default;

Live *Collector::State::find_or_begin(uint32_t block) {
  if (by_block[block] != nullptr) return by_block[block];
  const ProcessBlock &from = file.process(block);
  if (from.state.load(std::memory_order_acquire) < kClaimed || from.facts_ready.load(std::memory_order_acquire) == 0)
    return nullptr;
  auto sink = sink_for_process(facts_of(from));
  const bool is_heard = sink != nullptr;
  if (!is_heard) sink = std::make_shared<Nobody>();
  Live &process = live.emplace_back(Live{block, ProcessLog(from, std::move(sink))});
  process.is_heard = is_heard;
  for (Live &other : live) other.replaced |= &other != &process && is_before_exec(other.log, process.log);
  process.log.tell_facts();
  return by_block[block] = &process;
}

void Collector::State::find_processes() {
  for (uint32_t i = 0; i < file.processes_reserved(); ++i) find_or_begin(i);
}

void Collector::State::find_rings() {
  for (uint32_t i = 0; i < file.rings_reserved(); ++i) {
    if (ring_known[i]) continue;
    const uint32_t owner = file.ring(i).owner.load(std::memory_order_acquire);
    if (owner == 0 || owner > file.processes_reserved()) continue;
    Live *process = find_or_begin(owner - 1);
    if (process == nullptr) continue;
    process->log.add_ring(file, i, RingReader::Mode::kOwner);
    ring_known[i] = true;
  }
}

std::optional<End> Collector::State::end_of(const Live &process) const {
  if (process.replaced) return End{"exec", std::nullopt, std::nullopt};
  if (end_of_process)
    if (auto told = end_of_process(process.log.pid(), process.log.attached_ns())) return told;
  const Liveness life = life_of(process.log.pid(), process.log.attached_ns());
  if (life == Liveness::kRuns || (life == Liveness::kZombieOfOurs && end_of_process)) return std::nullopt;
  return End{process.log.said_goodbye_ns() != 0 ? "exit" : "unknown", std::nullopt, std::nullopt};
}

End Collector::State::end_at_finish(const Live &process) const {
  if (auto end = end_of(process)) return *end;
  if (process.log.said_goodbye_ns() != 0) return {"exit", std::nullopt, std::nullopt};
  const bool runs = life_of(process.log.pid(), process.log.attached_ns()) == Liveness::kRuns;
  return {runs ? "detached" : "unknown", std::nullopt, std::nullopt};
}

void Collector::State::find_ended() {
  const uint64_t now_ns = monotonic_ns();
  if (now_ns < liveness_due_ns) return;
  liveness_due_ns = now_ns + kLivenessNs;
  for (Live &process : live) {
    process.end = end_of(process);
    for (auto &ring : process.log.rings())
      ring.abandoned = process.end || thread_is_gone(process.log.pid(), ring.thread_id);
  }
}

size_t Collector::State::drain_one(Live &process, uint64_t watermark_ns) {
  process.log.tell_facts();
  process.log.look(monotonic_ns() + kHorizonNs);
  const size_t count = process.end ? process.log.merge_all() : process.log.merge(watermark_ns);
  const uint32_t now_ms = file.header().clock_ms.load(std::memory_order_relaxed);
  if (process.end) process.log.tell_last_running(now_ms, *process.end);
  else process.log.tell_lasting(now_ms, file.header().clock_gap_ms.load(std::memory_order_relaxed));
  if (&process == &live.front()) {
    const uint64_t untold = no_process_untold();
    process.no_process += untold;
    no_process_told += untold;
  }
  process.log.tell_loss(process.no_process);
  return count;
}

void Collector::State::sample(uint64_t now_ns) {
  const uint64_t before_ns = std::exchange(sampled_ns, now_ns);
  if (!sampler || before_ns == 0 || now_ns <= before_ns || now_ns - before_ns > kLongestSampleNs) return;
  for (const Live &process : live)
    if (process.is_heard && !process.end) process.log.sample(now_ns - before_ns, sampler);
}

void Collector::State::take_back_rings(Live &process) {
  auto &rings = process.log.rings();
  for (size_t at = rings.size(); at-- > 0;) {
    if (!process.end && !(rings[at].abandoned && rings[at].reader.drained())) continue;
    const uint32_t index = rings[at].index;
    process.log.retire_ring(at);
    file.recycle_ring(index);
    ring_known[index] = false;
  }
}

void Collector::State::take_back_ended() {
  for (auto process = live.begin(); process != live.end();) {
    if (process->end) process->log.end(*process->end);
    take_back_rings(*process);
    if (!process->end) {
      ++process;
      continue;
    }
    by_block[process->block] = nullptr;
    file.recycle_process(process->block);
    process = live.erase(process);
  }
}

void Collector::sample_callbacks(CallbackSampler sampler) { state_->sampler = std::move(sampler); }

size_t Collector::drain() {
  State &state = *state_;
  if (state.finished) return 0;
  const uint64_t now_ns = monotonic_ns(), watermark_ns = now_ns - kMarginNs;  // before anything is looked at
  state.file.tell_time(now_ns);
  state.find_processes();
  state.find_ended();
  state.sample(now_ns);
  state.find_rings();  // after find_ended: whatever an ended process has claimed is seen now
  size_t count = 0;
  for (Live &process : state.live) count += state.drain_one(process, watermark_ns);
  state.take_back_ended();
  state.file.replenish();
  return count;
}

void Collector::finish() {
  State &state = *state_;
  if (std::exchange(state.finished, true)) return;
  state.find_processes();
  for (Live &process : state.live) process.end = state.end_at_finish(process);
  state.find_rings();
  for (Live &process : state.live) {
    if (!process.end) process.end = state.end_at_finish(process);  // found with its rings just now
    state.drain_one(process, UINT64_MAX);
    process.log.end(*process.end);
    state.by_block[process.block] = nullptr;
  }
  state.live.clear();
}

size_t Collector::live_processes() const { return state_->live.size(); }
uint64_t Collector::lost_without_process() const { return state_->no_process_untold(); }

}  // namespace wsitrace
