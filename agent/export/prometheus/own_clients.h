// SPDX-License-Identifier: MIT
//
// Which open connections asked for nothing but wsitrace itself: the scrapes of a Prometheus, the page, a health check. Only a plugin
// has them, because it answers on a vhost of the program that it observes. Metrics shows them as class="wsitrace", so that
// monitoring does not watch itself.
//
//   nothing asked --wsitrace answered--> own --another protocol answered--> somebody's, for good
//                 --another protocol answered--------------------------------^
//
// Evidence: the protocol that answered, "wsitrace", is the plugin's own. What an HTTP/2 stream asked for, its connection asked for, too.
// Memory:   under the plugin 48 bytes for each open client connection; nothing else.
// Threads:  one.
#ifndef WSITRACE_EXPORT_PROMETHEUS_OWN_CLIENTS_H
#define WSITRACE_EXPORT_PROMETHEUS_OWN_CLIENTS_H

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "agent/timeline/process_words.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

class OwnClients {
 public:
  void on_process_known(const ProcessFacts &facts) { serves_itself_ = came_as(facts, kAttachPlugin); }
  // Connections keep their address until they are closed (TimelineObserver).
  void on_opened(const Connection &connection);
  void on_closed(const Connection &connection) { clients_.erase(connection.id); }
  [[nodiscard]] bool has(const Connection &connection) const;
  [[nodiscard]] static bool is_own(std::string_view protocol) { return protocol == kProtocol; }

  // PROTOCOL answers a request of CONNECTION. Calls changed(connection, bool) for each that is an own client from now on, or no longer.
  template <typename Changed>
  void on_answered(const Connection &connection, std::string_view protocol, Changed changed) {
    for (uint64_t id : {connection.id, connection.parent.value_or(0)}) {
      const auto found = clients_.find(id);
      if (found == clients_.end()) continue;
      Client &client = found->second;
      const bool before = client.is_own();
      (is_own(protocol) ? client.asked_us : client.asked_others) = true;
      if (client.is_own() != before) changed(*client.connection, client.is_own());
    }
  }

 private:
  static constexpr std::string_view kProtocol = "wsitrace";  // agent/entry/plugin/plugin_export.c
  struct Client {
    const Connection *connection = nullptr;
    bool asked_us = false;
    bool asked_others = false;
    [[nodiscard]] bool is_own() const { return asked_us && !asked_others; }
  };

  bool serves_itself_ = false;
  std::unordered_map<uint64_t, Client> clients_;  // by id; ids begin with 1
};

}  // namespace wsitrace

#endif
