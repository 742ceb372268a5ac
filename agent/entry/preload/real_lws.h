// SPDX-License-Identifier: MIT
//
// The libwebsockets that the host has loaded, reached by dlsym: this library links none.
//
// Gone:    a library that is unloaded takes its functions with it: dlclose(3) comes here, all addresses in it are forgotten, and the next
//          libwebsockets is looked up anew. Nothing is asked at a call.
// Found:   behind us in the search order (RTLD_NEXT), or, when it came as the dependency of a plugin (RTLD_LOCAL), by its file
//          name among the loaded objects.
// Threads: resolving twice at once is harmless; every pointer is stored once, with the same value.
#ifndef WSITRACE_ENTRY_PRELOAD_REAL_LWS_H
#define WSITRACE_ENTRY_PRELOAD_REAL_LWS_H

#include <atomic>
#include <cstddef>

#include <libwebsockets.h>

// X(name): what hooks.cpp of this folder stands in front of, beside agent/entry/hooks.
#define WSITRACE_OWN_HOOKS(X) \
  X(lws_create_context) X(lws_context_destroy) X(lws_create_vhost) X(lws_finalize_http_header)

namespace wsitrace {

enum OwnHook : size_t {
#define WSITRACE_OWN_INDEX(name) kOwn_##name,
  WSITRACE_OWN_HOOKS(WSITRACE_OWN_INDEX)
#undef WSITRACE_OWN_INDEX
      kOwnHooks
};

// Address of NAME in the host's libwebsockets; nullptr when it has none.
void *real_function(const char *name) noexcept;

// The host's function behind one of our own hooks, looked up once for each library.
void *own_original(OwnHook index) noexcept;

// dlclose(3) itself.
int release(void *library) noexcept;
// Something was unloaded: if the libwebsockets was, the probe is off until there is another one.
void forget_if_unloaded() noexcept;

// True once the probe records; turns it on at the first call that finds a libwebsockets. Cheap afterwards.
inline constexpr int kProbeOn = 2;
extern std::atomic<int> g_readiness;  // NOLINT(bugprone-dynamic-static-initializers): constinit where it is defined
[[gnu::noinline]] bool try_probe() noexcept;
inline bool probe_ready() noexcept { return g_readiness.load(std::memory_order_acquire) == kProbeOn || try_probe(); }

}  // namespace wsitrace

#define WSITRACE_REAL(name) (reinterpret_cast<decltype(&::name)>(wsitrace::own_original(wsitrace::kOwn_##name)))

#endif
