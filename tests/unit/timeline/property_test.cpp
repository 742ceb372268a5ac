// SPDX-License-Identifier: MIT
//
// Properties of the fold. A run is the same every time; look further with, for example,
//    RC_PARAMS="max_success=100000 seed=17" bin/unit_timeline --gtest_filter='TimelineProperty.*'
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>

#include "agent/lws/callbacks.h"
#include "tests/unit/timeline/property_cases.h"

namespace wsitrace::test {
namespace {

constexpr int kCases = 500;

// Fails the test with the smallest counterexample. The same cases every time, unless RC_PARAMS asks for others.
template <typename Property>
void check(int cases, Property property) {
  rc::detail::TestParams params;
  params.seed = 7681;
  params.maxSuccess = cases;
  if (std::getenv("RC_PARAMS") != nullptr) params = rc::detail::configuration().testParams;
  const rc::detail::TestMetadata metadata{"", testing::UnitTest::GetInstance()->current_test_info()->name()};
  const auto result = rc::detail::checkTestable(property, metadata, params);
  std::ostringstream said;
  rc::detail::printResultMessage(result, said);
  EXPECT_TRUE(result.template is<rc::detail::SuccessResult>()) << said.str();
}

// For the counterexample.
void note(const Log &log, const Folded &folded) {
  RC_LOG() << to_text(log.tape);
  for (const Connection *connection : folded.all()) RC_LOG() << to_text(*connection) << "\n";
}

TEST(TimelineProperty, SumsAgreeWhateverTheInterleaving) {
  check(kCases, [](const Weave &weave) {
    const Log log = woven(weave);
    const Folded folded(log.tape);
    note(log, folded);
    RC_ASSERT(fault_in_sums(folded.ledger, folded.timeline) == "");
    const auto ended = std::count_if(log.lives.begin(), log.lives.end(), [](const Woven &life) { return life.ended; });
    RC_ASSERT(folded.timeline.totals().opened == log.lives.size() + log.listeners);
    RC_ASSERT(folded.timeline.totals().closed == static_cast<uint64_t>(ended));
    RC_ASSERT(folded.timeline.totals().stray_events == 0u);
    RC_ASSERT(folded.timeline.totals().unmatched_drops == 0u);
  });
}

TEST(TimelineProperty, EveryLifeIsOneConnectionWithItsOwnFacts) {
  check(kCases, [](const Weave &weave) {
    const Log log = woven(weave);
    const Folded folded(log.tape);
    note(log, folded);
    std::map<int, const Connection *> by_life;
    for (const Connection *connection : folded.all()) {
      const std::set<int> lives = lives_in(*connection);
      RC_ASSERT(lives.size() == 1u);
      RC_ASSERT(by_life.emplace(*lives.begin(), connection).second);
    }
    for (const Woven &life : log.lives) {
      RC_ASSERT(by_life.count(life.number) == 1u);
      const Connection &connection = *by_life[life.number];
      const LifeScript script = script_of(life.plan);
      RC_LOG() << "life " << life.number << ": " << to_text(connection) << "\n";
      RC_ASSERT(connection.pointer == life.pointer);
      RC_ASSERT(connection.transactions_total == life.transactions);
      RC_ASSERT(connection.bindings_total == life.bindings);
      RC_ASSERT((connection.state == State::kClosed) == life.ended);
      if (!life.ended) continue;
      RC_ASSERT(connection.cls == script.cls);
      RC_ASSERT(connection.origin == script.origin);
      RC_ASSERT(connection.session.has_value() == script.session);
      RC_ASSERT(connection.closed_ns.has_value());
      if (life.carrier == 0 || !connection.parent || connection.evidence == Evidence::kElimination) continue;
      RC_ASSERT(connection.parent == by_life[life.carrier]->id);
    }
  });
}

TEST(TimelineProperty, TimesAreInOrderWithinTheirConnection) {
  check(kCases, [](const Weave &weave) {
    const Log log = woven(weave);
    const Folded folded(log.tape);
    for (const Connection *connection : folded.all()) RC_ASSERT(fault_in_times(*connection) == "");
  });
}

TEST(TimelineProperty, WhatEndsLeavesNothingOpen) {
  check(kCases, [](const Weave &weave, const Damage &damage) {
    const Log log = woven(weave);
    const Folded whole(log.tape), folded(log.tape, damage);
    for (const Connection *connection : whole.all()) RC_ASSERT(fault_in_ends(*connection) == "");
    for (const Connection *connection : folded.all()) RC_ASSERT(fault_in_ends(*connection) == "");
  });
}

TEST(TimelineProperty, DamageBreaksNoSum) {
  check(kCases, [](const Weave &weave, const Damage &damage) {
    const Log log = woven(weave);
    const Folded folded(log.tape, damage);
    RC_ASSERT(fault_in_sums(folded.ledger, folded.timeline) == "");
  });
}

TEST(TimelineProperty, DamageBreaksNoOrderOfTimes) {
  check(kCases, [](const Weave &weave, const Damage &damage) {
    const Log log = woven(weave);
    const Folded folded(log.tape, damage);
    note(log, folded);
    for (const Connection *connection : folded.all()) RC_ASSERT(fault_in_times(*connection) == "");
  });
}

uint64_t certain_on(const Folded &folded, uint64_t pointer) {
  const auto all = folded.all();
  return static_cast<uint64_t>(std::count_if(all.begin(), all.end(), [pointer](const Connection *connection) {
    return connection->pointer == pointer && is_certain(*connection);
  }));
}

// Lives that there were, by pointer.
std::map<uint64_t, uint64_t> lives_by_pointer(const Log &log) {
  std::map<uint64_t, uint64_t> out;
  for (const Woven &life : log.lives) ++out[life.pointer];
  return out;
}

bool is_end(uint16_t kind) { return kind == k_WSI_DESTROY || kind == k_call_failed; }

// What may be the first that is seen of a connection.
bool is_beginning(uint16_t kind) {
  switch (kind) {
    case k_WSI_CREATE:
    case k_SERVER_NEW_CLIENT_INSTANTIATED:
    case k_CLIENT_HTTP_BIND_PROTOCOL:
    case k_RAW_SKT_BIND_PROTOCOL:
    case k_CLIENT_CONNECTION_ERROR:
    case k_CONNECTING: return true;
    default: return false;
  }
}

// Tells of a connection that the same thread makes next.
bool is_announcement(uint16_t kind) { return kind == k_FILTER_NETWORK_CONNECTION || kind == k_connect_requested; }

uint16_t kind_at(const Log &log, uint16_t at) {
  const auto &events = log.tape.events;
  return events.empty() ? uint16_t{k_gap} : events[at % events.size()].event.kind;
}

TEST(TimelineProperty, LossInventsNothingCertain) {
  check(kCases, [](const Weave &weave, Damage damage) {
    damage.duplicated.clear();
    const Log log = woven(weave);
    const Folded folded(log.tape, damage);
    note(log, folded);
    for (const auto &[pointer, lives] : lives_by_pointer(log)) RC_ASSERT(certain_on(folded, pointer) <= lives);
  });
}

TEST(TimelineProperty, LossThatIsToldMakesNoLifeTwoCertainOnes) {
  check(kCases, [](const Weave &weave, Damage damage) {
    damage.duplicated.clear();
    if (damage.told == Told::kNot) damage.told = Told::kByGap;
    const Log log = woven(weave);
    const Folded folded(log.tape, damage);
    note(log, folded);
    std::set<int> certain;
    for (const Connection *connection : folded.all()) {
      if (!is_certain(*connection)) continue;
      for (const int life : lives_in(*connection)) RC_ASSERT(certain.insert(life).second);
    }
  });
}

// A copy of a beginning cannot be told from one, because lws may free what it created without another word. A copy of an end
// may end the next life on its pointer.
TEST(TimelineProperty, CopiesInventNothingCertainUnlessTheyAreOfBeginningsOrEnds) {
  check(kCases, [](const Weave &weave, Damage damage) {
    damage.dropped.clear();
    const Log log = woven(weave);
    std::erase_if(damage.duplicated, [&](const auto &copy) {
      return is_beginning(kind_at(log, copy.first)) || is_end(kind_at(log, copy.first));
    });
    const Folded folded(log.tape, damage);
    note(log, folded);
    for (const auto &[pointer, lives] : lives_by_pointer(log)) RC_ASSERT(certain_on(folded, pointer) <= lives);
  });
}

// Whose end is missing may go on as the next one on its pointer. A gap tells that what its thread announced may be gone, too; where
// nothing tells, it may be taken for what the thread does next.
TEST(TimelineProperty, LossMixesNoLivesWhoseBeginningsAndEndsWereSeen) {
  check(kCases, [](const Weave &weave, Damage damage) {
    damage.duplicated.clear();
    const Log log = woven(weave);
    std::erase_if(damage.dropped, [&](uint16_t at) {
      const uint16_t kind = kind_at(log, at);
      return is_end(kind) || (damage.told != Told::kByGap && (is_beginning(kind) || is_announcement(kind)));
    });
    const Folded folded(log.tape, damage);
    note(log, folded);
    for (const Connection *connection : folded.all()) RC_ASSERT(lives_in(*connection).size() <= 1u);
  });
}

// An event that is told twice at once, for whatever reason.
TEST(TimelineProperty, EchoesMixNoLives) {
  check(kCases, [](const Weave &weave, Damage damage) {
    damage.dropped.clear();
    const Log log = woven(weave);
    for (auto &[at, later] : damage.duplicated) later = 0;
    const Folded folded(log.tape, damage);
    note(log, folded);
    for (const Connection *connection : folded.all()) RC_ASSERT(lives_in(*connection).size() <= 1u);
  });
}

}  // namespace
}  // namespace wsitrace::test
