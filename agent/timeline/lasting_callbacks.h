// SPDX-License-Identifier: MIT
//
// The callbacks of the host that keep an event loop, while they do: what who drains the rings sees in their headers (callback_runs of
// event.h). Feed it with what a Timeline tells by the same names.
//
// Who uses it: metrics, the live board and `wsitrace top`; the diagnosis of the same is in agent/diagnosis/running.h.
// Time:        a callback comes to be known 0.2 s after it began, and is forgotten with the next pass over the rings when it has returned.
#ifndef WSITRACE_TIMELINE_LASTING_CALLBACKS_H
#define WSITRACE_TIMELINE_LASTING_CALLBACKS_H

#include <array>
#include <map>
#include <vector>

#include "agent/lws/callbacks.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

struct LastingCallback {
  uint32_t thread = 0;
  uint16_t kind = 0;
  uint16_t protocol = 0;    // Timeline::text()
  uint64_t connection = 0;  // id; 0: it is about none, or about one that is not known
  Ns since_ns = 0;
};

class LastingCallbacks {
 public:
  // True: what lasts is not the same any more.
  bool on_loop_heard(const Event &event, std::span<const std::byte> items, const Connection *connection);
  void on_connection_event(const Event &event) {
    if (has_role<role::kLoopTurns>(event.kind)) turned_ns_[event.thread] = event.time_ns;
  }

  // By thread. Without those within which the loop turns, and those of before anybody is served, or after.
  [[nodiscard]] std::vector<LastingCallback> that_keep_a_loop() const;
  [[nodiscard]] bool empty() const { return by_thread_.empty(); }

 private:
  std::map<uint32_t, LastingCallback> by_thread_;
  std::array<Ns, 256> turned_ns_{};  // by thread, the last callback that only an event loop calls
};

// The other open connections of its thread, which nobody serves meanwhile. Streams of HTTP/2 do not count: what carries them does.
// Looks at all that are open.
uint64_t waiting_behind(const LastingCallback &callback, const Timeline &timeline);

}  // namespace wsitrace

#endif
