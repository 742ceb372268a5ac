// SPDX-License-Identifier: MIT
#include "tests/unit/timeline/property_cases.h"
#include "agent/lws/callbacks.h"

#include <algorithm>

namespace wsitrace::test {

Log woven(const Weave &weave) {
  Log log;
  size_t next = 0, chosen = 0;
  LoomOptions options;
  options.form = weave.form;
  options.threads = weave.threads;
  options.pointers = 7;
  options.next_plan = [&]() { return next < weave.plans.size() ? std::optional(weave.plans[next++]) : std::nullopt; };
  options.choose = [&](size_t among) {
    return weave.choices.empty() ? 0 : weave.choices[chosen++ % weave.choices.size()] % among;
  };
  options.on_woven = [&](const Woven &life) { log.lives.push_back(life); };
  log.listeners = Loom(log.tape, options).weave();
  return log;
}

namespace {

Recorded gap_before(const Event &lost) {
  Recorded gap{};
  gap.event.kind = k_gap;
  gap.event.time_ns = lost.time_ns;
  gap.event.thread = lost.thread;
  gap.event.value = 1;
  return gap;
}

std::vector<Recorded> damaged(const std::vector<Recorded> &events, const Damage &damage) {
  const size_t count = events.size();
  std::vector<std::vector<size_t>> told(count);  // which events are told at each position
  for (size_t i = 0; i < count; ++i) told[i].push_back(i);
  for (const auto &[at, later] : damage.duplicated) told[std::min(at % count + later, count - 1)].push_back(at % count);
  std::vector<Recorded> out;
  for (const uint16_t at : damage.dropped) told[at % count].clear();
  for (size_t i = 0; i < count; ++i) {
    if (told[i].empty() && damage.told == Told::kByGap) out.push_back(gap_before(events[i].event));
    for (const size_t which : told[i]) {
      out.push_back(events[which]);
      out.back().event.time_ns = events[i].event.time_ns;
    }
  }
  return out;
}

}  // namespace

Folded::Folded(const Tape &tape, const Damage &damage) {
  timeline.on_process(tape.process);
  for (size_t i = 0; i < tape.strings.size(); ++i) timeline.on_string(static_cast<uint16_t>(i + 1), tape.strings[i]);
  if (damage.told == Told::kByCount)
    timeline.on_loss({.recorded = tape.events.size(), .lost = 1, .by_cause = {{"ring_full", 1}}});
  for (const Recorded &recorded : tape.events.empty() ? tape.events : damaged(tape.events, damage))
    timeline.on_event(recorded.event, recorded.items);
  ledger.keep(timeline);
}

std::vector<const Connection *> Folded::all() const {
  std::vector<const Connection *> out;
  for (const auto *some : {&ledger.closed, &ledger.open})
    for (const Connection &connection : *some) out.push_back(&connection);
  return out;
}

void showValue(const Weave &weave, std::ostream &out) {
  out << (weave.form == Form::kPreload ? "preload" : "plugin") << ", " << int{weave.threads} << " threads, plans";
  for (const Plan &plan : weave.plans)
    out << " {kind " << static_cast<int>(plan.kind) << " count " << int{plan.count} << " ending " << int{plan.ending}
        << " thread " << int{plan.thread} << " left out " << int{plan.left_out} << "}";
  out << ", choices";
  for (const uint8_t choice : weave.choices) out << " " << int{choice};
}

void showValue(const Damage &damage, std::ostream &out) {
  constexpr const char *told[] = {"not told", "told by a gap", "told beforehand"};
  out << told[static_cast<size_t>(damage.told)] << ", dropped";
  for (const uint16_t at : damage.dropped) out << " " << at;
  out << ", duplicated";
  for (const auto &[at, later] : damage.duplicated) out << " " << at << "+" << int{later};
}

std::string to_text(const Tape &tape) {
  std::ostringstream out;
  for (const Recorded &recorded : tape.events) {
    const char *name = kind_name(recorded.event.kind);
    out << "thread " << int{recorded.event.thread} << " " << std::hex << recorded.event.wsi << std::dec << " "
        << (name != nullptr ? name : "?") << "=" << recorded.event.value << "\n";
  }
  return out.str();
}

}  // namespace wsitrace::test

namespace rc {

using namespace wsitrace::test;

Gen<Plan> Arbitrary<Plan>::arbitrary() {
  const auto kind =
      gen::map(gen::inRange<int>(0, kPlannedKinds), [](int number) { return static_cast<LifeKind>(number); });
  return gen::build<Plan>(gen::set(&Plan::kind, kind), gen::set(&Plan::count, gen::inRange<uint8_t>(0, 5)),
                          gen::set(&Plan::ending, gen::inRange<uint8_t>(0, 12)),
                          gen::set(&Plan::thread, gen::inRange<uint8_t>(0, 3)),
                          gen::set(&Plan::left_out, gen::weightedElement<uint8_t>({{9, 0}, {1, 1}, {1, 2}, {1, 5}})));
}

Gen<Weave> Arbitrary<Weave>::arbitrary() {
  return gen::build<Weave>(gen::set(&Weave::form, gen::element(Form::kPreload, Form::kPlugin)),
                           gen::set(&Weave::threads, gen::inRange<uint8_t>(1, 4)), gen::set(&Weave::plans),
                           gen::set(&Weave::choices));
}

Gen<Damage> Arbitrary<Damage>::arbitrary() {
  const auto duplicate = gen::pair(gen::arbitrary<uint16_t>(), gen::inRange<uint8_t>(0, 20));
  return gen::build<Damage>(
      gen::set(&Damage::dropped, gen::resize(10, gen::arbitrary<std::vector<uint16_t>>())),
      gen::set(&Damage::duplicated,
               gen::resize(10, gen::container<std::vector<std::pair<uint16_t, uint8_t>>>(duplicate))),
      gen::set(&Damage::told, gen::element(Told::kNot, Told::kByGap, Told::kByCount)));
}

}  // namespace rc
