// SPDX-License-Identifier: MIT
//
// The libwebsockets that the host has loaded, reached by dlsym: this library links none.
//
// Found:   behind us in the search order (RTLD_NEXT), or, when it came as the dependency of a plugin (RTLD_LOCAL), by its file
//          name among the loaded objects.
// Threads: resolving twice at once is harmless; every pointer is stored once, with the same value.
#ifndef WSITRACE_ENTRY_PRELOAD_REAL_LWS_H
#define WSITRACE_ENTRY_PRELOAD_REAL_LWS_H

#include <atomic>

namespace wsitrace {

// Address of NAME in the host's libwebsockets; nullptr when it has none.
void *real_function(const char *name) noexcept;

// True once the probe records; turns it on at the first call that finds a libwebsockets. Cheap afterwards.
bool probe_ready() noexcept;

}  // namespace wsitrace

// WSITRACE_REAL(lws_close_reason) is the host's function of that name, looked up once per hook.
#define WSITRACE_REAL(name)                                 \
  ([]() noexcept {                                          \
    static std::atomic<void *> found{nullptr};              \
    void *function = found.load(std::memory_order_relaxed); \
    if (function == nullptr) {                              \
      function = wsitrace::real_function(#name);            \
      found.store(function, std::memory_order_relaxed);     \
    }                                                       \
    return reinterpret_cast<decltype(&::name)>(function);   \
  }())

#endif
