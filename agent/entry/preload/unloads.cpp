// SPDX-License-Identifier: MIT
//
// The program unloads libraries: one of them may be the libwebsockets whose functions are known by address (real_lws.h).
#include <dlfcn.h>

#include <atomic>

#include <libwebsockets.h>

#include "agent/entry/preload/real_lws.h"
#include "agent/probe/errno_guard.h"

namespace wsitrace {
namespace {

using Close = int (*)(void *);
std::atomic<Close> g_real_close{nullptr};

}  // namespace

int release(void *library) noexcept {
  Close close = g_real_close.load(std::memory_order_relaxed);
  if (close == nullptr) {
    close = reinterpret_cast<Close>(dlsym(RTLD_NEXT, "dlclose"));
    g_real_close.store(close, std::memory_order_relaxed);
  }
  return close != nullptr ? close(library) : -1;
}

}  // namespace wsitrace

extern "C" LWS_VISIBLE int dlclose(void *library) {
  const int result = wsitrace::release(library);
  const wsitrace::ErrnoGuard guard;
  wsitrace::forget_if_unloaded();
  return result;
}
