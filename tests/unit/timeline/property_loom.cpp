// SPDX-License-Identifier: MIT
#include <algorithm>

#include "tests/unit/timeline/property_lives.h"

namespace wsitrace::test {
namespace {

constexpr uint64_t kFirstPointer = 0x550000001000, kPointerBytes = 0x240, kListenerPointers = 0x560000000000;
constexpr uint64_t kPauseNs = 1'000'000;

bool only_in_preload(uint16_t kind) { return kind >= k_close_requested && kind <= k_close_code_sent; }

const char *word_for(Who who) {
  constexpr const char *words[] = {"first", "handler", "socket"};
  return words[static_cast<size_t>(who)];
}

}  // namespace

Loom::Loom(LogSink &sink, LoomOptions options) : sink_(sink), options_(std::move(options)), threads_(options_.threads) {
  for (uint8_t i = options_.pointers; i > 0; --i) free_.push_back(kFirstPointer + i * kPointerBytes);
  ProcessFacts process;
  process.pid = 4711;
  process.attach = options_.form == Form::kPreload ? "preload" : "plugin";
  process.started_mono_ns = Script::kStartNs;
  sink_.on_process(process);
}

uint16_t Loom::id(const std::string &text) {
  const auto [found, added] = ids_.try_emplace(text, static_cast<uint16_t>(ids_.size() + 1));
  if (added) sink_.on_string(found->second, text);
  return found->second;
}

uint16_t Loom::name_of(const char *word, int number) {
  return id(options_.names_are_numbered ? word + (" " + std::to_string(number)) : word);
}

const LifeScript &Loom::script(const Plan &plan) {
  const std::array<uint8_t, 3> key = {static_cast<uint8_t>(plan.kind), plan.count, plan.ending};
  const auto found = scripts_.find(key);
  return found != scripts_.end() ? found->second : scripts_.emplace(key, script_of(plan)).first->second;
}

Woven *Loom::numbered(int number) {
  for (const auto &life : lives_) {
    if (life->number == number) return life.get();
  }
  return nullptr;
}

// A connection that carries streams waits for those that are still to come.
bool Loom::may_go_on(const Woven &life) {
  const size_t runs = life.script->runs.size();
  if (life.runs_told >= runs - std::min<size_t>(life.plan.left_out, runs - 1)) return false;
  return life.streams_to_come == 0 || life.runs_told < 2;
}

std::vector<Woven *> Loom::ready(uint8_t thread) {
  std::vector<Woven *> out;
  for (const auto &life : lives_) {
    if (life->plan.thread == thread && may_go_on(*life)) out.push_back(life.get());
  }
  return out;
}

std::optional<size_t> Loom::next_to_begin(uint8_t thread) {
  if (free_.empty()) return std::nullopt;
  for (size_t i = 0;; ++i) {
    if (i == waiting_.size()) {
      std::optional<Plan> plan = exhausted_ ? std::nullopt : options_.next_plan();
      exhausted_ = !plan;
      if (!plan) return std::nullopt;
      plan->thread = static_cast<uint8_t>(plan->thread % threads_.size());
      waiting_.push_back({*plan, 0});
    }
    if (waiting_[i].plan.thread == thread) return i;
  }
}

Woven &Loom::begin(size_t waiting) {
  const Waiting next = waiting_[waiting];
  waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(waiting));
  Woven &life = *lives_.emplace_back(std::make_unique<Woven>());
  life.plan = next.plan;
  life.number = ++last_number_;
  life.carrier = next.carrier;
  life.script = &script(next.plan);
  const size_t taken = options_.choose(free_.size());
  life.pointer = free_[taken];
  free_.erase(free_.begin() + static_cast<ptrdiff_t>(taken));
  if (next.plan.kind != LifeKind::kH2) return life;
  life.streams_to_come = next.plan.count;
  for (uint8_t i = 0; i < next.plan.count; ++i) {
    const auto ending = static_cast<uint8_t>(next.plan.ending + i);
    waiting_.push_front({{LifeKind::kStream, 1, ending, next.plan.thread, 0}, life.number});
  }
  return life;
}

void Loom::begin_run(uint8_t thread, Woven &life) {
  Thread &on = threads_[thread];
  on.running = &life;
  on.step = 0;
  if (life.script->runs[life.runs_told].steps.back().detail == kElapsed) now_ns_ += kPauseNs;
  on.run_began_ns = now_ns_;
}

void Loom::end_run(uint8_t thread) {
  Woven &life = *threads_[thread].running;
  threads_[thread].running = nullptr;
  const Run &run = life.script->runs[life.runs_told++];
  life.transactions += run.transactions;
  life.bindings += run.bindings;
  if (life.carrier != 0 && life.runs_told == 2) --numbered(life.carrier)->streams_to_come;
  if (run.last) end(life);
}

void Loom::end(Woven &life) {
  life.ended = true;
  free_.push_back(life.pointer);
  options_.on_woven(life);
  std::erase_if(lives_, [&life](const auto &open) { return open.get() == &life; });
}

void Loom::add_text(ItemTag tag, const char *word, int number) {
  add_item(items_, tag, word + (" " + std::to_string(number)));
}

void Loom::add_details(Event &event, const Step &step, const Woven &life, uint8_t thread) {
  switch (step.detail) {
    case kFdValue:
      event.value = kFirstFd + life.number;
      event.flags |= kNewSocket;
      if (step.by_listener) event.flags |= kAcceptConn;
      break;
    case kPath:
      add_text(kItemPath, "/life", life.number);
      add_item(items_, kItemMethod, "GET");
      add_item(items_, kItemVersion, life.carrier != 0 ? "HTTP/2" : "HTTP/1.1");
      break;
    case kTarget: add_text(kItemText, "host", life.number); break;
    case kServerName: add_text(kItemSni, "name", life.number); break;
    case kMessage: add_item(items_, kItemText, step.text); break;
    case kElapsed: event.value = static_cast<int32_t>((now_ns_ - threads_[thread].run_began_ns) / 1'000); break;
    case kListenerTag: event.flags |= kTagSaysListener; break;
    case kNoDetail: break;
  }
  if (!step.by_carrier) return;
  const uint64_t carrier = numbered(life.carrier)->pointer;
  add_item(items_, kItemParent, {reinterpret_cast<const char *>(&carrier), sizeof carrier});
}

void Loom::say(uint8_t thread, const Step &step) {
  now_ns_ += Script::kStepNs;
  if (options_.form == Form::kPlugin && only_in_preload(step.kind)) return;
  const Woven &life = *threads_[thread].running;
  const int number = step.by_listener ? -thread : life.number;
  const bool of_no_wsi = step.kind == k_call_failed || step.kind == k_connect_requested;
  Event event{};
  event.time_ns = now_ns_;
  event.kind = step.kind;
  event.thread = thread;
  event.value = step.value;
  if (!of_no_wsi) event.wsi = step.by_listener ? kListenerPointers + thread * kPointerBytes : life.pointer;
  if (step.who != Who::kNobody) event.protocol = name_of(word_for(step.who), number);
  if (step.who == Who::kFirst) event.flags |= kFirstProtocol;
  if (step.kind != k_callback_refused && !of_no_wsi) event.vhost = name_of("vhost", number);
  if (step.text != nullptr && step.detail != kMessage) event.text = id(step.text);
  items_.clear();
  add_details(event, step, life, thread);
  threads_[thread].accepted |= step.by_listener;
  sink_.on_event(event, items_);
}

// One event, or nothing when this thread has nothing to do.
bool Loom::advance(uint8_t thread) {
  Thread &on = threads_[thread];
  if (on.running == nullptr) {
    const std::vector<Woven *> can = ready(thread);
    const std::optional<size_t> fresh = next_to_begin(thread);
    const size_t choices = can.size() + (fresh ? 1 : 0);
    if (choices == 0) return false;
    const size_t chosen = options_.choose(choices);
    begin_run(thread, chosen < can.size() ? *can[chosen] : begin(*fresh));
  }
  const std::vector<Step> &steps = on.running->script->runs[on.running->runs_told].steps;
  say(thread, steps[on.step]);
  if (++on.step == steps.size()) end_run(thread);
  return true;
}

uint32_t Loom::weave() {
  for (bool any = true; any;) {
    any = false;
    const size_t first = options_.choose(threads_.size());
    for (size_t i = 0; i < threads_.size() && !any; ++i)
      any = advance(static_cast<uint8_t>((first + i) % threads_.size()));
  }
  for (const auto &life : lives_) options_.on_woven(*life);
  return static_cast<uint32_t>(
      std::count_if(threads_.begin(), threads_.end(), [](const Thread &thread) { return thread.accepted; }));
}

}  // namespace wsitrace::test
