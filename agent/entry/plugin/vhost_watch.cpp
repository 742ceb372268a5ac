// SPDX-License-Identifier: MIT
#include "agent/entry/plugin/vhost_watch.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <vector>

#include "agent/entry/imports/redirect.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"
#include "agent/probe/thunks.h"

namespace wsitrace {
namespace {

struct Waiting {
  lws_vhost *vhost;
  const lws_protocols *entry;  // of its table, where the host named its protocols; nullptr: to be found
};

// Kept until the process ends, as the slots are.
struct Room {
  std::mutex mutex;
  std::vector<Waiting> waiting;
};
Room &room() {
  static auto *made = new Room;
  return *made;
}

thread_local const lws_vhost *t_enabled = nullptr;  // while it was being made

const lws_protocols *entry_of(lws_vhost *vhost, const lws_context_creation_info *info) {
  const lws_protocols *named = info->protocols;
  return named != nullptr && named->name != nullptr ? lws_vhost_name_to_protocol(vhost, named->name) : nullptr;
}

void made(lws_vhost *vhost, const lws_context_creation_info *info) noexcept {
  const ErrnoGuard guard;
  const lws_protocols *entry = entry_of(vhost, info);
  if (is_on()) return watch_as_guest(vhost, entry);
  try {
    const std::lock_guard lock(room().mutex);
    room().waiting.push_back({vhost, entry});
  } catch (...) {  // no memory: unseen it remains
  }
}

struct Stand {
  static lws_vhost *lws_create_vhost(lws_context *context, const lws_context_creation_info *info) {
    t_enabled = nullptr;
    lws_vhost *vhost = ::lws_create_vhost(context, info);
    if (vhost != nullptr && vhost != t_enabled) made(vhost, info);
    return vhost;
  }

  static void lws_vhost_destroy(lws_vhost *vhost) {
    {
      const std::lock_guard lock(room().mutex);
      auto &waiting = room().waiting;
      waiting.erase(std::remove_if(waiting.begin(), waiting.end(), [&](const Waiting &w) { return w.vhost == vhost; }),
                    waiting.end());
    }
    ::lws_vhost_destroy(vhost);
  }

  static void lws_context_destroy(lws_context *context) {
    {
      const std::lock_guard lock(room().mutex);
      room().waiting.clear();  // whose they are is not known: others' are not seen then
    }
    ::lws_context_destroy(context);
  }
};

__attribute__((constructor)) void stand_in_front() {
  const Redirection redirections[] = {{"lws_create_vhost", reinterpret_cast<void *>(Stand::lws_create_vhost)},
                                      {"lws_vhost_destroy", reinterpret_cast<void *>(Stand::lws_vhost_destroy)},
                                      {"lws_context_destroy", reinterpret_cast<void *>(Stand::lws_context_destroy)}};
  redirect_imports(redirections, std::size(redirections), {reinterpret_cast<const void *>(&stand_in_front), false});
}

}  // namespace

void vhost_enabled(const lws_vhost *vhost) {
  t_enabled = vhost;
  const std::lock_guard lock(room().mutex);
  auto &waiting = room().waiting;
  waiting.erase(std::remove_if(waiting.begin(), waiting.end(), [&](const Waiting &w) { return w.vhost == vhost; }),
                waiting.end());
}

void watch_waiting_vhosts() {
  std::vector<Waiting> waiting;
  {
    const std::lock_guard lock(room().mutex);
    waiting.swap(room().waiting);
  }
  for (const Waiting &each : waiting) watch_as_guest(each.vhost, each.entry);
}

}  // namespace wsitrace
