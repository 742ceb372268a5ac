// SPDX-License-Identifier: MIT
#include "agent/probe/thunks.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "agent/probe/host_state.h"
#include "agent/probe/on_demand.h"
#include "agent/probe/thunk_table.h"
#include "tests/unit/probe/probe_fixture.h"

namespace wsitrace {
namespace {

struct Call {
  lws *wsi;
  int reason;
  void *user, *in;
  size_t length;
};
Call g_call;
int g_answer = 0;

int remember(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length) {
  g_call = {wsi, reason, user, in, length};
  return g_answer;
}
int other(lws *, lws_callback_reasons, void *, void *, size_t) { return 0; }

class Thunks : public ProbeTest {};

TEST_F(Thunks, EqualPairsShareOne) {
  const size_t first = thunk_for(remember, "pair", false);
  EXPECT_EQ(thunk_for(remember, "pair", true), first);
  EXPECT_NE(thunk_for(remember, "another", false), first);
  EXPECT_NE(thunk_for(other, "pair", false), first);
  EXPECT_EQ(find_thunk(remember, "pair"), first);
  EXPECT_EQ(index_of_thunk(thunk(first)), first);
}

TEST_F(Thunks, PassArgumentsAndResultOnUntouched) {
  FakeVhost vhost{"v", {}};
  FakeWsi wsi{.vhost = &vhost};
  int user = 0;
  unsigned char *in = nullptr;  // where CLIENT_APPEND_HANDSHAKE_HEADER would add to a head
  lws_callback_function *callback = thunk(thunk_for(remember, "passes", false));
  for (int reason = 0; reason < 300; ++reason) {
    g_answer = reason * 7 - 101;
    EXPECT_EQ(callback(wsi.pointer(), static_cast<lws_callback_reasons>(reason), &user, &in, 0), g_answer) << reason;
    EXPECT_EQ(g_call.wsi, wsi.pointer());
    EXPECT_EQ(g_call.reason, reason);
    EXPECT_EQ(g_call.user, &user);
    EXPECT_EQ(g_call.in, &in);
  }
  g_answer = 0;
  drain();
}

std::atomic<uint32_t> &owner_clock() { return host_map().header()->clock_ms; }
uint32_t g_lasts_ms = 0;
int lasts(lws *, lws_callback_reasons, void *, void *, size_t) {
  owner_clock() += g_lasts_ms;
  return 0;
}

// The clock is the owner's, and may be behind: what that may be is no part of it.
TEST_F(Thunks, CallbackThatLastedIsToldWithWhatIsSure) {
  FakeVhost vhost{"v", {}};
  FakeWsi wsi{.vhost = &vhost};
  lws_callback_function *callback = thunk(thunk_for(lasts, "lasts", false));
  host_map().header()->clock_gap_ms = 50;
  owner_clock() = 7;
  g_lasts_ms = 1000;
  introduce_protocols();
  drain();
  callback(wsi.pointer(), LWS_CALLBACK_RECEIVE, nullptr, nullptr, 0);
  const std::vector<Recorded> told = drain();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].event.kind, k_callback_lasted);
  EXPECT_EQ(told[0].event.value, LWS_CALLBACK_RECEIVE);
  uint32_t lasted_ms = 0;
  ASSERT_EQ(told[0].items.at(0).second.size(), sizeof lasted_ms);
  std::memcpy(&lasted_ms, told[0].items[0].second.data(), sizeof lasted_ms);
  EXPECT_EQ(lasted_ms, 950u);
  g_lasts_ms = 249;  // 199 of them are sure
  callback(wsi.pointer(), LWS_CALLBACK_RECEIVE, nullptr, nullptr, 0);
  owner_clock() = 0;  // nobody has told the time yet
  g_lasts_ms = 1000;
  callback(wsi.pointer(), LWS_CALLBACK_RECEIVE, nullptr, nullptr, 0);
  EXPECT_TRUE(drain().empty());
  owner_clock() = host_map().header()->clock_gap_ms = 0;
}

std::vector<std::pair<int, uint64_t>> g_ran;  // reason and wsi, as who looks from outside sees it
void look() { g_ran.emplace_back(running_reason(t_state.running->word), t_state.running->wsi.load()); }
int looks(lws *wsi, lws_callback_reasons, void *inner, void *, size_t) {
  look();
  if (inner != nullptr) {
    (*static_cast<lws_callback_function **>(inner))(static_cast<lws *>(nullptr), LWS_CALLBACK_RECEIVE, nullptr, nullptr,
                                                    0);
    (*static_cast<lws_callback_function **>(inner))(wsi, LWS_CALLBACK_LOCK_POLL, nullptr, nullptr, 0);
    look();
  }
  return 0;
}

// The innermost, and not those about descriptors and locks.
TEST_F(Thunks, CallbackThatRunsIsToldWhileItRuns) {
  FakeVhost vhost{"v", {}};
  FakeWsi wsi{.vhost = &vhost};
  const size_t index = thunk_for(looks, "looks", false);
  lws_callback_function *callback = thunk(index);
  introduce_protocols();
  ASSERT_NE(&g_told_nobody, t_state.running);
  g_ran.clear();
  look();
  callback(wsi.pointer(), LWS_CALLBACK_HTTP, &callback, nullptr, 0);
  look();
  const auto at = reinterpret_cast<uint64_t>(wsi.pointer());
  using Ran = std::vector<std::pair<int, uint64_t>>;
  EXPECT_EQ(g_ran, (Ran{{-1, 0},
                        {LWS_CALLBACK_HTTP, at},
                        {LWS_CALLBACK_RECEIVE, 0},
                        {LWS_CALLBACK_HTTP, at},
                        {LWS_CALLBACK_HTTP, at},
                        {-1, 0}}));
  drain();
}

// Also those of which nothing is recorded, and those of the application's own.
TEST_F(Thunks, CallbackOfAnyOtherReasonIsToldWhileItRuns) {
  FakeVhost vhost{"v", {}};
  FakeWsi wsi{.vhost = &vhost};
  lws_callback_function *callback = thunk(thunk_for(looks, "looks", false));
  introduce_protocols();
  const auto told = [&](int reason) {
    g_ran.clear();
    callback(wsi.pointer(), static_cast<lws_callback_reasons>(reason), nullptr, nullptr, 0);
    return g_ran.at(0).first;
  };
  for (const int reason : {int{LWS_CALLBACK_CHECK_ACCESS_RIGHTS}, int{LWS_CALLBACK_VERIFY_BASIC_AUTHORIZATION},
                           int{LWS_CALLBACK_ADD_HEADERS}, 215, int{LWS_CALLBACK_USER} + 3, 65533})
    EXPECT_EQ(told(reason), reason);
  for (const int reason : {31, 32, 33, 34, 35, 36}) EXPECT_EQ(told(reason), -1) << reason;
  for (const int reason : {-2, -1, 65534, 70000}) EXPECT_EQ(told(reason), -1) << "no room for " << reason;
  drain();
}

// A forked child tells nothing in its parent's ring.
TEST_F(Thunks, CallbackOfAForkedChildIsToldNobody) {
  introduce_protocols();
  const RunningCallback *own = t_state.running;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(t_state.running == &g_told_nobody ? 7 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(t_state.running, own);
}

TEST_F(Thunks, TableOfAVhostIsWrappedWhole) {
  // Two entries before the known one, one of them without a name, one repeated.
  FakeVhost vhost{"tables", {}};
  std::vector<lws_protocols> &table = vhost.table;
  table.resize(6);
  const char *names[] = {"weird-first", nullptr, "twin", "twin", "own"};
  for (size_t i = 0; i < 5; ++i) {
    table[i].name = names[i];
    table[i].callback = i % 2 == 0 ? remember : other;
  }
  vhost_made(reinterpret_cast<lws_vhost *>(&vhost), nullptr, &table[4]);
  for (size_t i = 0; i < 5; ++i) EXPECT_NE(index_of_thunk(table[i].callback), kNoThunk) << i;
  EXPECT_EQ(table[5].callback, nullptr);
  drain();
}

TEST_F(Thunks, BroadcastByTheHostsOwnTableFindsTheWrappedCallback) {
  const lws_protocols mine{"chat", other, 0, 0, 0, nullptr, 0};
  lws_protocols copy;
  EXPECT_EQ(as_wrapped(&mine, copy), &mine) << "not wrapped yet: passed on as it is";
  const size_t index = thunk_for(other, "chat", false);
  EXPECT_EQ(as_wrapped(&mine, copy), &copy);
  EXPECT_EQ(copy.callback, thunk(index));
  EXPECT_STREQ(copy.name, "chat");
}

// Last, because it fills the table.
TEST_F(Thunks, ZFullTableLeavesProtocolsUnwrappedAndKeepsRoomForFirstOnes) {
  std::vector<std::string> names(kMaxThunks);
  size_t made = 0;
  for (size_t i = 0; i < kMaxThunks; ++i) {
    names[i] = "filler-" + std::to_string(i);
    made += thunk_for(other, names[i].c_str(), false) != kNoThunk;
  }
  EXPECT_LT(made, kMaxThunks - kFirstProtocolReserve + 1);
  lws_protocols table[2] = {{"one-too-many", remember, 0, 0, 0, nullptr, 0}, {}};
  wrap_host_table(table);
  EXPECT_NE(index_of_thunk(table[0].callback), kNoThunk) << "protocols[0] still finds room";
  EXPECT_EQ(thunk_for(remember, "second-too-many", false), kNoThunk);
}

}  // namespace
}  // namespace wsitrace
