// SPDX-License-Identifier: MIT
//
// What a wsi is, where lws says little of it: wsis of its own, of mqtt and of proxies, and those that change what they are. The
// sequences are those of libwebsockets's minimal examples.
#include <gtest/gtest.h>

#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

class Nature : public testing::Test {
 protected:
  void play(std::string_view words) { script_.play(words); }
  void runs_on(const char *lws_version) {
    ProcessFacts facts;
    facts.attach = "preload";
    facts.lws_version = lws_version;
    timeline_.on_process(facts);
  }
  [[nodiscard]] const Connection &on(char wsi) const { return recorder_.on(Script::pointer(wsi)); }
  [[nodiscard]] std::string kind_of(char wsi) const {
    const Connection &one = on(wsi);
    return std::string(name_of(one.cls)) + "/" + name_of(one.origin) + "/" + name_of(one.evidence);
  }
  [[nodiscard]] std::string end_of(char wsi) const {
    return on(wsi).close ? std::string(name_of(on(wsi).close->reason)) + " by " + name_of(on(wsi).close->by) : "open";
  }
  [[nodiscard]] size_t open() const {
    size_t count = 0;
    timeline_.for_each_open([&](const Connection &) { ++count; });
    return count;
  }

  Recorder recorder_;
  Timeline timeline_{recorder_};
  Script script_{timeline_, Form::kPreload};
};

TEST_F(Nature, PipesOfACgiAreInternalChildrenOfItsConnection) {
  play("VHOST ACCEPT FH('/cgi') st=200 txnc=1 BIND B:CHILD_CLOSING<A B:DEST('1/-1') C:CHILD_CLOSING<A C:DEST('1/-1')");
  EXPECT_EQ(kind_of('B'), "internal/internal/event");
  EXPECT_EQ(end_of('B'), "response_done by lws");
  play("CLOSED_HTTP DEST");
  EXPECT_EQ(on('B').parent, on('A').id);
  EXPECT_EQ(on('C').parent, on('A').id);
}

TEST_F(Nature, PipesOfACgiEndWithItsConnection) {
  play("VHOST ACCEPT FH('/cgi') close('server socket svc fail') B:CHILD_CLOSING<A B:DEST('1/-1') CLOSED_HTTP DEST");
  EXPECT_EQ(end_of('B'), "parent_closed by lws");
}

TEST_F(Nature, PipeOfASpawnedProgramIsInternal) {
  play("VHOST B:RCLOSE_FILE B:DEST('tag other')");
  EXPECT_EQ(kind_of('B'), "internal/internal/lws_tag");
  EXPECT_EQ(on('B').role, Role::kRawFile);
}

TEST_F(Nature, WhatOnlyEndsIsNoListenerWithoutEvidence) {
  play("A:DEST VHOST=-1 B:DEST C:DEST('tag other') VHOST D:DEST E:close('ctx destroy')=9999#2 E:DEST");
  for (const char wsi : {'A', 'B', 'D', 'E'}) EXPECT_EQ(kind_of(wsi), "internal/internal/elimination") << wsi;
  EXPECT_EQ(kind_of('C'), "internal/internal/lws_tag");
}

TEST_F(Nature, WithoutARecordOfCallsThePortOfTheVhostHasToDo) {
  Recorder recorder;
  Timeline timeline(recorder);
  Script(timeline, Form::kPlugin).play("VHOST A:DEST VHOST[x@none]=-1 B:DEST[x@none]");
  EXPECT_EQ(recorder.on(Script::pointer('A')).cls, ConnectionClass::kListener);
  EXPECT_EQ(recorder.on(Script::pointer('B')).cls, ConnectionClass::kInternal);
}

TEST_F(Nature, UsersOfAnMqttConnectionAreItsStreams) {
  play(
      "connect('broker')=1883 A:MBIND A:CONNECTING connect('broker')=1883 B:MBIND A:CREATE C:CREATE C:MEST<A B:MEST<A "
      "C:close('mqtt pollout handle') C:MDROP('x') C:MCLOSED C:DEST B:MDROP('x') B:MCLOSED B:DEST "
      "A:close('ctx destroy')=9999 A:DEST");
  EXPECT_EQ(kind_of('A'), "client/outbound/event");
  EXPECT_EQ(kind_of('B'), "client/stream/event");
  EXPECT_EQ(kind_of('C'), "client/stream/event");
  EXPECT_EQ(on('B').parent, on('A').id);
  EXPECT_EQ(on('C').parent, on('A').id);
  EXPECT_EQ(on('B').target, "broker:1883");
  for (const char wsi : {'A', 'B', 'C'}) EXPECT_EQ(on(wsi).role, Role::kMqtt) << wsi;
  EXPECT_EQ(end_of('C'), "handler_closed by local");
  EXPECT_EQ(timeline_.totals().unmatched_drops, 0u);
  EXPECT_EQ(timeline_.totals().binds, timeline_.totals().drops);
}

TEST_F(Nature, BothSidesOfARawProxyAreClients) {
  play(
      "L:FNET=7 A:CREATE A:PACCEPTED=7 connect('inner')=80 B:PBIND B:CREATE B:PCONNECTED=8 B:PDROP('x') B:DEST A:DEST");
  EXPECT_EQ(kind_of('A'), "client/accepted/event");
  EXPECT_EQ(kind_of('B'), "client/outbound/event");
  EXPECT_EQ(on('B').role, Role::kRawProxy);
}

TEST_F(Nature, RedirectedStreamBecomesAConnectionOfItsOwn) {
  play(
      "connect('h/first')=443 A:CBIND A:NEW=6 A:CREATE B:CREATE B:APPEND<A B:REDIRECT('/second')=302 B:close('redir') "
      "B:CBIND B:CONNECTING B:CREATE=7 C:CREATE C:APPEND<B C:ANSWER=200 C:ANSWERED C:close('reset stream') C:DEST "
      "B:close('ctx destroy')=9999 B:DEST A:close('ctx destroy')=9999 A:DEST");
  EXPECT_EQ(timeline_.totals().opened, 3u);
  EXPECT_EQ(kind_of('B'), "client/outbound/event");
  EXPECT_FALSE(on('B').parent);
  EXPECT_EQ(on('B').fd, 7);
  EXPECT_EQ(on('C').parent, on('B').id);
  ASSERT_EQ(on('B').transactions.size(), 1u);
  EXPECT_EQ(on('B').transactions[0].path, "/first");
  EXPECT_EQ(on('B').transactions[0].status, 302);
  ASSERT_EQ(on('C').transactions.size(), 1u);
  EXPECT_EQ(on('C').transactions[0].path, "/second");
  EXPECT_EQ(on('C').transactions[0].method, "GET");
  EXPECT_EQ(on('C').target, "h:443");
}

constexpr const char *kDiesLookingForAnAddress = "CONTEXT CBIND NEW=-1 CONTEXT_END CONTEXT_END=1";

TEST_F(Nature, AttemptWithoutASocketIsFreedWithItsContext) {
  runs_on("4.5.8-unknown");
  play(kDiesLookingForAnAddress);
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(end_of('A'), "context_destroyed by local");
  EXPECT_EQ(on('A').bindings[0].cause, "settled_by_destroy");
}

TEST_F(Nature, AttemptWithoutASocketIsNeverFreedBefore4_4) {
  runs_on("4.3.5-unknown");
  play(kDiesLookingForAnAddress);
  EXPECT_EQ(open(), 1u);
}

TEST_F(Nature, WhatHasASocketIsNotFreedWithoutAWord) {
  runs_on("5.0.0");
  play("CONTEXT CBIND NEW=9 CREATE=9 CONTEXT_END CONTEXT_END=1");
  EXPECT_EQ(open(), 1u);
}

TEST_F(Nature, LastUserOfAnMqttConnectionIsFreedWithTheContext) {
  runs_on("5.0.0");
  play(
      "CONTEXT A:MBIND A:CONNECTING A:CREATE=6 B:CREATE B:MEST<A CONTEXT_END A:close('ctx destroy')=9999 A:DEST "
      "CONTEXT_END=1");
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(end_of('B'), "context_destroyed by local");
}

TEST_F(Nature, WriteOfTheRequestThatFailsIsAFailedHandshake) {
  play("CBIND NEW=9 CREATE APPEND close('cws') CDROP('x') DEST");
  EXPECT_EQ(end_of('A'), "handshake_failed by unknown");
}

}  // namespace
}  // namespace wsitrace::test
