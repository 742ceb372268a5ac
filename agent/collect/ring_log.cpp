// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "agent/collect/collector.h"
#include "agent/collect/process_log.h"

namespace wsitrace {
namespace {

bool has_claimer(const ProcessBlock &block) {
  const uint32_t state = block.state.load(std::memory_order_acquire);
  return (state == kClaimed || state == kEnded) && block.facts_ready.load(std::memory_order_acquire) != 0;
}

// Blocks with a claimer, in the order in which they attached.
std::vector<uint32_t> blocks_by_start(const RingFile &file) {
  std::array<uint64_t, kMaxProcesses> started_ns{};
  std::vector<uint32_t> blocks;
  for (uint32_t i = 0; i < file.processes_reserved(); ++i) {
    if (!has_claimer(file.process(i))) continue;
    started_ns[i] = file.process(i).started_mono_ns;
    blocks.push_back(i);
  }
  std::stable_sort(blocks.begin(), blocks.end(), [&](uint32_t a, uint32_t b) { return started_ns[a] < started_ns[b]; });
  return blocks;
}

bool is_replaced(const RingFile &file, const std::vector<uint32_t> &blocks, size_t at) {
  const uint32_t pid = file.process(blocks[at]).pid;
  return std::any_of(blocks.begin() + static_cast<std::ptrdiff_t>(at) + 1, blocks.end(),
                     [&](uint32_t later) { return file.process(later).pid == pid; });
}

void tell(const RingFile &file, uint32_t block, bool replaced, uint64_t no_process, std::shared_ptr<LogSink> sink) {
  ProcessLog log(file.process(block), std::move(sink));
  for (uint32_t i = 0; i < file.rings_reserved(); ++i)
    if (file.ring(i).owner.load(std::memory_order_acquire) == block + 1)
      log.add_ring(file, i, RingReader::Mode::kReadOnly);
  log.tell_facts();
  log.look(UINT64_MAX);
  const bool has_unread = log.merge_all() > 0;
  log.tell_loss(no_process);
  const char *kind = replaced ? "exec" : log.said_goodbye_ns() != 0 ? "exit" : "unknown";
  const End end{kind, std::nullopt, std::nullopt};
  if (has_unread) log.tell_last_running(file.header().clock_ms.load(std::memory_order_relaxed), end);
  log.end(end);
}

}  // namespace

std::vector<ProcessFacts> processes_in(const RingFile &file) {
  std::vector<ProcessFacts> processes;
  for (const uint32_t block : blocks_by_start(file)) processes.push_back(facts_of(file.process(block)));
  return processes;
}

Expected<void> read_ring_file(const std::string &path, const Collector::SinkForProcess &sink_for_process) {
  auto file = RingFile::open(path);
  if (!file) return unexpected(file.error());
  uint64_t no_process = file->header().lost_no_process.load(std::memory_order_relaxed);
  const auto blocks = blocks_by_start(*file);
  for (size_t at = 0; at < blocks.size(); ++at) {
    auto sink = sink_for_process(facts_of(file->process(blocks[at])));
    if (sink == nullptr) continue;
    tell(*file, blocks[at], is_replaced(*file, blocks, at), std::exchange(no_process, 0), std::move(sink));
  }
  return {};
}

}  // namespace wsitrace
