// SPDX-License-Identifier: MIT
//
// The reading end of a ring. The collector has one per claimed ring and calls, in a pass: refresh(); then peek(),
// items() and pop() for each record it hands on; then release().
//
// Trust:   header and slots are memory that a host may have filled with anything. A value is copied once and checked:
//          head no further from the cursor than the ring has slots, else the reader starts again at head; each record's
//          `sequence`, `extra` and time, else its slot is skipped. Both are counted as damage, nothing else happens.
// Order:   refresh() loads `writing` before head. The load of `writing` pairs with the writer's release store of 0:
// with 0
//          seen, everything the writer has finished is visible in head. The acquire load of head pairs with the
//          writer's release store, the release store of tail with the writer's acquire load.
// Modes:   both start at the tail, which is slot 0 of a fresh claim, or where an owner that is gone stopped. kOwner stores tail,
//          kReadOnly stores nothing: for a file that was left behind.
// Threads: one.
// Cost:    one copy of 32 bytes an event, no allocation.
#ifndef WSITRACE_RING_READER_H
#define WSITRACE_RING_READER_H

#include <array>
#include <cstddef>
#include <span>

#include "wsitrace/layout.h"

namespace wsitrace {

class RingReader {
 public:
  enum class Mode { kOwner, kReadOnly };

  // SLOTS has slot_count slots, a power of two; both outlive the reader.
  RingReader(RingHeader &ring_untrusted, const std::byte *slots, uint32_t slot_count, Mode mode);

  // Looks how far the writer got. A record with a time of HORIZON_NS or later will count as damaged.
  void refresh(uint64_t horizon_ns);

  // The next record that refresh() saw, or nullptr. Valid until pop().
  const Event *peek();
  // The items of the record that peek() returned: extra * kSlotBytes bytes. Valid until pop().
  std::span<const std::byte> items();
  // Consumes the record that peek() returned.
  void pop();
  // Gives consumed slots back to the writer; pop() does so too whenever a quarter of the ring has been consumed.
  void release();

  // The writer was between reading the clock and publishing when refresh() looked: a record no older than last_ns()
  // may follow.
  [[nodiscard]] bool was_writing() const { return was_writing_; }
  // What the writer's thread is in: reason, protocol and since_ms as in its word, reason -2: it does not tell, or just changed it.
  struct Running {
    int reason;
    uint16_t protocol;
    uint32_t since_ms;
    uint64_t wsi;
  };
  [[nodiscard]] Running running() const;
  // Time of the last record consumed, or of the claim when there was none yet.
  [[nodiscard]] uint64_t last_ns() const { return last_ns_; }
  [[nodiscard]] bool drained() const { return cursor_ == head_; }
  // Records consumed, gaps not counted.
  [[nodiscard]] uint64_t events() const { return events_; }
  // Slots that belong to no readable record, and jumps of head that no writer makes.
  [[nodiscard]] uint64_t damaged() const { return damaged_; }
  [[nodiscard]] uint64_t lost() const { return ring_->lost.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] const std::byte *slot(uint64_t position) const { return slots_ + (position & mask_) * kSlotBytes; }
  [[nodiscard]] bool is_well_formed() const;

  RingHeader *ring_;
  const std::byte *slots_;
  uint64_t mask_;
  Mode mode_;
  uint64_t cursor_ = 0;    // next slot to consume
  uint64_t released_ = 0;  // cursor as the writer knows it
  uint64_t head_ = 0;      // as refresh() saw it
  uint64_t horizon_ns_ = 0;
  uint64_t last_ns_;
  uint64_t events_ = 0;
  uint64_t damaged_ = 0;
  bool was_writing_ = false;
  bool peeked_ = false;
  Event event_{};
  std::array<std::byte, kMaxItemBytes> items_{};
};

}  // namespace wsitrace

#endif
