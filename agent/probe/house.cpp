// SPDX-License-Identifier: MIT
#include "agent/probe/house.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/tables.h"

namespace wsitrace {
namespace {

constexpr size_t kMostNameBytes = 60;

// In every supported version.
static_assert(offsetof(lws_context_creation_info, mounts) == 72 && offsetof(lws_http_mount, mountpoint) == 8 &&
              offsetof(lws_http_mount, origin_protocol) == 77 && offsetof(lws_http_mount, mountpoint_len) == 78 &&
              offsetof(lws_protocols, per_session_data_size) == 16);

void tell_mount(const lws_http_mount &mount) noexcept {
  struct {
    MountFacts facts;
    char path[kMaxMountBytes];
  } item{};
  const size_t length = strnlen(mount.mountpoint, UINT8_MAX);
  item.facts.origin_protocol = mount.origin_protocol;
  item.facts.stated_bytes = mount.mountpoint_len;
  item.facts.real_bytes = static_cast<uint8_t>(length);
  const size_t told = std::min(length, kMaxMountBytes);
  std::memcpy(item.path, mount.mountpoint, told);
  record_with(k_mount_known, 0, kItemMount, &item, sizeof item.facts + told);
}

void tell_protocol(const lws_protocols &protocol) noexcept {
  const size_t length = strnlen(protocol.name, kMostNameBytes);
  const auto bytes = static_cast<int>(std::min<size_t>(protocol.per_session_data_size, INT32_MAX));
  record_with(k_protocol_known, bytes, kItemText, protocol.name, length);
}

}  // namespace

void tell_house(lws_vhost *vhost, const lws_context_creation_info &info) noexcept {
  if (!is_on()) return;
  const ErrnoGuard guard;
  size_t count = 0;
  for (const lws_http_mount *one = info.mounts; one != nullptr && count < kMostMounts; one = one->mount_next, ++count)
    if (one->mountpoint != nullptr) tell_mount(*one);
  const lws_protocols *first = table_of(vhost, &info, nullptr);
  for (size_t i = 0; first != nullptr && i < kMostProtocols && first[i].callback != nullptr; ++i)
    if (first[i].name != nullptr) tell_protocol(first[i]);
}

}  // namespace wsitrace
