// SPDX-License-Identifier: MIT
//
// A ring in ordinary memory for tests: the real writer on one side, a hand that can put anything into it on the other.
#ifndef WSITRACE_TESTS_UNIT_RING_TEST_RING_H
#define WSITRACE_TESTS_UNIT_RING_TEST_RING_H

#include <memory>
#include <vector>

#include "agent/lws/callbacks.h"
#include "agent/ring/reader.h"
#include "agent/ring/writer.h"

namespace wsitrace {

inline constexpr uint32_t kTestSlots = kMinRingSlots;
inline constexpr uint64_t kNever = UINT64_MAX;

struct TestRing {
  RingHeader header{};
  std::vector<std::byte> slots = std::vector<std::byte>(kTestSlots * kSlotBytes);
  RingWriter writer{&header, slots.data(), kTestSlots, 0};

  RingReader reader(RingReader::Mode mode = RingReader::Mode::kOwner) {
    return {header, slots.data(), kTestSlots, mode};
  }

  // Records an event with VALUE, and items of about ITEM_BYTES when that is not 0.
  bool record(int value, size_t item_bytes = 0) {
    Event event{};
    event.kind = k_HTTP;
    event.value = value;
    Items items;
    const std::vector<char> text(item_bytes, static_cast<char>('a' + value % 26));
    if (item_bytes != 0) items.add(kItemText, text.data(), text.size());
    return writer.record(event, item_bytes != 0 ? &items : nullptr);
  }
  void record_range(int from, int to) {
    for (int value = from; value < to; ++value) record(value);
  }

  // Writes EVENT into the slot at POSITION as it is.
  void put(uint64_t position, const Event &event) {
    std::memcpy(&slots[position % kTestSlots * kSlotBytes], &event, sizeof event);
  }
  Event at(uint64_t position) const {
    Event event;
    std::memcpy(&event, &slots[position % kTestSlots * kSlotBytes], sizeof event);
    return event;
  }
};

// Consumes all there is; the values in order. A gap of n events shows as -n.
inline std::vector<int> values_in(RingReader &reader, uint64_t horizon_ns = kNever) {
  std::vector<int> values;
  reader.refresh(horizon_ns);
  while (const Event *event = reader.peek()) {
    values.push_back(event->kind == k_gap ? -event->value : event->value);
    reader.pop();
  }
  reader.release();
  return values;
}

inline std::vector<int> range(int from, int to) {
  std::vector<int> values;
  for (int value = from; value < to; ++value) values.push_back(value);
  return values;
}

}  // namespace wsitrace

#endif
