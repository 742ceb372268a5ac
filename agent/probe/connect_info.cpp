// SPDX-License-Identifier: MIT
#include "agent/probe/connect_info.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "agent/lws/versions.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

constexpr size_t kNamesBytes = 160;
thread_local char t_names[kNamesBytes];

struct Member {
  const char *name;
  const void *points_to;
};

// The kernel copies a set of signals from there before it refuses what shall be done with it. kernel/signal.c, rt_sigprocmask
bool is_mapped(const void *address) noexcept {
  constexpr size_t kSetBytes = 8;  // what the kernel calls sizeof(sigset_t)
  constexpr int kNoSuchHow = -1;
  const uintptr_t set = reinterpret_cast<uintptr_t>(address) & ~uintptr_t{kSetBytes - 1};
  return syscall(SYS_rt_sigprocmask, kNoSuchHow, set, nullptr, kSetBytes) == -1 && errno == EINVAL;
}

// Literals and what belongs together lie side by side: a page is asked about once.
class Pages {
 public:
  bool have(const void *address) noexcept {
    const uintptr_t page = reinterpret_cast<uintptr_t>(address) >> 12;
    for (size_t i = 0; i < count_; ++i)
      if (mapped_[i] == page) return true;
    if (!is_mapped(address)) return false;
    if (count_ < mapped_.size()) mapped_[count_++] = page;
    return true;
  }

 private:
  std::array<uintptr_t, 16> mapped_{};
  size_t count_ = 0;
};

void add_name(const char *name) noexcept {
  const size_t have = std::strlen(t_names), more = std::strlen(name);
  constexpr char kBetween[] = ", ";
  if (have + more + sizeof kBetween > kNamesBytes) return;
  size_t at = have;
  if (have > 0) {
    std::memcpy(t_names + at, kBetween, sizeof kBetween - 1);
    at += sizeof kBetween - 1;
  }
  std::memcpy(t_names + at, name, more + 1);
}

// "wss://host/path", after a slash perhaps.
bool begins_as_url(const char *path) noexcept {
  constexpr size_t kMaxSchemeBytes = 8;
  const char *scheme = path[0] == '/' ? path + 1 : path;
  size_t length = 0;
  while (length < kMaxSchemeBytes && scheme[length] >= 'a' && scheme[length] <= 'z') ++length;
  return length > 0 && std::strncmp(scheme + length, "://", 3) == 0;
}

bool is_before_5() noexcept { return lws_version_of(image_facts().lws_version).major < 5; }

}  // namespace

const char *members_to_nowhere(const lws_client_connect_info &info) noexcept {
  const ErrnoGuard guard;
  t_names[0] = '\0';
  Pages pages;
  const auto look_at = [&](const Member &member) {
    if (member.points_to != nullptr && !pages.have(member.points_to)) add_name(member.name);
  };
  for (const Member &member :
       {Member{"context", info.context}, Member{"address", info.address}, Member{"path", info.path},
        Member{"host", info.host}, Member{"origin", info.origin}, Member{"protocol", info.protocol},
        Member{"method", info.method}, Member{"parent_wsi", info.parent_wsi}, Member{"vhost", info.vhost},
        Member{"pwsi", info.pwsi}, Member{"iface", info.iface}})
    look_at(member);
  if (!is_before_5()) return t_names;
  for (const Member &member : {Member{"local_protocol_name", info.local_protocol_name}, Member{"alpn", info.alpn},
                               Member{"seq", info.seq}, Member{"retry_and_idle_policy", info.retry_and_idle_policy}})
    look_at(member);
  return t_names;
}

uint32_t oddities_of(const lws_client_connect_info &info) noexcept {
  const auto has = [&](int flag) {
    return (static_cast<uint32_t>(info.ssl_connection) & static_cast<uint32_t>(flag)) != 0;
  };
  uint32_t bits = 0;
  if (has(LCCSCF_H2_PRIOR_KNOWLEDGE) && !has(LCCSCF_USE_SSL)) bits |= kAskedHttp2;
  if (info.host == nullptr) bits |= kAskedWithoutHost;
  if (info.path != nullptr && begins_as_url(info.path)) bits |= kAskedPathOfUrl;
  if (info.address != nullptr && info.address[0] == '[') bits |= kAskedBrackets;
  return bits != 0 && has(LCCSCF_USE_SSL) ? bits | kAskedTls : bits;
}

}  // namespace wsitrace
