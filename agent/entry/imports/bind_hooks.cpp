// SPDX-License-Identifier: MIT
#include <dlfcn.h>

#include "agent/entry/hooks/hooks.h"
#include "agent/entry/imports/imports.h"
#include "agent/entry/imports/redirect.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/record.h"

namespace wsitrace {

// Slots are redirected once the probe is on, and to a hook whose original is known.
bool hooks_record() noexcept { return true; }
bool is_observed(const lws *) noexcept { return true; }
void *find_original(const char *) noexcept { return nullptr; }

void bind_hooks(const void *lws_function) noexcept {
  const ErrnoGuard guard;
  void *library = open_object_of(lws_function);
  if (library == nullptr) return;
  Redirection redirections[kHookCount];
  for (size_t i = 0; i < kHookCount; ++i) {
    void *original = dlsym(library, hook(i).name);
    hook(i).original.store(original, std::memory_order_relaxed);
    redirections[i] = {hook(i).name, original != nullptr ? hook(i).body : nullptr};
  }
  forget_log_originals();
  dlclose(library);  // only our own reference: the host keeps its library
  const size_t changed =
      redirect_imports(redirections, kHookCount, {reinterpret_cast<const void *>(&bind_hooks), false});
  if (changed > 0) record_own(k_calls_observed, nullptr, static_cast<int>(changed), nullptr);
}

}  // namespace wsitrace
