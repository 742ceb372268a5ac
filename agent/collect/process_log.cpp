// SPDX-License-Identifier: MIT
#include "agent/collect/process_log.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "agent/collect/log_json.h"

namespace wsitrace {
namespace {

constexpr const char *kDamaged = "damaged";
constexpr uint64_t kClockNsPerMs = 1'000'000;

template <size_t N>
std::string text_in(const char (&field)[N]) {
  return valid_utf8({field, strnlen(field, N)});
}

std::vector<std::string> arguments_of(const ProcessBlock &block) {
  const size_t bytes = std::min<size_t>(block.arguments_bytes, sizeof block.arguments);
  std::vector<std::string> arguments;
  for (size_t at = 0; at < bytes;) {
    const size_t length = strnlen(block.arguments + at, bytes - at);
    arguments.push_back(valid_utf8({block.arguments + at, length}));
    at += length + 1;
  }
  return arguments;
}

std::map<std::string, uint64_t> trouble_of(const ProcessBlock &block) {
  std::map<std::string, uint64_t> trouble;
  for (uint32_t i = 0; i < kTroubles; ++i)
    if (const uint64_t count = block.trouble[i].load(std::memory_order_relaxed)) trouble[trouble_name(i)] += count;
  return trouble;
}

void add(Loss &loss, const char *cause, uint64_t count) {
  if (count == 0) return;
  loss.lost += count;
  loss.by_cause[cause] += count;
}

// Also where a sink throws.
class Batch {
 public:
  explicit Batch(LogSink &sink) : sink_(sink) { sink_.on_batch_begun(); }
  ~Batch() { sink_.on_batch_ended(); }
  Batch(const Batch &) = delete;
  Batch &operator=(const Batch &) = delete;

 private:
  LogSink &sink_;
};

}  // namespace

ProcessFacts facts_of(const ProcessBlock &block_untrusted) {
  const ProcessBlock &block = block_untrusted;
  ProcessFacts facts;
  facts.pid = block.pid;
  facts.parent_pid = block.parent_pid;
  facts.program = text_in(block.program);
  facts.arguments = arguments_of(block);
  facts.lws_version = text_in(block.lws_version);
  facts.attach = attach_name(block.attach);
  facts.notice = text_in(block.notice);
  facts.started_mono_ns = block.started_mono_ns;
  facts.started_real_ns = block.started_real_ns;
  facts.trouble = trouble_of(block);
  return facts;
}

ProcessLog::ProcessLog(const ProcessBlock &block_untrusted, std::shared_ptr<LogSink> sink)
    : block_(block_untrusted),
      sink_(std::move(sink)),
      pid_(block_untrusted.pid),
      attached_ns_(block_untrusted.started_mono_ns),
      string_told_(kMaxStrings) {}

void ProcessLog::add_ring(const RingFile &file, uint32_t index, RingReader::Mode mode) {
  RingHeader &header = file.ring(index);
  rings_.push_back(
      {index, header.thread, header.thread_id, false, RingReader(header, file.slots(index), file.ring_slots(), mode)});
}

bool ProcessLog::facts_unchanged() const {
  return facts_told_ && facts_told_->notice == text_in(block_.notice) &&
         facts_told_->lws_version == text_in(block_.lws_version) && facts_told_->trouble == trouble_of(block_);
}

void ProcessLog::tell_facts() {
  if (facts_unchanged()) return;
  facts_told_ = facts_of(block_);
  sink_->on_process(*facts_told_);
}

void ProcessLog::look(uint64_t horizon_ns) {
  for (Ring &ring : rings_) ring.reader.refresh(horizon_ns);
}

size_t ProcessLog::merge(uint64_t watermark_ns) { return merge_before(watermark_ns, true); }
size_t ProcessLog::merge_all() { return merge_before(UINT64_MAX, false); }

size_t ProcessLog::merge_before(uint64_t watermark_ns, bool heed_writers) {
  const Batch batch(*sink_);
  watermark_ns_ = watermark_ns;
  heed_writers_ = heed_writers;
  tell_strings();
  line_up();
  size_t count = 0;
  while (!queue_.empty() && queue_.front().time_ns < watermark_ns_) {
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
    const Next first = queue_.back();
    queue_.pop_back();
    count += hand_on_run(first);
  }
  for (Ring &ring : rings_) ring.reader.release();
  return count;
}

void ProcessLog::line_up() {
  queue_.clear();
  for (uint32_t at = 0; at < rings_.size(); ++at) {
    if (const Event *event = rings_[at].reader.peek()) queue_.push_back({event->time_ns, rings_[at].thread, at});
    else bound_by(rings_[at]);
  }
  std::make_heap(queue_.begin(), queue_.end(), std::greater<>());
}

// Goes on with one ring for as long as its next record is the oldest.
size_t ProcessLog::hand_on_run(const Next &first) {
  Ring &ring = rings_[first.at];
  size_t count = 0;
  Next next = first;
  while (next.time_ns < watermark_ns_ && (queue_.empty() || !(queue_.front() < next))) {
    hand_on(ring.reader);
    ++count;
    const Event *event = ring.reader.peek();
    if (event == nullptr) {
      bound_by(ring);
      return count;
    }
    next.time_ns = event->time_ns;
  }
  queue_.push_back(next);
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
  return count;
}

void ProcessLog::hand_on(RingReader &reader) {
  Event event = *reader.peek();
  make_known(event.vhost);
  make_known(event.protocol);
  make_known(event.text);
  sink_->on_event(event, reader.items());
  reader.pop();
}

void ProcessLog::bound_by(const Ring &ring) {
  if (heed_writers_ && ring.reader.was_writing() && !ring.abandoned)
    watermark_ns_ = std::min(watermark_ns_, ring.reader.last_ns());
}

void ProcessLog::tell_strings() {
  std::erase_if(strings_late_, [this](uint32_t index) { return tell_string(index); });
  const uint32_t count = std::min(block_.string_count.load(std::memory_order_acquire), kMaxStrings);
  for (; strings_seen_ < count; ++strings_seen_)
    if (!tell_string(strings_seen_)) strings_late_.push_back(strings_seen_);
}

// False: not in place yet. An entry that points outside the table is never told.
bool ProcessLog::tell_string(uint32_t index) {
  if (string_told_[index]) return true;
  const StringEntry &entry = block_.strings[index];
  if (entry.ready.load(std::memory_order_acquire) == 0) return false;
  const auto text = text_of(index);
  if (!text) return true;
  sink_->on_string(static_cast<uint16_t>(index + 1), *text);
  string_told_[index] = true;
  return true;
}

std::optional<std::string> ProcessLog::text_of(uint32_t index) const {
  const StringEntry &entry = block_.strings[index];
  if (entry.ready.load(std::memory_order_acquire) == 0) return std::nullopt;
  const uint32_t offset = entry.offset;
  const uint32_t length = entry.length;
  if (offset > kTextBytes || length > kMaxStringBytes || length > kTextBytes - offset) return std::nullopt;
  return valid_utf8(std::string(block_.text + offset, length));
}

void ProcessLog::make_known(uint16_t &id) {
  if (id == kNoString || (id <= kMaxStrings && string_told_[id - 1u])) return;
  if (id == kOverflowString) {
    if (!overflow_told_) sink_->on_string(id, "overflow");
    overflow_told_ = true;
  } else if (id > kMaxStrings || !tell_string(id - 1u) || !string_told_[id - 1u]) {
    id = kNoString;
  }
}

Loss ProcessLog::loss(uint64_t no_process) const {
  uint64_t ring_full = retired_lost_, damaged = retired_damaged_;
  Loss loss;
  loss.recorded = retired_events_;
  for (const Ring &ring : rings_) {
    loss.recorded += ring.reader.events();
    ring_full += ring.reader.lost();
    damaged += ring.reader.damaged();
  }
  add(loss, loss_cause_name(kRingFull), ring_full + block_.lost[kRingFull].load(std::memory_order_relaxed));
  add(loss, loss_cause_name(kNoRing), block_.lost[kNoRing].load(std::memory_order_relaxed));
  add(loss, loss_cause_name(kNoProcess), no_process + block_.lost[kNoProcess].load(std::memory_order_relaxed));
  add(loss, kDamaged, damaged);
  return loss;
}

// What the thread does, by the header of its ring.
void ProcessLog::tell_runs(const Ring &ring, const RingReader::Running &running, uint64_t at_ns, uint32_t lasted_ms) {
  Event event{};
  event.time_ns = at_ns;
  event.kind = k_callback_runs;
  event.value = running.reason;
  event.thread = static_cast<uint8_t>(std::min(ring.thread, 255u));
  if (running.reason >= 0) {
    event.wsi = running.wsi;
    event.protocol = running.protocol;
    make_known(event.protocol);
  }
  std::array<std::byte, kSlotBytes> items{std::byte{kItemLasted}, std::byte{sizeof lasted_ms}};
  std::memcpy(items.data() + 2, &lasted_ms, sizeof lasted_ms);
  event.extra = 1;
  sink_->on_event(event, items);
}

void ProcessLog::tell_lasting(uint32_t now_ms, uint32_t gap_ms) {
  constexpr uint32_t kLastsMs = 200, kMostMs = INT32_MAX;
  for (Ring &ring : rings_) {
    const RingReader::Running running = ring.reader.running();
    const uint32_t since_ms = now_ms - running.since_ms, lasted_ms = since_ms > gap_ms ? since_ms - gap_ms : 0;
    const bool lasts =
        !ring.abandoned && running.reason >= 0 && running.since_ms != 0 && lasted_ms >= kLastsMs && since_ms < kMostMs;
    if (ring.told_running_ms != 0 && !(lasts && running.since_ms == ring.told_since_ms)) {
      ring.told_running_ms = 0;
      tell_runs(ring, {-1, 0, 0, 0}, watermark_ns_, 0);
    }
    if (!lasts || lasted_ms / 2 < ring.told_running_ms) continue;
    ring.told_running_ms = lasted_ms;
    ring.told_since_ms = running.since_ms;
    tell_runs(ring, running, watermark_ns_, lasted_ms);
  }
}

void ProcessLog::sample(uint64_t for_ns, const CallbackSampler &sampler) const {
  if (!facts_told_) return;
  for (const Ring &ring : rings_) {
    const RingReader::Running running = ring.reader.running();
    if (running.reason < -1 || ring.abandoned) continue;
    const bool is_known = running.reason >= 0 && running.protocol != kNoString && running.protocol <= kMaxStrings;
    const std::string protocol = is_known ? text_of(running.protocol - 1u).value_or("") : "";
    sampler(*facts_told_, {running.reason, protocol, for_ns});
  }
}

void ProcessLog::tell_last_running(uint32_t now_ms, const End &end) {
  uint64_t last_ns = attached_ns_;
  for (const Ring &ring : rings_) last_ns = std::max(last_ns, ring.reader.last_ns());
  // The clock of hosts has 32 bits, and may be behind.
  const uint32_t later_ms = now_ms - static_cast<uint32_t>(last_ns / kClockNsPerMs);
  if (later_ms < INT32_MAX) last_ns += later_ms * kClockNsPerMs;
  for (const Ring &ring : rings_) {
    const RingReader::Running running = ring.reader.running();
    if (running.reason < 0 && (running.reason != -1 || end.kind == "exit" || end.kind == "exec")) continue;
    const bool is_timed = running.reason >= 0 && running.since_ms != 0 && now_ms - running.since_ms < INT32_MAX;
    tell_runs(ring, running, last_ns, is_timed ? now_ms - running.since_ms : 0);
  }
}

void ProcessLog::tell_loss(uint64_t no_process) {
  const Loss now = loss(no_process);
  if (loss_told_ == now) return;
  loss_told_ = now;
  sink_->on_loss(now);
}

void ProcessLog::end(End end) {
  if (!end.mono_ns && said_goodbye_ns() != 0) end.mono_ns = said_goodbye_ns();
  sink_->on_end(end);
}

void ProcessLog::retire_ring(size_t at) {
  const RingReader &reader = rings_[at].reader;
  retired_events_ += reader.events();
  retired_lost_ += reader.lost();
  retired_damaged_ += reader.damaged();
  rings_.erase(rings_.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace wsitrace
