// SPDX-License-Identifier: MIT
//
// The raw events of one connection, as far as a narrative needs them.
//
// Bounds: the first kFirst and the last kLast are kept, all are counted.
// Text:   as it was recorded, names spelled out; not yet printable.
#ifndef WSITRACE_DIAGNOSIS_KEPT_EVENTS_H
#define WSITRACE_DIAGNOSIS_KEPT_EVENTS_H

#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "agent/timeline/connection.h"

namespace wsitrace {

// The text that an event brings along, such as the message of CLIENT_CONNECTION_ERROR; empty: none.
std::string message_of(std::span<const std::byte> items);

struct KeptEvent {
  Ns at_ns = 0;
  uint16_t kind = 0;
  int32_t value = 0;
  std::string protocol;
  std::string text;         // a DROP's cause, a close's caller, an error's message
  uint64_t loop_turns = 0;  // events so far, of the whole log, that only an event loop makes (role::kLoopTurns)
};

class KeptEvents {
 public:
  static constexpr size_t kFirst = 200;
  static constexpr size_t kLast = 200;
  using Visit = std::function<void(const KeptEvent &)>;

  void add(KeptEvent event);
  void for_each(const Visit &visit) const;
  // The first or last kept event of KIND, or nullptr.
  [[nodiscard]] const KeptEvent *first_of(uint16_t kind) const;
  [[nodiscard]] const KeptEvent *last_of(uint16_t kind) const;
  [[nodiscard]] uint64_t count_of(uint16_t kind) const;  // also of those that are not kept
  [[nodiscard]] uint64_t total() const { return total_; }
  [[nodiscard]] uint64_t left_out() const { return total_ - first_.size() - last_.size(); }

 private:
  std::vector<KeptEvent> first_;
  std::deque<KeptEvent> last_;
  std::map<uint16_t, uint64_t> counts_;
  uint64_t total_ = 0;
};

}  // namespace wsitrace

#endif
