// SPDX-License-Identifier: MIT
#include "agent/entry/preload/real_lws.h"

#include <dlfcn.h>
#include <link.h>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "agent/entry/imports/imports.h"
#include "agent/probe/accepts.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/farewell.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"

namespace wsitrace {
namespace {

enum : int { kUntried, kTrying, kOn, kOff };
std::atomic<int> g_readiness{kUntried};

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
  WSITRACE_FILL(lws_http_client_http_response)
  WSITRACE_FILL(lws_wsi_user)
  WSITRACE_FILL(lws_get_context)
  WSITRACE_FILL(lws_context_user)
#undef WSITRACE_FILL
}

bool turn_probe_on() noexcept {
  if (!host_map().valid()) return false;
  LwsApi library;
  fill(library);
  if (turn_on(host_map(), kAttachPreload, library) != nullptr) return false;
  watch_descriptors(reinterpret_cast<const void *>(library.lws_get_library_version));
  watch_transport(reinterpret_cast<const void *>(library.lws_get_library_version));
  return true;
}

// The launcher's ring file is mapped when the image starts: later the program may have given up its privileges, its
// directory or its last file descriptor. A program that never touches lws pays this mapping and nothing else.
__attribute__((constructor)) void map_rings() {
  const char *path = std::getenv("WSITRACE_RING");
  if (path == nullptr || *path == '\0') return;
  const ErrnoGuard guard;
  HostMap map;
  if (map.open(path) == nullptr) set_up_host(map, kAttachPreload);
}

__attribute__((destructor)) void say_goodbye() {
  record_responses_left();
  record_clients_waiting();
  record_peers_left();
  record_quiet_sockets();
  record_loop();
  mark_ended();
}

}  // namespace

void *real_function(const char *name) noexcept {
  const ErrnoGuard guard;
  if (void *next = dlsym(RTLD_NEXT, name)) return next;
  void *library = local_library();
  if (library == nullptr) return nullptr;
  void *found = dlsym(library, name);
  dlclose(library);  // only our own reference: the host keeps its library
  return found;
}

bool probe_ready() noexcept {
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
