// SPDX-License-Identifier: MIT
//
// The cases of the property tests: what to weave, what to damage, and the fold of it.
#ifndef WSITRACE_TESTS_UNIT_TIMELINE_PROPERTY_CASES_H
#define WSITRACE_TESTS_UNIT_TIMELINE_PROPERTY_CASES_H

#include <rapidcheck.h>

#include "tests/unit/timeline/property_claims.h"
#include "tests/unit/timeline/property_lives.h"

namespace wsitrace::test {

struct Recorded {
  Event event;
  std::vector<std::byte> items;
};

// A log that can be told again, whole or damaged.
struct Tape final : LogSink {
  void on_process(const ProcessFacts &facts) override { process = facts; }
  void on_string(uint16_t, std::string_view text) override { strings.emplace_back(text); }
  void on_event(const Event &event, std::span<const std::byte> items) override {
    events.push_back({event, {items.begin(), items.end()}});
  }
  ProcessFacts process;
  std::vector<std::string> strings;  // by id, from 1
  std::vector<Recorded> events;
};

// Plans, and in which order they are woven.
struct Weave {
  Form form = Form::kPreload;
  uint8_t threads = 1;
  std::vector<Plan> plans;
  std::vector<uint8_t> choices;  // again and again; none: whatever is first
};

struct Log {
  Tape tape;
  std::vector<Woven> lives;  // in the order in which they ended, then those that did not
  uint32_t listeners = 0;
};
Log woven(const Weave &weave);

enum class Told : uint8_t {
  kNot,
  kByGap,
  kByCount
};  // how the fold learns of a loss: never, where it was, or beforehand

struct Damage {
  std::vector<uint16_t> dropped;                         // positions, modulo the log's length
  std::vector<std::pair<uint16_t, uint8_t>> duplicated;  // position, and by how many events the copy comes later
  Told told = Told::kNot;
};

// A fold of a log, with everything that was heard of it.
class Folded {
 public:
  explicit Folded(const Tape &tape, const Damage &damage = {});
  [[nodiscard]] std::vector<const Connection *> all() const;

  Ledger ledger;
  Timeline timeline{ledger};
};

void showValue(const Weave &weave, std::ostream &out);
void showValue(const Damage &damage, std::ostream &out);
std::string to_text(const Tape &tape);

}  // namespace wsitrace::test

namespace rc {

template <>
struct Arbitrary<wsitrace::test::Plan> {
  static Gen<wsitrace::test::Plan> arbitrary();
};
template <>
struct Arbitrary<wsitrace::test::Weave> {
  static Gen<wsitrace::test::Weave> arbitrary();
};
template <>
struct Arbitrary<wsitrace::test::Damage> {
  static Gen<wsitrace::test::Damage> arbitrary();
};

}  // namespace rc

#endif
