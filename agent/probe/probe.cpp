// SPDX-License-Identifier: MIT
#include "agent/probe/probe.h"

#include <cstring>

#include "agent/probe/callers.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"

namespace wsitrace {
namespace {

constinit LwsApi g_api{};
bool g_on = false;

bool is_complete(const LwsApi &library) noexcept {
#define WSITRACE_CHECK(name) \
  if (library.name == nullptr) return false;
  WSITRACE_LWS_FUNCTIONS(WSITRACE_CHECK)
#undef WSITRACE_CHECK
  return true;
}

// The number alone: behind it stands the hash of a build, or what a distribution put there.
void remember_version(const char *version) noexcept {
  const size_t length = std::strspn(version, "0123456789.");
  char(&to)[sizeof(ImageFacts::lws_version)] = image_facts().lws_version;
  std::memset(to, 0, sizeof to);
  std::memcpy(to, version, length < sizeof to ? length : sizeof to - 1);
}

const char *refuse(const char *why) noexcept {
  leave_process_notice(why);
  return why;
}

}  // namespace

const char *turn_on(const HostMap &map, uint32_t attach, const LwsApi &library) noexcept {
  if (g_on) return nullptr;
  const ErrnoGuard guard;
  if (!set_up_host(map, attach)) return "no memory for the probe's own state";
  const char *version = library.lws_get_library_version != nullptr ? library.lws_get_library_version() : nullptr;
  if (version != nullptr) remember_version(version);
  if (!is_checked_version(version)) return refuse("this libwebsockets was not checked: " WSITRACE_SUPPORTED_LWS " are");
  if (!is_complete(library)) return refuse("this libwebsockets lacks a function that the probe needs");
  g_api = library;
  g_on = true;
  if (attach_process()) tell_lws_version();
  return nullptr;
}

void turn_off() noexcept {
  g_on = false;
  g_api = LwsApi{};
  forget_callers();
}

bool is_on() noexcept { return g_on; }
const LwsApi &api() noexcept { return g_api; }

}  // namespace wsitrace
