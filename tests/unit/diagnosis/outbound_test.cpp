// SPDX-License-Identifier: MIT
//
// What the doctor says of outbound connections: cause, words and advice, by what lws and the kernel tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/diagnosis/diagnosis_fixture.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using testing::Not;

#define BEGUN "connect('shop/order')=80 CBIND NEW=9 "
#define SENT BEGUN "CREATE APPEND "
#define CONNECT_GONE "close('client_connect2') CDROP('x') DEST"

struct Saying {
  const char *words;
  const char *cause;
  const char *headline;  // a part of it
  const char *why;       // a part of all sentences
  const char *advice;    // a part of it
};

const Saying kSayings[] = {
    {BEGUN "CCE('Unable to connect')#111 " CONNECT_GONE, "connection_refused", "nothing listens there",
     "connect() of lws failed with ECONNREFUSED", "that the server runs"},
    {BEGUN "CCE('conn fail: 113') " CONNECT_GONE, "connect_failed", "EHOSTUNREACH (there is no route to the host",
     "conn fail: 113", "route"},
    {BEGUN "CCE('Unable to connect')#101 " CONNECT_GONE, "connect_failed", "ENETUNREACH (the network is unreachable)",
     "connect() of lws failed", "ip route"},
    {BEGUN "CCE('conn fail: ECONNREFUSED') " CONNECT_GONE, "connection_refused", "nothing listens there",
     "ECONNREFUSED", "port"},
    {BEGUN "CCE('conn fail: skt creation: errno 24') " CONNECT_GONE, "connect_failed",
     "EMFILE (the program has no free descriptor)", "socket() of lws failed", "ulimit -n"},
    {BEGUN "CCE('Unable to connect')#110 " CONNECT_GONE, "connect_timeout", "no answer to the TCP connect", "ETIMEDOUT",
     "firewall"},
    {"connect('shop/order')=80 CBIND failed('lws_client_connect_via_info')=5#-2", "name_not_resolved", "EAI_NONAME",
     "getaddrinfo()", "name"},
    {"connect('shop/order')=80 CBIND failed('lws_client_connect_via_info')=5#-3", "name_not_resolved",
     "EAI_AGAIN (the resolver did not answer)", "LWS_CALLBACK_CLIENT_CONNECTION_ERROR did not come", "resolv.conf"},
    {"connect('shop/order')=80 CBIND failed('lws_client_connect_via_info')=5", "name_not_resolved",
     "lws made no socket", "no address for shop", "name"},
    {"connect('10.1.2.3/order')=80 CBIND failed('lws_client_connect_via_info')=5", "connect_failed", "returned NULL",
     "", "parameters"},
    {"connect('10.1.2.3/order')=80 failed('lws_client_connect_via_info')=5", "connect_failed",
     "1 connect came to nothing", "no callback reports that", "LLL_ERR"},
    {BEGUN "CREATE CCE('proxy not h1')=407 close('cbail3') CDROP('x') DEST", "proxy_refused",
     "the proxy refused outbound connection 1 to shop:80 with 407", "never reached", "credentials"},
    {BEGUN "CREATE CCE('http_proxy -> 403') close('cbail3') CDROP('x') DEST", "proxy_refused", "with 403",
     "never reached", "does not let CONNECT through"},
    {BEGUN "CREATE CCE('http_proxy -> 502') close('cbail3') CDROP('x') DEST", "proxy_refused", "with 502", "",
     "could not reach the server"},
    {BEGUN "CREATE CCE('http_proxy fail')=-1 close('cbail3') CDROP('x') DEST", "proxy_refused", "the proxy refused",
     "does not begin as an answer of HTTP", "is one"},
    {BEGUN "CREATE CCE('socks reply fail') close('cbail3') CDROP('x') DEST", "proxy_refused", "(SOCKS5)",
     "The server shop:80 itself was never reached", "socks_proxy_address"},
    {BEGUN "CREATE CCE('socks conn dead') close('cbail3') CDROP('x') DEST", "proxy_refused", "left without an answer",
     "socks conn dead", "socks_proxy_port"},
    {SENT "CCE('read failed') close('cbail3') CDROP('x') DEST", "server_closed_before_answer",
     "before it answered GET /order", "read failed", "server's log"},
    {SENT "CCE('read failed')=-1 close('cbail3') CDROP('x') DEST", "answer_not_accepted", "it is no HTTP", "GET /order",
     "another protocol"},
    {SENT "CCE('problems parsing header') close('cbail3') CDROP('x') DEST", "answer_not_accepted", "it is no HTTP", "",
     "another protocol"},
    {SENT
     "ANSWER=200 refused('ESTABLISHED_HTTP') CCE('HS: disallowed at ESTABLISHED') close('c hs interp') CDROP('x') DEST",
     "answer_not_accepted", "LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP returned non-zero", "GET /order with 200",
     "a callback of this program"},
    {SENT "ANSWER=101 CCE('HS: Accept hash wrong') close('c hs interp') CDROP('x') DEST", "answer_not_accepted",
     "Accept hash wrong", "with 101", "no websocket server"},
    {SENT "ANSWER=404 CCE('HS: ws upgrade response not 101') close('c hs interp') CDROP('x') DEST",
     "answer_not_accepted", "not 101", "with 404", "check the path"},
    {SENT "ANSWER=400 CCE('HS: ws upgrade response not 101') close('c hs interp') CDROP('x') DEST",
     "answer_not_accepted", "not 101", "with 400", "`host` (with its port"},
    {SENT "ANSWER=429 CCE('HS: ws upgrade response not 101') close('c hs interp') CDROP('x') DEST",
     "answer_not_accepted", "not 101", "with 429", "wait longer"},
    {SENT "ANSWER=503 CCE('HS: ws upgrade response not 101') close('c hs interp') CDROP('x') DEST",
     "answer_not_accepted", "not 101", "with 503", "trouble of its own"},
    {SENT "ANSWER=200 +100 refused('READ_HTTP') refused('RECEIVE_HTTP') close('close_and_handled') CDROP('x') "
          "CLOSED_CLIENT_HTTP DEST",
     "closed_midway", "before the response to GET /order",
     "LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ of protocol 'p0' returned non-zero", "return 0"},
    {SENT "ANSWER=200 READS +1000 CDROP('x') CLOSED_CLIENT_HTTP DEST('10/1')", "timeout",
     "the rest of the answer to GET /order did not come", "(200)", "timeout_secs"},
    {SENT "ANSWER=200 +1000 CDROP('x') CLOSED_CLIENT_HTTP DEST('10/1')", "input_not_read", "was not read",
     "never called lws_http_client_read()", "LWS_CALLBACK_RECEIVE_CLIENT_HTTP"},
    {SENT "BODY=1 +1000 CDROP('x') CLOSED_CLIENT_HTTP DEST('4/1')", "request_body_not_sent",
     "has not sent the body of GET /order", "no byte of it was written", "LWS_CALLBACK_CLIENT_HTTP_WRITEABLE"},
    {SENT "BODY=1 BODY=2 +1000 CDROP('x') CLOSED_CLIENT_HTTP DEST('4/1')", "request_body_not_sent",
     "has not sent the body", "its first bytes were written", "LWS_CALLBACK_CLIENT_HTTP_WRITEABLE"},
    {SENT "BODY=1 BODY=2 BODY=0 +1000 CDROP('x') CLOSED_CLIENT_HTTP DEST('4/1')", "never_answered",
     "was never answered", "lws sent GET /order", "does not answer"},
    {BEGUN "CREATE +900", "never_answered", "was never answered", "TLS handshake", "does not answer"},
};

struct SocksReply {
  int step;  // the pending timeout, which tells what was answered
  int reply;
  const char *headline;
  const char *advice;
};
constexpr SocksReply kSocksReplies[] = {
    {19, 255, "it takes none of the ways to log in", "user:password@host"},
    {19, 0x54, "no SOCKS5 proxy", "socks_proxy_address"},
    {21, 1, "did not accept the user and password", "user:password@host"},
    {20, 2, "its rules do not allow that connection (2)", "allowed in the proxy"},
    {20, 5, "the server refused the connection (5)", "that the server runs"},
};

TEST(OutboundDiagnosis, SaysWhatASocksProxyAnswered) {
  for (const SocksReply &one : kSocksReplies) {
    const std::string said = "said=" + std::to_string(static_cast<int>(Said::kSocksRefused));
    const std::string words = BEGUN "CREATE " + said + "#" + std::to_string(one.reply) +
                              " CCE('socks reply fail') close('cbail3') CDROP('x') DEST('" + std::to_string(one.step) +
                              "/20')";
    const Examined examined{Told(words.c_str())};
    ASSERT_EQ(examined.doctor.diagnoses().size(), 1U) << words;
    EXPECT_THAT(examined.doctor.diagnoses()[0].headline, HasSubstr(one.headline)) << words;
    EXPECT_THAT(examined.doctor.diagnoses()[0].advice, HasSubstr(one.advice)) << words;
  }
}

TEST(OutboundDiagnosis, SaysTheCauseWithItsEvidenceAndAdvice) {
  for (const Saying &saying : kSayings) {
    const Examined examined{Told(saying.words)};
    ASSERT_EQ(examined.doctor.diagnoses().size(), 1U) << saying.words;
    const Diagnosis &one = examined.doctor.diagnoses()[0];
    EXPECT_STREQ(name_of(one.cause), saying.cause) << saying.words;
    EXPECT_THAT(one.headline, HasSubstr(saying.headline)) << saying.words;
    std::string why;
    for (const std::string &sentence : one.why) why += sentence + ' ';
    EXPECT_THAT(why, HasSubstr(saying.why)) << saying.words;
    EXPECT_THAT(one.advice, HasSubstr(saying.advice)) << saying.words;
  }
}

// COUNT refused attempts, each begun PAUSE_MS after the one before had failed.
std::string refused(int count, int pause_ms) {
  std::string words;
  for (int i = 0; i < count; ++i)
    words += "connect('shop/order')=80 CBIND NEW=9 CCE('conn fail: 111') " CONNECT_GONE " +" +
             std::to_string(pause_ms) + " ";
  return words;
}

TEST(OutboundDiagnosis, AttemptsWithoutAPauseAreAStorm) {
  const Examined rush{Told(refused(23, 1))};
  ASSERT_EQ(rush.doctor.diagnoses().size(), 1U);
  EXPECT_THAT(rush.doctor.diagnoses()[0].why.back(), HasSubstr("Reconnect storm: 23 attempts failed in"));
  EXPECT_THAT(rush.doctor.diagnoses()[0].why.back(), HasSubstr("per second"));
  EXPECT_THAT(rush.doctor.diagnoses()[0].advice, HasSubstr("wait before each new attempt"));
  const Examined patient{Told(refused(23, 1000))};
  ASSERT_EQ(patient.doctor.diagnoses().size(), 1U);
  EXPECT_THAT(patient.doctor.diagnoses()[0].why.back(), Not(HasSubstr("storm")));
}

// COUNT sessions that the server ends after 30 ms, each begun PAUSE_MS after the one before.
std::string ended_sessions(int count, int pause_ms) {
  std::string words;
  for (int i = 0; i < count; ++i)
    words +=
        "connect('shop/live')=80 CBIND NEW=9 CREATE APPEND ANSWER=101 CEST +30 PEER_CLOSE=1000 "
        "close('close_and_handled') "
        "WSCDROP('x') CCLOSED DEST +" +
        std::to_string(pause_ms) + " ";
  return words;
}

TEST(OutboundDiagnosis, SessionsThatEndAtOnceAreAStormByThemselves) {
  EXPECT_THAT(diagnosed({ended_sessions(7, 1)}), HasSubstr("reconnect_storm 1 2 3 4 5 6 7"));
  EXPECT_THAT(diagnosed({ended_sessions(7, 1000)}), Not(HasSubstr("reconnect_storm")));
}

}  // namespace
}  // namespace wsitrace::test
