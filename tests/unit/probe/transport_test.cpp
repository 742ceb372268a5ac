// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/lws/callbacks.h"
#include "agent/probe/attempts.h"
#include "agent/probe/reads.h"
#include "agent/probe/record.h"
#include "agent/probe/thunks.h"
#include "agent/probe/timeouts.h"
#include "agent/probe/tls.h"
#include "tests/unit/probe/probe_fixture.h"

namespace wsitrace {
namespace {

int do_nothing(lws *, lws_callback_reasons, void *, void *, size_t) { return 0; }

// Stands in for an SSL object of OpenSSL.
struct FakeSsl {
  bool finished = true;
  bool verified = false;
  int pending = 0;
  int asked = 0;
};
FakeSsl &fake(const void *ssl) { return *static_cast<FakeSsl *>(const_cast<void *>(ssl)); }

TlsApi fake_tls() {
  TlsApi api;
  api.SSL_get_version = [](const void *ssl) {
    ++fake(ssl).asked;
    return "TLSv1.3";
  };
  api.SSL_get_current_cipher = [](const void *ssl) { return ssl; };
  api.SSL_CIPHER_get_name = [](const void *) { return "TLS_AES_256_GCM_SHA384"; };
  api.SSL_get0_alpn_selected = [](const void *, const unsigned char **name, unsigned *length) {
    *name = reinterpret_cast<const unsigned char *>("h2....");  // not terminated
    *length = 2;
  };
  api.SSL_get_servername = [](const void *, int) -> const char * { return nullptr; };
  api.SSL_session_reused = [](const void *) { return 1; };
  api.SSL_get_verify_result = [](const void *) { return 0L; };
  api.SSL_get_peer_cert_chain = [](const void *ssl) { return fake(ssl).verified ? const_cast<void *>(ssl) : nullptr; };
  api.SSL_is_init_finished = [](const void *ssl) { return fake(ssl).finished ? 1 : 0; };
  api.SSL_pending = [](const void *ssl) { return fake(ssl).pending; };
  return api;
}

class TransportProbe : public ProbeTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fake_tls().complete());
    watch_tls(fake_tls());
    vhost_.table = {{"http", do_nothing, 0, 0, 0, nullptr, 0}, {}};
    vhost_made(reinterpret_cast<lws_vhost *>(&vhost_), nullptr, &vhost_.table[0]);
    wsi_.protocol = &vhost_.table[0];
    drain();
  }
  void TearDown() override {
    call(wsi_, LWS_CALLBACK_WSI_DESTROY);
    drain();
  }
  void call(FakeWsi &wsi, lws_callback_reasons reason) {
    vhost_.table[0].callback(wsi.pointer(), reason, nullptr, nullptr, 0);
  }
  Recorded only(uint16_t kind) {
    Recorded found{};
    size_t times = 0;
    for (const Recorded &recorded : drain())
      if (recorded.event.kind == kind) {
        found = recorded;
        ++times;
      }
    EXPECT_EQ(times, 1u);
    return found;
  }

  FakeVhost vhost_{"site", {}};
  FakeSsl ssl_;
  FakeWsi wsi_{.vhost = &vhost_};
};

// Both ends of a TCP connection over loopback.
class Pair {
 public:
  Pair() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr *>(&address), length), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    getsockname(listener, reinterpret_cast<sockaddr *>(&address), &length);
    peer = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(peer, reinterpret_cast<sockaddr *>(&address), length), 0);
    ours = accept(listener, nullptr, nullptr);
    close(listener);
    forget_reads(ours);
  }
  ~Pair() {
    close(ours);
    close(peer);
  }
  void request() { EXPECT_EQ(send(peer, "request", 7, 0), 7); }
  void read() {
    char bytes[64];
    EXPECT_GT(recv(ours, bytes, sizeof bytes, 0), 0);
    count_read(ours, "x", 1);
  }
  void respond() { EXPECT_EQ(send(ours, "response", 8, 0), 8); }
  static void wait_ticks() { usleep(5 * kWorthAskingMs * 1000); }

  int ours = -1, peer = -1;
};

TEST_F(TransportProbe, TlsFactsComeOnceBeforeTheFirstRequest) {
  wsi_.ssl = &ssl_;
  call(wsi_, LWS_CALLBACK_FILTER_HTTP_CONNECTION);
  const auto events = drain();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event.kind, k_tls_established);
  EXPECT_EQ(events[0].event.flags, kTls | kTlsResumed);
  const std::vector<std::pair<ItemTag, std::string>> wanted{
      {kItemTlsVersion, "TLSv1.3"}, {kItemCipher, "TLS_AES_256_GCM_SHA384"}, {kItemAlpn, "h2"}};
  EXPECT_EQ(events[0].items, wanted);
  call(wsi_, LWS_CALLBACK_FILTER_HTTP_CONNECTION);
  EXPECT_EQ(drain().size(), 1u);
  EXPECT_EQ(ssl_.asked, 1);
}

TEST_F(TransportProbe, TlsFactsComeAgainForTheNextLifeOfAPointer) {
  wsi_.ssl = &ssl_;
  call(wsi_, LWS_CALLBACK_FILTER_HTTP_CONNECTION);
  call(wsi_, LWS_CALLBACK_WSI_DESTROY);
  call(wsi_, LWS_CALLBACK_FILTER_HTTP_CONNECTION);
  EXPECT_EQ(ssl_.asked, 2);
}

TEST_F(TransportProbe, UnfinishedHandshakeIsNotLookedInto) {
  wsi_.ssl = &ssl_;
  ssl_.finished = false;
  call(wsi_, LWS_CALLBACK_FILTER_HTTP_CONNECTION);
  EXPECT_EQ(ssl_.asked, 0);
}

TEST_F(TransportProbe, VerificationIsToldWhereThePeerHasACertificate) {
  wsi_.ssl = &ssl_;
  ssl_.verified = true;
  call(wsi_, LWS_CALLBACK_FILTER_HTTP_CONNECTION);
  const auto items = only(k_tls_established).items;
  ASSERT_FALSE(items.empty());
  EXPECT_EQ(items.back(), std::pair(kItemTlsVerify, std::string(4, '\0')));
}

TEST_F(TransportProbe, StreamTellsTheTlsOfItsCarrier) {
  FakeWsi carrier{.vhost = &vhost_};
  carrier.ssl = &ssl_;
  wsi_.network = &carrier;
  call(wsi_, LWS_CALLBACK_FILTER_HTTP_CONNECTION);
  EXPECT_EQ(only(k_tls_established).event.wsi, reinterpret_cast<uintptr_t>(&carrier));
  call(carrier, LWS_CALLBACK_WSI_DESTROY);
}

TEST_F(TransportProbe, DestroyTellsThePendingTimeoutOnce) {
  remember_timeout(&wsi_, 15, 5, false, 0);
  call(wsi_, LWS_CALLBACK_WSI_DESTROY);
  const int32_t value = only(k_WSI_DESTROY).event.value;
  EXPECT_EQ(pending_timeout_reason(value), 15);
  EXPECT_EQ(pending_timeout_seconds(value), 5);
  call(wsi_, LWS_CALLBACK_WSI_DESTROY);
  EXPECT_EQ(only(k_WSI_DESTROY).event.value, 0);
}

TEST_F(TransportProbe, DestroyTellsWhoHadSetTheTimeout) {
  constexpr int kKillSync = -2, kKillAsync = -1;
  const auto flags = [&] {
    call(wsi_, LWS_CALLBACK_WSI_DESTROY);
    return only(k_WSI_DESTROY).event.flags & (kTimeoutOfProgram | kKilledAtOnce);
  };
  remember_timeout(&wsi_, 10, 5, false, 0);
  EXPECT_EQ(flags(), 0);
  remember_timeout(&wsi_, 10, 5, true, 0);
  EXPECT_EQ(flags(), kTimeoutOfProgram);
  remember_timeout(&wsi_, 10, kKillAsync, true, 0);
  EXPECT_EQ(flags(), kTimeoutOfProgram);
  remember_timeout(&wsi_, 10, kKillSync, true, 0);
  EXPECT_EQ(flags(), kTimeoutOfProgram | kKilledAtOnce);
}

TEST_F(TransportProbe, TimeoutThatWasTakenBackIsNotPending) {
  remember_timeout(&wsi_, 15, 5, false, 0);
  remember_timeout(&wsi_, 0, 0, false, 0);
  EXPECT_EQ(take_timeout(&wsi_).value, 0);
}

TEST_F(TransportProbe, TimeoutsOfNegativeAndHugeLengthKeepTheirMeaning) {
  remember_timeout(&wsi_, 1003, -2, false, 0);
  EXPECT_EQ(pending_timeout_seconds(take_timeout(&wsi_).value), -1);
  remember_timeout(&wsi_, 1, 1'000'000, false, 0);
  EXPECT_EQ(pending_timeout_seconds(take_timeout(&wsi_).value), 0x7fff);
}

TEST_F(TransportProbe, CloseTellsTcpFacts) {
  Pair pair;
  wsi_.fd = pair.ours;
  pair.request();
  pair.respond();
  call(wsi_, LWS_CALLBACK_CLOSED_HTTP);
  const Recorded closed = only(k_CLOSED_HTTP);
  ASSERT_EQ(closed.items.size(), 2u);
  TcpFacts facts;
  ASSERT_EQ(closed.items[0].second.size(), sizeof facts);
  std::memcpy(&facts, closed.items[0].second.data(), sizeof facts);
  EXPECT_EQ(facts.received_bytes, 7u);
  UnreadFacts unread;  // nobody has read the request
  ASSERT_EQ(closed.items[1].second.size(), sizeof unread);
  std::memcpy(&unread, closed.items[1].second.data(), sizeof unread);
  EXPECT_EQ(unread.bytes, 7u);
  EXPECT_GE(facts.sent_bytes, 8u);
  EXPECT_GT(facts.rtt_us, 0u);
}

TEST_F(TransportProbe, CloseWithoutATcpSocketTellsNone) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  wsi_.fd = ends[0];
  call(wsi_, LWS_CALLBACK_CLOSED_HTTP);
  EXPECT_TRUE(only(k_CLOSED_HTTP).items.empty());
  close(ends[0]);
  close(ends[1]);
  wsi_.fd = -1;
}

TEST_F(TransportProbe, CompletionSaysThatTheSocketWasEmpty) {
  Pair pair;
  wsi_.fd = pair.ours;
  pair.request();
  pair.read();
  pair.respond();
  record_completion(wsi_.pointer());
  const Event event = only(k_transaction_completed).event;
  EXPECT_EQ(event.flags, kSocketAsked);
  EXPECT_EQ(event.value, 1);
}

TEST_F(TransportProbe, CompletionSaysThatMoreHadComeBeforeTheResponseWent) {
  Pair pair;
  wsi_.fd = pair.ours;
  pair.request();
  pair.read();
  pair.request();
  Pair::wait_ticks();
  pair.respond();
  record_completion(wsi_.pointer());
  EXPECT_EQ(only(k_transaction_completed).event.flags, kSocketAsked | kSocketFilled);
}

TEST_F(TransportProbe, CompletionLeavesOpenWhatCameAfterTheResponse) {
  Pair pair;
  wsi_.fd = pair.ours;
  pair.request();
  pair.read();
  pair.respond();
  Pair::wait_ticks();
  pair.request();
  record_completion(wsi_.pointer());
  EXPECT_EQ(only(k_transaction_completed).event.flags, 0);
}

TEST_F(TransportProbe, KernelIsNotAskedAgainForQuickTransactions) {
  Pair pair;
  wsi_.fd = pair.ours;
  for (int i = 0; i < 3; ++i) {
    pair.request();
    pair.read();
  }
  EXPECT_FALSE(is_worth_asking(pair.ours));
  Pair::wait_ticks();
  EXPECT_TRUE(is_worth_asking(pair.ours));
}

TEST_F(TransportProbe, ReadsOfDescriptorsBeyondTheTableAreNotCounted) {
  for (const int fd : {-1, kCountedFds, INT32_MAX}) {
    count_read(fd, "x", 1);
    EXPECT_EQ(read_mark(fd), 0);
    EXPECT_FALSE(is_worth_asking(fd));
  }
}

TEST_F(TransportProbe, AnswerTellsItsStatus) {
  wsi_.status = 404;
  call(wsi_, LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP);
  EXPECT_EQ(only(k_ESTABLISHED_CLIENT_HTTP).event.value, 404);
}

// The status of a proxy, say, which lws 4.1.6 does not tell. Only the first read is looked into.
TEST_F(TransportProbe, FailureTellsWhatWasReadFirst) {
  const std::pair<std::string, int> answers[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\n", 407},
      {"HTTP/1.0 200 OK", 200},
      {"HTTP/1.1 4", kNoFirstAnswer},
      {"HTTP", kNoFirstAnswer},
      {"HTTP/2", kNotHttp},
      {"SSH-2.0-OpenSSH_9.2\r\n", kNotHttp},
      {"\x15", kNotHttp},
  };
  wsi_.fd = 7;
  for (const auto &[answer, first] : answers) {
    forget_reads(wsi_.fd);
    count_read(wsi_.fd, answer.data(), answer.size());
    count_read(wsi_.fd, "HTTP/1.1 100 Continue", 21);
    call(wsi_, LWS_CALLBACK_CLIENT_CONNECTION_ERROR);
    EXPECT_EQ(only(k_CLIENT_CONNECTION_ERROR).event.value, first) << answer;
  }
}

TEST_F(TransportProbe, FailureTellsTheCallThatFailedAndTellsItOnce) {
  const auto failed = [&] {
    call(wsi_, LWS_CALLBACK_CLIENT_CONNECTION_ERROR);
    ConnectFacts facts{};
    for (const auto &[tag, bytes] : only(k_CLIENT_CONNECTION_ERROR).items)
      if (tag == kItemConnect) std::memcpy(&facts, bytes.data(), sizeof facts);
    return std::make_pair(facts.step, facts.error);
  };
  attempt_made(kStepConnect, EINPROGRESS);
  EXPECT_EQ(failed(), std::make_pair(0U, 0));
  attempt_made(kStepConnect, ECONNREFUSED);
  EXPECT_EQ(failed(), std::make_pair(uint32_t{kStepConnect}, ECONNREFUSED));
  EXPECT_EQ(failed(), std::make_pair(0U, 0));
  attempt_made(kStepConnect, ENETUNREACH);  // the first address of a name
  attempt_made(kStepConnect, 0);
  EXPECT_EQ(failed(), std::make_pair(0U, 0));
}

TEST_F(TransportProbe, ConnectRequestKeepsNoQuery) {
  lws_client_connect_info info{};
  info.address = info.host = "example.org";
  info.port = 443;
  info.path = "/a?secret=1";
  info.method = "POST";
  record_connect(&info);
  const Recorded recorded = only(k_connect_requested);
  const std::vector<std::pair<ItemTag, std::string>> wanted{
      {kItemText, "example.org"}, {kItemPath, "/a"}, {kItemMethod, "POST"}};
  EXPECT_EQ(recorded.items, wanted);
  EXPECT_EQ(recorded.event.value, 443);
}

TEST_F(TransportProbe, RedirectTellsItsRequestAndOtherStatusesDoNot) {
  wsi_.path = "/old?x=1";
  wsi_.method = 0;
  record_status(wsi_.pointer(), 301);
  EXPECT_EQ(only(k_status_sent).items.at(0).second, "/old");
  record_status(wsi_.pointer(), 200);
  EXPECT_TRUE(only(k_status_sent).items.empty());
}

}  // namespace
}  // namespace wsitrace
