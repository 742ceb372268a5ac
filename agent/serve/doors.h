// SPDX-License-Identifier: MIT
//
// The vhosts through which a site is reached: what each lets in, and where the site is mounted on it.
//
// Mounts:  libwebsockets takes a websocket to the protocol that the client names, wherever its URL points to. A vhost on which the
//          plugin only records has the protocol, too; nobody may listen in through it. So a websocket is let in only below a mount
//          that is known: one that has carried a request, or was told.
// Threads: any; one mutex. A vhost is forgotten before its address is used again.
#ifndef WSITRACE_SERVE_DOORS_H
#define WSITRACE_SERVE_DOORS_H

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "agent/serve/access.h"

struct lws_vhost;

namespace wsitrace {

class Doors {
 public:
  Doors();
  void set(const lws_vhost *vhost, Access access);
  void forget(const lws_vhost *vhost);
  // Where nothing was set, everything but healthz and the page is locked.
  [[nodiscard]] std::shared_ptr<const Access> access(const lws_vhost *vhost) const;

  // MOUNTPOINT: "/wsitrace"; empty: the whole vhost.
  void learn_mount(const lws_vhost *vhost, std::string_view mountpoint);
  [[nodiscard]] bool has_mount(const lws_vhost *vhost, std::string_view mountpoint) const;

 private:
  static constexpr size_t kMostMounts = 16;  // on one vhost

  struct Door {
    std::shared_ptr<const Access> access;
    std::set<std::string, std::less<>> mounts;
  };
  mutable std::mutex mutex_;
  std::map<const lws_vhost *, Door> doors_;  // guarded by mutex_
  std::shared_ptr<const Access> nobody_;
};

}  // namespace wsitrace

#endif
