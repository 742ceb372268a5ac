// SPDX-License-Identifier: MIT
//
// The closed lists have words for everything, the layout keeps to its width.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "agent/export/explain/narrative.h"
#include "agent/export/explain/narrators.h"
#include "agent/lws/callbacks.h"
#include "agent/text/callbacks.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"
#include "tests/unit/export/explain_fixture.h"
#include "tests/unit/timeline/rows.h"

namespace wsitrace::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// All of them are whole sentences, and no two the same.
class DistinctSentences {
 public:
  void add(const std::string &sentence) {
    EXPECT_GT(sentence.size(), 10u);
    EXPECT_EQ(sentence.back(), '.') << sentence;
    EXPECT_TRUE(isupper(static_cast<unsigned char>(sentence[0])) || sentence.starts_with("lws")) << sentence;
    EXPECT_TRUE(said_.insert(sentence).second) << sentence;
  }

 private:
  std::set<std::string> said_;
};

TEST(ExplainWords, EveryCloseReasonAndEvidenceHasASentence) {
  DistinctSentences all;
  for (const auto &row : kCloseReasons) all.add(row.sentence);
  for (const auto &row : kCloseEvidence) all.add(row.sentence);
}

TEST(ExplainWords, WhoeverClosedHasASentence) {
  DistinctSentences all;
  for (const CloseBy by : {CloseBy::kPeer, CloseBy::kLocal, CloseBy::kLws, CloseBy::kUnknown}) all.add(sentence_of(by));
}

TEST(ExplainWords, EveryReasonAndEvidenceComesUpInTheEnding) {
  Subject subject;
  subject.connection.state = State::kClosed;
  subject.connection.closed_ns = 5;
  for (const auto &row : kCloseReasons) {
    subject.connection.close = Close{row.reason, CloseBy::kLws, {}, {}, {}};
    EXPECT_THAT(ending_of(subject, {}), testing::Contains(HasSubstr(std::string("(") + row.name + ").")));
  }
}

Sentences identity_with(const std::function<void(Connection &)> &change) {
  Subject subject;
  subject.connection.cls = ConnectionClass::kClient;
  subject.connection.origin = Origin::kAccepted;
  subject.connection.evidence = Evidence::kEvent;
  change(subject.connection);
  return identity_of(subject, {});
}

TEST(ExplainIdentity, EveryOriginAndEvidenceIsToldByItsName) {
  for (int origin = 0; origin <= static_cast<int>(Origin::kInternal); ++origin) {
    for (int evidence = 0; evidence <= static_cast<int>(Evidence::kElimination); ++evidence) {
      const std::string first = identity_with([&](Connection &connection) {
        connection.origin = static_cast<Origin>(origin);
        connection.evidence = static_cast<Evidence>(evidence);
      })[0];
      EXPECT_THAT(first, HasSubstr(std::string("origin ") + name_of(static_cast<Origin>(origin)) + ")"));
      EXPECT_THAT(first, HasSubstr(std::string("(evidence: ") + name_of(static_cast<Evidence>(evidence)) + ")."));
    }
  }
}

TEST(ExplainIdentity, TlsFactsThatAreKnownAreTold) {
  EXPECT_THAT(identity_with([](Connection &connection) {
                connection.tls = Tls{"TLSv1.3", "TLS_AES_256_GCM_SHA384", "h2", "localhost", false, 0, 3'100'000, {}};
              }),
              testing::Contains("It uses TLS: TLSv1.3, TLS_AES_256_GCM_SHA384, ALPN h2, asked for as localhost, not "
                                "resumed, handshake done after 3.1 "
                                "ms, the peer's certificate verified."));
  EXPECT_THAT(identity_with([](Connection &connection) { connection.tls = Tls{}; }),
              testing::Contains("It uses TLS; version and cipher are unknown."));
  EXPECT_THAT(identity_with([](Connection &connection) {
                connection.tls = Tls{};
                connection.tls->failure = "http request";
              }),
              testing::Contains(HasSubstr("The handshake failed: 'http request'.")));
}

TEST(ExplainIdentity, MovesToAnotherVhostOrThreadAreTold) {
  const Sentences moved = identity_with([](Connection &connection) {
    connection.opened_vhost = "a";
    connection.vhost = "b";
    connection.opened_thread = 0;
    connection.thread = 3;
  });
  EXPECT_THAT(moved, testing::Contains(HasSubstr("It began on vhost 'a' and moved to vhost 'b'")));
  EXPECT_THAT(moved, testing::Contains("It was first seen in thread 0 and is served by thread 3."));
}

TEST(ExplainIdentity, EndsTargetParentAndEarlierLivesAreTold) {
  const Sentences told = identity_with([](Connection &connection) {
    connection.peer = "127.0.0.1:80";
    connection.target = "localhost:80";
    connection.parent = 4;
    connection.pointer = 0x1000;
    connection.generation = 3;
  });
  EXPECT_THAT(told, testing::Contains("Its peer is 127.0.0.1:80; the application had asked for localhost:80."));
  EXPECT_THAT(told, testing::Contains("Connection 4 carries it."));
  EXPECT_THAT(told, testing::Contains("Its struct lws was at 0x1000, where 2 other connections had been before it."));
  EXPECT_THAT(identity_with([](Connection &) {}), testing::Contains("Its peer is unknown."));
}

TEST(ExplainAdvice, TlsFailuresNameWhatOpensslSays) {
  Subject subject;
  subject.connection.state = State::kClosed;
  subject.connection.close = Close{CloseReason::kTlsFailed, CloseBy::kPeer, {}, {}, {}};
  const auto advice_on = [&subject](std::string_view failure) {
    subject.connection.tls = Tls{};
    subject.connection.tls->failure = failure;
    return advice_of(subject, {});
  };
  EXPECT_THAT(advice_on("http request"), testing::ElementsAre(HasSubstr("plain HTTP to a TLS port")));
  EXPECT_THAT(advice_on("tlsv1 alert unknown ca"), testing::ElementsAre(HasSubstr("certificate was not accepted")));
  EXPECT_THAT(advice_on("no shared cipher"), testing::ElementsAre(HasSubstr("no TLS version or cipher in common")));
  EXPECT_THAT(advice_on(""), testing::ElementsAre(HasSubstr("OpenSSL's reason is unknown")));
}

TEST(ExplainAdvice, PingTimeoutNamesThePolicy) {
  Subject subject;
  subject.connection.state = State::kClosed;
  subject.connection.close = Close{CloseReason::kPingTimeout, CloseBy::kLws, {}, {}, {}};
  EXPECT_THAT(advice_of(subject, {}), testing::ElementsAre(HasSubstr("secs_since_valid_ping")));
}

TEST(ExplainEvents, FirstAndLastAreKeptAndAllAreCounted) {
  KeptEvents events;
  const size_t all = KeptEvents::kFirst + KeptEvents::kLast + 101;
  for (size_t i = 0; i < all; ++i)
    events.add({.at_ns = i, .kind = k_HTTP, .value = 0, .protocol = {}, .text = {}, .loop_turns = 0});
  std::vector<Ns> kept;
  events.for_each([&kept](const KeptEvent &event) { kept.push_back(event.at_ns); });
  EXPECT_EQ(kept.size(), KeptEvents::kFirst + KeptEvents::kLast);
  EXPECT_EQ(kept[KeptEvents::kFirst - 1], KeptEvents::kFirst - 1);
  EXPECT_EQ(kept[KeptEvents::kFirst], all - KeptEvents::kLast);
  EXPECT_EQ(kept.back(), all - 1);
  EXPECT_EQ(events.count_of(k_HTTP), all);
  EXPECT_EQ(events.left_out(), 101u);
}

// Every way in which a connection is known to go, with and without a record of calls.
class ExplainRows : public testing::TestWithParam<Row> {};

TEST_P(ExplainRows, IsToldFromBeginningToEndWithTheReasonOfTheFold) {
  for (const Form form : {Form::kPreload, Form::kPlugin}) {
    const Told told = Told(GetParam().script).in(form);
    Timeline timeline;
    tell(told, timeline);
    std::string all;
    for (uint64_t id = 1; id <= timeline.totals().opened; ++id) {
      all += explained(told, id);
      EXPECT_THAT(all, AllOf(HasSubstr("What it is"), HasSubstr("What happened")));
    }
    const std::string reason = form == Form::kPreload ? GetParam().preload_reason : GetParam().plugin_reason;
    EXPECT_THAT(all, HasSubstr("(" + reason.substr(0, reason.find(' ')) + ")."));
  }
}

std::string name_of_row(const testing::TestParamInfo<Row> &row) { return row.param.name; }
INSTANTIATE_TEST_SUITE_P(Files, ExplainRows, testing::ValuesIn(kFileRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Dynamic, ExplainRows, testing::ValuesIn(kDynamicRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Websocket, ExplainRows, testing::ValuesIn(kWebsocketRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Stream, ExplainRows, testing::ValuesIn(kStreamRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Tls, ExplainRows, testing::ValuesIn(kTlsRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Outbound, ExplainRows, testing::ValuesIn(kOutboundRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Adopted, ExplainRows, testing::ValuesIn(kAdoptedRows), name_of_row);

TEST(ExplainLayout, WrapsAtItsWidthOnATerminalOnly) {
  const Told told{"CBIND NEW=9 +2000"};
  constexpr size_t kWidth = 100;
  std::istringstream narrow(explained(told, 1, kWidth));
  for (std::string line; std::getline(narrow, line);) EXPECT_LE(width_of(line), kWidth) << line;
  const std::string wide = explained(told, 1, 0);
  EXPECT_THAT(wide, HasSubstr("\n    It belongs to vhost 'default'.\n"));
  std::string flowing = explained(told, 1, kWidth);
  for (size_t at = 0; (at = flowing.find("\n    ", at)) != std::string::npos;) flowing.replace(at, 5, " ");
  std::string joined = wide;
  for (size_t at = 0; (at = joined.find("\n    ", at)) != std::string::npos;) joined.replace(at, 5, " ");
  std::erase(flowing, ' ');
  std::erase(joined, ' ');
  EXPECT_EQ(flowing, joined) << "the same words";
}

TEST(ExplainLayout, WordLongerThanALineStandsAlone) {
  EXPECT_EQ(wrapped("a " + std::string(20, 'b') + " c", 10, 2, 2), "  a\n    " + std::string(20, 'b') + "\n    c\n");
}

TEST(Explain, ConnectionThatIsNotThereIsNotInvented) { EXPECT_EQ(explained(Told{"ACCEPT"}, 99), "no such connection"); }

}  // namespace
}  // namespace wsitrace::test
