// SPDX-License-Identifier: MIT
#include "agent/cli/top/top_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "agent/cli/top/cells.h"
#include "agent/cli/top/top_keys.h"
#include "tests/unit/timeline/runs.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace {
namespace {

using test::Form;
using test::Script;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char *kOrderly = "ACCEPT FH('/a') FFC txnc BIND close('server socket svc fail') CLOSED_HTTP DEST";
constexpr const char *kEnds = " txnc=0 close('x') DROP('y') CLOSED_HTTP DEST";

// Logs of processes, as top would have read them.
class TopViewTest : public ::testing::Test {
 protected:
  WatchedLog &process(uint32_t pid, const std::string &program, const std::string &words, bool lives = true) {
    auto &log = *logs_.emplace_back(std::make_unique<WatchedLog>());
    ProcessFacts facts;
    facts.pid = pid;
    facts.program = program;
    facts.lws_version = "4.3.5";
    facts.started_mono_ns = Script::kStartNs;
    Script script(log.sink(), Form::kPreload);
    log.sink().on_process(facts);
    script.play(words);
    log.diagnose();
    input_.processes.push_back({&log, lives});
    input_.now_ns = script.now_ns() + 5'000'000'000;
    return log;
  }
  std::vector<std::string> screen(const TopChoice &choice = {}, TopSize size = {100, 24}) const {
    std::vector<std::string> lines;
    for (const TopLine &line : draw_top(input_, choice, size).lines) lines.push_back(line.text);
    return lines;
  }

  std::vector<std::unique_ptr<WatchedLog>> logs_;
  TopInput input_;
};

TEST_F(TopViewTest, NothingRecordedIsSaid) {
  EXPECT_THAT(screen(), SizeIs(24));
  EXPECT_EQ(screen()[0], "nothing is recorded here");
}

TEST_F(TopViewTest, HeaderTellsProcessTotalsAndLoss) {
  process(4711, "host", std::string("ACCEPT A:FH('/a') A:BIND") + kEnds + " ACCEPT FH('/b') BIND")
      .sink()
      .on_loss({23, 0, {}});
  EXPECT_EQ(screen()[0], "host (PID 4711), libwebsockets 4.3.5");
  EXPECT_EQ(screen()[1], "2 connections: 1 open, 1 closed; 1 listener; 2 transactions");
  EXPECT_EQ(screen()[3], "23 events recorded, 0 lost");
}

TEST_F(TopViewTest, NothingFoundIsNoGoodNewsWhereSomethingMayBeMissing) {
  EXPECT_EQ(screen()[2], "nothing was recorded");
  WatchedLog &log = process(4711, "host", kOrderly);
  EXPECT_EQ(screen()[2], "nothing was found so far");
  log.sink().on_end({"exit", 0, std::nullopt});
  EXPECT_EQ(screen()[2], "nothing needs attention");
  input_.problems.push_back({"b.wsitrace", "cut off", {}});
  EXPECT_EQ(screen()[2], "nothing was found in what could be read");
  log.sink().on_loss({23, 7, {{"ring_full", 7}}});
  EXPECT_EQ(screen()[2], "nothing was found, but events were lost");
}

TEST_F(TopViewTest, DiagnosesAreCountedAndTheWorstIsShown) {
  process(1, "well", kOrderly);
  process(2, "shop", std::string("ACCEPT FH('/a') BIND") + kEnds);
  const TopLine line = draw_top(input_, {}, {200, 24}).lines[2];
  EXPECT_EQ(line.text,
            "1 kind of trouble; worst in shop: accepted connection 2 ended for an unknown reason (unknown_end)");
  EXPECT_EQ(line.style, TopStyle::kWarning);
}

TEST_F(TopViewTest, LossIsAWarning) {
  process(4711, "host", "ACCEPT").sink().on_loss({23, 7, {{"ring_full", 7}}});
  const TopLine line = draw_top(input_, {}, {}).lines[3];
  EXPECT_EQ(line.text, "23 events recorded, 7 lost; connections may be missing or incomplete");
  EXPECT_EQ(line.style, TopStyle::kWarning);
}

TEST_F(TopViewTest, CallbackThatKeepsItsLoopIsALineWhileItDoes) {
  WatchedLog &log = process(4711, "host", "A:CBIND B:CBIND C:CBIND");
  const std::vector<std::string> before = screen();
  input_.now_ns = Script::kStartNs + 5'000'000'000;
  test::tell_runs(log.sink(), 'A', k_HTTP, Script::kStartNs + 4'000'000'000, 1500);
  const TopLine line = draw_top(input_, {}, {200, 24}).lines[2];
  EXPECT_EQ(
      line.text,
      "Event loop blocked for 2.50 s: LWS_CALLBACK_HTTP of protocol 'dyn', connection 1, thread 0; 2 connections wait");
  EXPECT_EQ(line.style, TopStyle::kWarning);
  TopChoice other;
  other.mode = TopMode::kConnection;
  other.selected = TopName{4711, 2};
  EXPECT_THAT(screen(other, {200, 24})[1], StartsWith("Event loop blocked for 2.50 s: "));
  input_.processes[0].lives = false;
  EXPECT_THAT(screen(), Not(Contains(StartsWith("Event loop"))));
  input_.processes[0].lives = true;
  test::tell_runs(log.sink(), 'A', -1, Script::kStartNs + 5'000'000'000, 0);
  EXPECT_THAT(screen(), Not(Contains(StartsWith("Event loop"))));
  EXPECT_EQ(screen()[2], before[2]);
}

TEST_F(TopViewTest, OpenConnectionsComeFirstThenThoseLeftOpenThenEndedOnes) {
  process(1, "gone", "ACCEPT FH('/left') BIND", false);
  process(2, "here", std::string("ACCEPT FH('/ended') BIND") + kEnds + " ACCEPT FH('/open') BIND");
  TopChoice clients;
  clients.cls = ConnectionClass::kClient;
  const auto lines = screen(clients);
  EXPECT_EQ(lines[0], "2 processes, 1 recording");
  EXPECT_THAT(lines[5], AllOf(HasSubstr("here"), HasSubstr("/open")));
  EXPECT_THAT(lines[6], AllOf(HasSubstr("gone"), HasSubstr("left"), HasSubstr("/left")));
  EXPECT_THAT(lines[7], HasSubstr("/ended"));
  EXPECT_THAT(lines[8], IsEmpty());
}

TEST_F(TopViewTest, StreamToWhichNothingWasBoundHasTheProtocolOfItsRequest) {
  process(1, "host", "B:CREATE B:NEW=50 A:CREATE A:FH('/s')<B");
  EXPECT_THAT(screen(), Contains(AllOf(HasSubstr(" p0 "), HasSubstr("/s"))));
}

TEST_F(TopViewTest, ConnectionsOfATraceThatWasRotatedGoOnInTheNext) {
  process(1, "host", "ACCEPT FH('/open') BIND", false).sink().on_end({"detached", std::nullopt, std::nullopt});
  for (const std::string &line : screen()) EXPECT_THAT(line, Not(HasSubstr("/open")));
}

TEST_F(TopViewTest, AgeOfAnOpenConnectionFollowsTheClock) {
  process(1, "host", "ACCEPT FH('/open') BIND");
  TopChoice clients;
  clients.cls = ConnectionClass::kClient;
  EXPECT_THAT(screen(clients)[5], StartsWith("5.00s client"));
  input_.now_ns += 60'000'000'000;
  EXPECT_THAT(screen(clients)[5], StartsWith("1m05s client"));
}

TEST_F(TopViewTest, EveryLineFitsWhateverTheSize) {
  process(1, "host", "ACCEPT FH('/a/long/path/that/goes/on/and/on/and/on') BIND[protocol0@virtual.example.org]");
  process(2, "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87", "ACCEPT FH('/x') BIND");
  for (size_t columns : {1, 2, 7, 23, 61, 101, 997})
    for (size_t lines : {1, 2, 5, 7, 31}) {
      const auto shown = screen({}, {columns, lines});
      EXPECT_THAT(shown, SizeIs(lines));
      for (const std::string &line : shown) EXPECT_THAT(cells_of(line), Le(columns)) << line;
    }
}

TEST_F(TopViewTest, OffsetBeyondTheEndShowsTheLastPage) {
  std::string words;
  for (int i = 0; i < 11; ++i) words += std::string(" ACCEPT FH('/a') BIND") + kEnds;
  process(1, "host", words);
  TopChoice choice;
  choice.offset = 1000;
  choice.cls = ConnectionClass::kClient;
  const TopScreen shown = draw_top(input_, choice, {100, 12});
  EXPECT_EQ(shown.page, 6u);
  EXPECT_EQ(shown.offset, 11u - 6u);
  EXPECT_THAT(shown.lines.back().text, HasSubstr("6-11 of 11"));
}

TEST_F(TopViewTest, SelectionStaysWithItsConnection) {
  process(1, "x", "A:ACCEPT +1ms B:ACCEPT +1ms C:ACCEPT");
  TopChoice choice;
  const TopScreen before = draw_top(input_, choice, {100, 24});
  ASSERT_THAT(before.rows, SizeIs(Ge(3u)));
  EXPECT_TRUE(obey({TopKey::kDown}, choice, before));
  EXPECT_EQ(draw_top(input_, choice, {100, 24}).selected, 1u);
  const TopName selected = before.rows[1];
  choice.sort = TopSort::kId;
  process(2, "y", "A:ACCEPT");
  const TopScreen after = draw_top(input_, choice, {100, 24});
  EXPECT_EQ(after.rows[after.selected], selected);
}

TEST_F(TopViewTest, KeysNeverLeaveTheTable) {
  process(1, "x", "A:ACCEPT B:ACCEPT C:ACCEPT");
  for (const TopSize size : {TopSize{100, 24}, TopSize{20, 6}, TopSize{1, 1}}) {
    TopChoice choice;
    for (const TopKey key :
         {TopKey::kUp, TopKey::kEnd, TopKey::kDown, TopKey::kPageDown, TopKey::kHome, TopKey::kPageUp, TopKey::kEnter,
          TopKey::kEnd, TopKey::kDown, TopKey::kEscape, TopKey::kHelp, TopKey::kUp}) {
      const TopScreen screen = draw_top(input_, choice, size);
      EXPECT_LT(screen.selected, std::max<size_t>(screen.rows.size(), 1));
      EXPECT_TRUE(obey({key}, choice, screen));
    }
    EXPECT_EQ(choice.mode, TopMode::kTable);
  }
}

TEST_F(TopViewTest, NothingCanBeOpenedInAnEmptyTable) {
  TopChoice choice;
  EXPECT_TRUE(obey({TopKey::kEnter}, choice, draw_top(input_, choice, {100, 24})));
  EXPECT_EQ(choice.mode, TopMode::kTable);
}

TEST_F(TopViewTest, TextOfTheHostObeysNothing) {
  process(1, "a\x1b[2Jb", "ACCEPT");
  EXPECT_EQ(screen()[0], "a\\x1b[2Jb (PID 1), libwebsockets 4.3.5");
}

TEST(TopChoice, SortAndClassGoRound) {
  TopChoice choice;
  choice.next_sort();
  EXPECT_EQ(choice.sort, TopSort::kTransactions);
  choice.next_sort();
  choice.next_sort();
  EXPECT_EQ(choice.sort, TopSort::kAge);
  for (int i = 0; i < 4; ++i) choice.next_class();
  EXPECT_FALSE(choice.cls);
}

TEST(TopChoice, FilterIsTypedAndErasedByCharacters) {
  TopChoice choice;
  choice.typing = true;
  for (const char byte : std::string("q\u4e2d")) EXPECT_TRUE(obey({TopKey::kNone, byte}, choice, {}));
  EXPECT_EQ(choice.filter, "q\u4e2d");
  EXPECT_TRUE(obey({TopKey::kErase}, choice, {}));
  EXPECT_EQ(choice.filter, "q");
  EXPECT_TRUE(obey({TopKey::kQuit, 'q'}, choice, {}));
  EXPECT_EQ(choice.filter, "qq");
  EXPECT_TRUE(obey({TopKey::kEscape}, choice, {}));
  EXPECT_EQ(choice.filter, "");
  EXPECT_FALSE(choice.typing);
}

TEST(AgeText, IsShortAtEveryScale) {
  EXPECT_EQ(age_text(0), "0.0ms");
  EXPECT_EQ(age_text(1'234'000), "1.2ms");
  EXPECT_EQ(age_text(123'000'000), "123ms");
  EXPECT_EQ(age_text(1'230'000'000), "1.23s");
  EXPECT_EQ(age_text(59'990'000'000), "59.9s");
  EXPECT_EQ(age_text(65'000'000'000), "1m05s");
  EXPECT_EQ(age_text(7'380'000'000'000), "2h03m");
  EXPECT_EQ(age_text(273'600'000'000'000), "3d04h");
}

TEST(Cells, WideCharactersTakeTwoAndCombiningOnesNone) {
  EXPECT_EQ(cells_of("abc"), 3u);
  EXPECT_EQ(cells_of("\xe4\xb8\xad\xe6\x96\x87"), 4u);
  EXPECT_EQ(cells_of("e\xcc\x81"), 1u);
}

TEST(Cells, FitPadsAndCutsWithoutTearingACharacter) {
  EXPECT_EQ(fit("ab", 4), "ab  ");
  EXPECT_EQ(fit("ab", 4, Align::kRight), "  ab");
  EXPECT_EQ(fit("abcdef", 4), "abc\u2026");
  EXPECT_EQ(fit("\xe4\xb8\xad\xe6\x96\x87", 3), "\xe4\xb8\xad\u2026");
  EXPECT_EQ(fit("\xe4\xb8\xad\xe6\x96\x87", 2), "\u2026 ");
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(Cells, AddressesKeepTheirPort) {
  EXPECT_EQ(fit_address("[2001:db8::17]:40022", 14), "[2001:d\u2026:40022");
  EXPECT_EQ(fit_address("127.0.0.1:80", 14), "127.0.0.1:80  ");
  EXPECT_EQ(fit_address("unix:/run/a-long-name", 10), "unix:/run\u2026");
  EXPECT_EQ(fit_address("127.0.0.1:40022", 5), "127.\u2026");
}

TEST(Cells, LongLinesAreWrappedBetweenWords) {
  EXPECT_THAT(wrapped("  one two three", 9, 4), ElementsAre("  one two", "    three"));
  EXPECT_THAT(wrapped("short", 9, 4), ElementsAre("short"));
  EXPECT_THAT(wrapped("abcdefghij", 4, 1), ElementsAre("abcd", " efg", " hij"));
  EXPECT_THAT(wrapped("ab", 1, 4), ElementsAre("a", "b"));
}

TEST(Cells, DirectionOfTextCannotBeTurned) { EXPECT_EQ(shown_text("a\u202e/"), "a\\xe2\\x80\\xae/"); }

}  // namespace
}  // namespace wsitrace
