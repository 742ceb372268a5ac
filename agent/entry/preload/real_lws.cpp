// SPDX-License-Identifier: MIT
#include "agent/entry/preload/real_lws.h"

#include <dlfcn.h>
#include <link.h>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "agent/entry/hooks/hooks.h"
#include "agent/entry/imports/imports.h"
#include "agent/probe/accepts.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/farewell.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/said.h"

namespace wsitrace {

constinit std::atomic<int> g_readiness{0};

namespace {

enum : int { kUntried, kTrying, kOn = kProbeOn, kOff };
std::atomic<bool> g_rings_sought{false};

constexpr const char *g_own_names[kOwnHooks] = {
#define WSITRACE_OWN_NAME(name) #name,
    WSITRACE_OWN_HOOKS(WSITRACE_OWN_NAME)
#undef WSITRACE_OWN_NAME
};
std::atomic<void *> g_own_originals[kOwnHooks];

// The libwebsockets that functions were found in. Another one may be loaded where it was.
struct Home {
  void *base;
  char path[1024];
};
Home g_home{};

bool is_home(const Dl_info &object) noexcept {
  return object.dli_fbase == g_home.base && std::strncmp(object.dli_fname, g_home.path, sizeof g_home.path - 1) == 0;
}

void remember_home(const void *function) noexcept {
  Dl_info object;
  if (dladdr(function, &object) == 0 || object.dli_fname == nullptr || is_home(object)) return;
  std::strncpy(g_home.path, object.dli_fname, sizeof g_home.path - 1);
  g_home.base = object.dli_fbase;
}

int is_home_loaded(dl_phdr_info *object, size_t, void *) noexcept {
  for (size_t i = 0; i < object->dlpi_phnum; ++i) {
    const auto &segment = object->dlpi_phdr[i];
    const auto *start = reinterpret_cast<const char *>(object->dlpi_addr + segment.p_vaddr);
    if (segment.p_type == PT_LOAD && start == g_home.base)
      return std::strncmp(object->dlpi_name, g_home.path, sizeof g_home.path - 1) == 0 ? 1 : 0;
  }
  return 0;
}

// The file name of the loaded libwebsockets, if it is not in the global search order.
int remember_if_lws(dl_phdr_info *object, size_t, void *found) noexcept {
  const char *slash = std::strrchr(object->dlpi_name, '/');
  const char *base = slash != nullptr ? slash + 1 : object->dlpi_name;
  if (std::strncmp(base, "libwebsockets.so", 16) != 0) return 0;
  *static_cast<const char **>(found) = object->dlpi_name;
  return 1;
}

void *local_library() noexcept {
  const char *path = nullptr;
  dl_iterate_phdr(remember_if_lws, static_cast<void *>(&path));
  return path != nullptr ? dlopen(path, RTLD_LAZY | RTLD_NOLOAD) : nullptr;
}

void fill(LwsApi &library) noexcept {
#define WSITRACE_FILL(name) library.name = reinterpret_cast<decltype(library.name)>(real_function(#name));
  WSITRACE_LWS_FUNCTIONS(WSITRACE_FILL)
  WSITRACE_FILL(lws_wsi_tag)
  WSITRACE_FILL(lws_get_ssl)
  WSITRACE_FILL(lws_get_parent)
  WSITRACE_FILL(lws_partial_buffered)
  WSITRACE_FILL(lws_hdr_total_length)
  WSITRACE_FILL(lws_http_client_http_response)
  WSITRACE_FILL(lws_wsi_user)
  WSITRACE_FILL(lws_get_context)
  WSITRACE_FILL(lws_context_user)
#undef WSITRACE_FILL
}

// The launcher's ring file is mapped when the image starts: later the program may have given up its privileges, its
// directory or its last file descriptor. A program that never touches lws pays this mapping and nothing else. Constructors of
// other libraries may run before ours, and make contexts: then it is mapped for the first of them.
void map_rings() noexcept {
  if (g_rings_sought.exchange(true, std::memory_order_acq_rel)) return;
  const char *path = std::getenv("WSITRACE_RING");
  if (path == nullptr || *path == '\0') return;
  const ErrnoGuard guard;
  const char *trusted = std::getenv("WSITRACE_TRUST_RING");
  const bool any = trusted != nullptr && std::strcmp(trusted, "1") == 0;
  HostMap map;
  if (map.open(path, any ? HostMap::Owner::kAny : HostMap::Owner::kOwnOrRoot) == nullptr)
    set_up_host(map, kAttachPreload);
}

bool turn_probe_on() noexcept {
  map_rings();
  if (!host_map().valid()) return false;
  LwsApi library;
  fill(library);
  if (turn_on(host_map(), kAttachPreload, library) != nullptr) return false;
  watch_descriptors(reinterpret_cast<const void *>(library.lws_get_library_version));
  watch_transport(reinterpret_cast<const void *>(library.lws_get_library_version));
  return true;
}

__attribute__((constructor)) void map_rings_at_start() { map_rings(); }

__attribute__((destructor)) void say_goodbye() {
  record_responses_left();
  record_clients_waiting();
  record_peers_left();
  record_quiet_sockets();
  record_loop();
  record_lines_left_out();
  mark_ended();
}

}  // namespace

void *real_function(const char *name) noexcept {
  const ErrnoGuard guard;
  void *found = dlsym(RTLD_NEXT, name);
  void *library = found == nullptr ? local_library() : nullptr;
  if (library != nullptr) {
    found = dlsym(library, name);
    release(library);
  }
  if (found != nullptr) remember_home(found);
  return found;
}

void *own_original(OwnHook index) noexcept {
  void *function = g_own_originals[index].load(std::memory_order_relaxed);
  if (function == nullptr) {
    function = real_function(g_own_names[index]);
    g_own_originals[index].store(function, std::memory_order_relaxed);
  }
  return function;
}

void forget_if_unloaded() noexcept {
  if (g_home.base == nullptr || dl_iterate_phdr(is_home_loaded, nullptr) != 0) return;
  g_home.base = nullptr;
  forget_originals();
  for (auto &original : g_own_originals) original.store(nullptr, std::memory_order_relaxed);
  turn_off();
  g_readiness.store(kUntried, std::memory_order_release);
}

bool try_probe() noexcept {
  const int state = g_readiness.load(std::memory_order_acquire);
  if (state == kOn) return true;
  int untried = kUntried;
  if (state != kUntried || !g_readiness.compare_exchange_strong(untried, kTrying, std::memory_order_acq_rel))
    return false;
  const bool on = turn_probe_on();
  g_readiness.store(on ? kOn : kOff, std::memory_order_release);
  return on;
}

}  // namespace wsitrace
