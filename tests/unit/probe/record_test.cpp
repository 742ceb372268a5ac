// SPDX-License-Identifier: MIT
#include "agent/probe/record.h"
#include "agent/lws/callbacks.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "agent/probe/host_state.h"
#include "agent/probe/thunks.h"
#include "tests/unit/probe/probe_fixture.h"

namespace wsitrace {
namespace {

int nothing(lws *, lws_callback_reasons, void *, void *, size_t) { return 0; }
constexpr size_t kAddressesOfOne = 2;  // events: the module and the callback in it
int refuses(lws *, lws_callback_reasons, void *, void *, size_t) { return -1; }

class Record : public ProbeTest {
 protected:
  void SetUp() override {
    vhost_.table = {{"http", nothing, 0, 0, 0, nullptr, 0}, {}};
    vhost_made(reinterpret_cast<lws_vhost *>(&vhost_), nullptr, &vhost_.table[0]);
    wsi_.protocol = &vhost_.table[0];
    drain();
  }
  void TearDown() override { drain(); }
  int call(lws_callback_reasons reason, const void *in = nullptr, size_t length = 0) {
    return vhost_.table[0].callback(wsi_.pointer(), reason, nullptr, const_cast<void *>(in), length);
  }

  FakeVhost vhost_{"site", {}};
  FakeWsi wsi_{.vhost = &vhost_};
};

TEST_F(Record, KindsOfTheContractAreRecordedAndOthersPass) {
  call(LWS_CALLBACK_SERVER_WRITEABLE);
  call(LWS_CALLBACK_HTTP_WRITEABLE);
  EXPECT_TRUE(drain().empty());
  call(LWS_CALLBACK_HTTP_BIND_PROTOCOL);
  const auto events = drain();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].event.kind, k_HTTP_BIND_PROTOCOL);
  EXPECT_EQ(events[0].event.wsi, reinterpret_cast<uintptr_t>(&wsi_));
  EXPECT_EQ(events[0].vhost, "site");
  EXPECT_EQ(events[0].protocol, "http");
  EXPECT_EQ(events[0].event.flags, kFirstProtocol);
}

TEST_F(Record, DropCarriesItsCause) {
  call(LWS_CALLBACK_HTTP_DROP_PROTOCOL, "lws_http_transaction_completed");
  EXPECT_EQ(drain().at(0).text, "lws_http_transaction_completed");
}

TEST_F(Record, CauseThatChangesAtOneAddressIsReadAgain) {
  char cause[16] = "first";
  call(LWS_CALLBACK_HTTP_DROP_PROTOCOL, cause);
  snprintf(cause, sizeof cause, "second");
  call(LWS_CALLBACK_HTTP_DROP_PROTOCOL, cause);
  const auto events = drain();
  EXPECT_EQ(events.at(0).text, "first");
  EXPECT_EQ(events.at(1).text, "second");
}

TEST_F(Record, RequestHasMethodVersionAndPathWithoutQuery) {
  wsi_.path = "/a/b?token=secret";
  wsi_.method = 1;
  call(LWS_CALLBACK_FILTER_HTTP_CONNECTION, wsi_.path.data(), wsi_.path.size());
  const std::vector<std::pair<ItemTag, std::string>> wanted{
      {kItemPath, "/a/b"}, {kItemMethod, "POST"}, {kItemVersion, "HTTP/1.1"}};
  EXPECT_EQ(drain().at(0).items, wanted);
}

TEST_F(Record, LongPathIsCutAndSaysSo) {
  wsi_.path = std::string(1009, 'x');
  wsi_.method = 0;
  call(LWS_CALLBACK_FILTER_HTTP_CONNECTION);
  const auto event = drain().at(0);
  EXPECT_EQ(event.items.at(0).second, std::string(kMaxPathBytes, 'x'));
  EXPECT_TRUE(event.event.flags & kPathCut);
}

TEST_F(Record, NewConnectionHasBothAddressesAndErrnoIsKept) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0), out = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr *>(&address), length), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  getsockname(listener, reinterpret_cast<sockaddr *>(&address), &length);
  ASSERT_EQ(connect(out, reinterpret_cast<sockaddr *>(&address), length), 0);
  wsi_.fd = accept(listener, nullptr, nullptr);
  call(LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED);
  const auto event = drain().at(0);
  EXPECT_EQ(event.event.value, wsi_.fd);
  ASSERT_EQ(event.items.size(), 2u);
  EXPECT_EQ(event.items[1].first, kItemLocal);
  EXPECT_EQ(event.items[1].second.substr(0, 8), std::string(reinterpret_cast<char *>(&address), 8));
  for (const int fd : {listener, out, wsi_.fd}) close(fd);
  errno = ENOTTY;  // now the address calls fail, and the host must not notice
  call(LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED);
  EXPECT_EQ(errno, ENOTTY);
}

TEST_F(Record, StreamNamesItsParent) {
  FakeWsi parent{.vhost = &vhost_};
  wsi_.network = &parent;
  call(LWS_CALLBACK_HTTP_BIND_PROTOCOL);
  const auto address = reinterpret_cast<uintptr_t>(&parent);
  EXPECT_EQ(drain().at(0).items.at(0),
            std::pair(kItemParent, std::string(reinterpret_cast<const char *>(&address), 8)));
}

TEST_F(Record, CallbackThatRefusesIsRecordedAfterwards) {
  FakeVhost vhost{"refusing", {{"no", refuses, 0, 0, 0, nullptr, 0}, {}}};
  vhost_made(reinterpret_cast<lws_vhost *>(&vhost), nullptr, &vhost.table[0]);
  drain();
  FakeWsi wsi{.vhost = &vhost};
  EXPECT_EQ(vhost.table[0].callback(wsi.pointer(), LWS_CALLBACK_RECEIVE, nullptr, nullptr, 0), -1);
  const auto event = drain().at(0);
  EXPECT_EQ(event.event.kind, k_callback_refused);
  EXPECT_EQ(event.event.value, LWS_CALLBACK_RECEIVE);
}

TEST_F(Record, PeerCloseCodeIsReadFromTheFrameOnlyWhenThere) {
  const uint8_t frame[] = {0x03, 0xe8};
  call(LWS_CALLBACK_WS_PEER_INITIATED_CLOSE, frame, sizeof frame);
  call(LWS_CALLBACK_WS_PEER_INITIATED_CLOSE, frame, 0);
  const auto events = drain();
  EXPECT_EQ(events.at(0).event.value, 1000);
  EXPECT_EQ(events.at(1).event.value, 0);
}

TEST_F(Record, VhostAtAReusedAddressGetsItsOwnName) {
  call(LWS_CALLBACK_HTTP_BIND_PROTOCOL);
  vhost_.name = "newcomer";
  vhost_made(reinterpret_cast<lws_vhost *>(&vhost_), nullptr, &vhost_.table[0]);
  call(LWS_CALLBACK_HTTP_BIND_PROTOCOL);
  EXPECT_EQ(drain().back().vhost, "newcomer");
}

TEST_F(Record, EachThreadWritesARingOfItsOwn) {
  std::thread([this] { call(LWS_CALLBACK_HTTP_BIND_PROTOCOL); }).join();
  call(LWS_CALLBACK_HTTP_BIND_PROTOCOL);
  const auto events = drain();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_NE(events[0].event.thread, events[1].event.thread);
}

TEST_F(Record, ForkedChildClaimsBlocksOfItsOwnAndLeavesTheParentsAlone) {
  call(LWS_CALLBACK_HTTP_BIND_PROTOCOL);
  drain();
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 13; ++i) call(LWS_CALLBACK_HTTP_BIND_PROTOCOL);
    _exit(host_state().process->pid == static_cast<uint32_t>(getpid()) ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  call(LWS_CALLBACK_HTTP_BIND_PROTOCOL);
  size_t of_child = 0, of_parent = 0;
  for (uint32_t i = 0; i < file().rings_reserved(); ++i) {
    if (file().ring(i).state != kClaimed) continue;
    const uint32_t pid = file().process(file().ring(i).owner - 1).pid;
    (pid == static_cast<uint32_t>(child) ? of_child : of_parent) +=
        pid == static_cast<uint32_t>(child) ? file().ring(i).recorded.load() : 0;
  }
  EXPECT_EQ(of_child, kAddressesOfOne + 13u);
  const auto events = drain();
  EXPECT_EQ(events.size(), kAddressesOfOne + 14u) << "those of the child and one of the parent, none twice";
  for (const auto &event : events) EXPECT_EQ(event.vhost, event.event.kind == k_HTTP_BIND_PROTOCOL ? "site" : "");
}

TEST_F(Record, ForkedChildTellsWhereItsCallbacksAreOnceAndBeforeTheyAreCalled) {
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 3; ++i) call(LWS_CALLBACK_HTTP_BIND_PROTOCOL);
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const auto events = drain();
  ASSERT_EQ(events.size(), kAddressesOfOne + 3u);
  EXPECT_EQ(events[0].event.kind, k_module);
  EXPECT_EQ(events[1].event.kind, k_callback_known);
  EXPECT_EQ(events[1].protocol, "http");
  const auto address = reinterpret_cast<uintptr_t>(&nothing);
  ASSERT_EQ(events[1].items.size(), 1u);
  EXPECT_EQ(events[1].items[0].second, std::string(reinterpret_cast<const char *>(&address), sizeof address));
}

TEST_F(Record, OverrunLosesExactlyWhatItCounts) {
  const uint64_t slots = file().ring_slots();
  std::thread([&] {
    for (uint64_t i = 0; i < slots + 101; ++i) call(LWS_CALLBACK_WSI_CREATE);
    drain();
    for (uint64_t i = 0; i < 7; ++i) call(LWS_CALLBACK_WSI_CREATE);
  }).join();
  const auto events = drain();
  ASSERT_EQ(events.size(), 8u);
  EXPECT_EQ(events[0].event.kind, k_gap);
  EXPECT_EQ(events[0].event.value, 101);
}

}  // namespace
}  // namespace wsitrace
