// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "agent/lws/callbacks.h"
#include "agent/timeline/pending_timeout.h"
#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

class Transport : public testing::Test {
 protected:
  const Connection &play(std::string_view words, char wsi = 'A') {
    script_.play(words);
    return recorder_.on(Script::pointer(wsi));
  }
  static std::string close_of(const Connection &connection) {
    return std::string(name_of(connection.close->reason)) + " by " + name_of(connection.close->by) + " [" +
           name_of(connection.close->evidence) + "] " + connection.close->detail;
  }

  Recorder recorder_;
  Timeline timeline_{recorder_};
  Script script_{timeline_, Form::kPreload};
};

TEST_F(Transport, TlsFactsAreToldOnce) {
  const auto &tls = play("ACCEPT_TLS TLS('TLSv1.3/TLS_AES_256_GCM_SHA384/http_1.1/localhost')=1 FH('/a') DEST").tls;
  ASSERT_TRUE(tls);
  EXPECT_EQ(tls->version, "TLSv1.3");
  EXPECT_EQ(tls->cipher, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(tls->alpn, "http_1.1");
  EXPECT_EQ(tls->sni, "localhost");
  EXPECT_EQ(tls->resumed, true);
  EXPECT_FALSE(tls->verify);
}

TEST_F(Transport, PlainConnectionHasNoTls) { EXPECT_FALSE(play("ACCEPT FH('/a') DEST").tls); }

TEST_F(Transport, HandshakeTimeIsFromFirstSightToItsEnd) {
  const auto &tls = play("ACCEPT_TLS +50 HANDSHAKE=7 +200 TLS('TLSv1.2') FH('/a') DEST").tls;
  ASSERT_TRUE(tls && tls->handshake_ns);
  EXPECT_GE(*tls->handshake_ns, 50'000'000u);
  EXPECT_LT(*tls->handshake_ns, 60'000'000u);
}

TEST_F(Transport, HandshakeGoesToTheConnectionThatHasTheDescriptorNow) {
  play("ACCEPT_TLS A:DEST B:ACCEPT_TLS HANDSHAKE=8 HANDSHAKE=7 B:TLS('TLSv1.3') B:DEST");
  EXPECT_FALSE(recorder_.on(Script::pointer('A')).tls->handshake_ns);
  EXPECT_TRUE(recorder_.on(Script::pointer('B')).tls->handshake_ns);
}

TEST_F(Transport, HandshakeOnAnUnknownDescriptorBelongsToNobody) {
  play("HANDSHAKE=7 HANDSHAKE=-1 HANDSHAKE=2147483647 ACCEPT_TLS DEST");
  EXPECT_FALSE(recorder_.on(Script::pointer('A')).tls->handshake_ns);
  EXPECT_EQ(timeline_.totals().opened, 2u);
}

TEST_F(Transport, FailedHandshakeSaysWhoAndWhy) {
  EXPECT_EQ(close_of(play("ACCEPT_TLS HANDSHAKE('tlsv1 alert unknown ca')=7 close('close_and_handled') DEST")),
            "tls_failed by peer [close_call] tlsv1 alert unknown ca");
  EXPECT_EQ(close_of(play("B:ACCEPT_TLS HANDSHAKE('http request')=8 B:close('adopt skt fail') B:DEST", 'B')),
            "tls_failed by lws [close_call] http request");
}

TEST_F(Transport, StreamCarriesNoTlsOfItsOwn) {
  play("A:ACCEPT_TLS A:TLS('TLSv1.3/c/h2') B:CREATE B:FH('/1')<A B:DEST A:DEST");
  EXPECT_FALSE(recorder_.on(Script::pointer('B')).tls);
  EXPECT_EQ(recorder_.on(Script::pointer('A')).tls->alpn, "h2");
}

TEST_F(Transport, PendingTimeoutThatElapsedIsTheReason) {
  EXPECT_EQ(close_of(play("ACCEPT FH('/a') FFC BIND +5000 DROP('x') CLOSED_HTTP DEST('15/5')")),
            "timeout by lws [pending_timeout] HTTP_KEEPALIVE_IDLE, 5 s");
}

// The clock says so, whenever the sign came that followed its setting.
TEST_F(Transport, PendingTimeoutWhoseTimeIsUpNeedsHalfOfItInSilence) {
  EXPECT_EQ(close_of(play("ACCEPT FH('/a') FFC BIND +3000 DROP('x') CLOSED_HTTP DEST('15/5')#5001")),
            "timeout by lws [pending_timeout] HTTP_KEEPALIVE_IDLE, 5 s");
  EXPECT_NE(close_of(play("ACCEPT FH('/a') FFC BIND +3000 DROP('x') CLOSED_HTTP DEST('15/5')")),
            "timeout by lws [pending_timeout] HTTP_KEEPALIVE_IDLE, 5 s");
  EXPECT_NE(close_of(play("ACCEPT FH('/a') FFC BIND +1000 DROP('x') CLOSED_HTTP DEST('15/5')#5001")),
            "timeout by lws [pending_timeout] HTTP_KEEPALIVE_IDLE, 5 s");
}

// On a busy machine the host may lose the processor between setting a timeout and the request that it is for.
TEST_F(Transport, PendingTimeoutMayHaveBeenSetATenthOfItBeforeTheLastSign) {
  EXPECT_EQ(close_of(play("ACCEPT FH('/a') FFC BIND +4600 DROP('x') CLOSED_HTTP DEST('15/5')")),
            "timeout by lws [pending_timeout] HTTP_KEEPALIVE_IDLE, 5 s");
  EXPECT_NE(close_of(play("ACCEPT FH('/a') FFC BIND +4400 DROP('x') CLOSED_HTTP DEST('15/5')")),
            "timeout by lws [pending_timeout] HTTP_KEEPALIVE_IDLE, 5 s");
}

// lws shuts an idle TLS connection down when its time is up, and closes it when the peer has closed, too, or its context is destroyed first.
TEST_F(Transport, TimeoutThatTheContextsEndCutShortIsTheReason) {
  constexpr uint32_t kEstablished = 1, kFinWait2 = 5, kClosed = 7;
  const auto end_in = [&](uint32_t state) {
    script_.play("ACCEPT_TLS TLS('TLSv1.3') FH('/a') FFC BIND +5000 close('ctx destroy')=9999");
    TcpFacts facts{};
    facts.state = state;
    std::vector<std::byte> items;
    add_item(items, kItemTcp, {reinterpret_cast<const char *>(&facts), sizeof facts});
    Event event{};
    event.kind = k_CLOSED_HTTP;
    event.time_ns = script_.now_ns();
    event.wsi = Script::pointer('A');
    timeline_.on_event(event, items);
    return close_of(play("DEST('15/5')"));
  };
  EXPECT_EQ(end_in(kFinWait2), "timeout by lws [pending_timeout] HTTP_KEEPALIVE_IDLE, 5 s");
  EXPECT_EQ(end_in(kClosed), "timeout by lws [pending_timeout] HTTP_KEEPALIVE_IDLE, 5 s");
  EXPECT_EQ(end_in(kEstablished), "context_destroyed by local [close_call] ctx destroy");
}

TEST_F(Transport, PendingTimeoutThatHadTimeLeftIsNot) {
  EXPECT_EQ(close_of(play("B:ACCEPT_TLS A:CREATE A:FH('/1')<B +1000 A:CLOSED_HTTP A:DEST('10/5')")),
            "stream_reset by peer [elimination] ");
}

TEST_F(Transport, ApplicationMayKillThroughATimeout) {
  EXPECT_EQ(close_of(play("ACCEPT FH('/a') DEST('1003/-1')")),
            "handler_closed by local [pending_timeout] killed by lws_set_timeout: the application's 1003");
}

TEST(PendingTimeout, NumbersWithoutANameStayNumbers) {
  EXPECT_EQ(pending_timeout_text(pending_timeout_value(33, 7)), "33, 7 s");
  EXPECT_EQ(pending_timeout_text(pending_timeout_value(1, 100'000)), "AWAITING_PROXY_RESPONSE, 32767 s");
}

}  // namespace
}  // namespace wsitrace::test
