// SPDX-License-Identifier: MIT
//
// The writing end of a ring, owned by one thread of the host. Wait-free: a full ring drops the event and counts it.
//
// Cost:    no allocation, lock or syscall; one clock read, one release store per event. p50 <= 40 ns with the clock
//          (tests/bench/record_bench.cpp).
// Order:   `writing` is raised before the clock is read and lowered after the event is published, so that a reader
//          knows that nothing older can still come (agent/collect/collector.h). head's release store pairs with the
//          reader's acquire load; tail's acquire load pairs with the reader's release store.
// Trust:   tail comes from shared memory; a nonsense value makes the ring look full, never an access out of bounds.
#ifndef WSITRACE_RING_WRITER_H
#define WSITRACE_RING_WRITER_H

#include <cstring>

#include "agent/base/clock.h"
#include "wsitrace/layout.h"

namespace wsitrace {

// The items that follow an event, built on the stack of the caller.
class Items {
 public:
  // Cuts what does not fit; one item is at most 255 bytes.
  void add(ItemTag tag, const void *bytes, size_t length) noexcept {
    const size_t room = kMaxItemBytes - used_;
    if (room < 3) return;
    if (length > room - 2) length = room - 2;
    if (length > 255) length = 255;
    bytes_[used_] = tag;
    bytes_[used_ + 1] = static_cast<uint8_t>(length);
    std::memcpy(bytes_ + used_ + 2, bytes, length);
    used_ += length + 2;
    std::memset(bytes_ + used_, 0, kSlotBytes);  // always as many: cheaper than as many as the slot has left
  }
  [[nodiscard]] size_t slots() const noexcept { return (used_ + kSlotBytes - 1) / kSlotBytes; }
  // Slot i; zero-filled behind the last item.
  void copy_slot(size_t i, std::byte *to) const noexcept { std::memcpy(to, bytes_ + i * kSlotBytes, kSlotBytes); }

 private:
  size_t used_ = 0;
  uint8_t bytes_[kMaxItemBytes + kSlotBytes];
};

class RingWriter {
 public:
  RingWriter() = default;
  // RING was claimed by this thread; SLOTS is a power of two.
  RingWriter(RingHeader *ring, std::byte *slots, uint32_t slot_count, uint32_t thread) noexcept
      : ring_(ring), slots_(slots), mask_(slot_count - 1), thread_(thread < 255 ? static_cast<uint8_t>(thread) : 255) {}

  // Writes EVENT with its time, thread and sequence filled in. False: the ring was full, the loss is counted.
  // Inlined, so that the event is built in registers and stored once: a copy through the stack costs as much as the clock.
  [[gnu::always_inline]] bool record(const Event &event, const Items *items = nullptr) noexcept {
    ring_->writing.store(1, std::memory_order_relaxed);
    const uint64_t time_ns = monotonic_ns();
    const size_t extra = items != nullptr ? items->slots() : 0;
    const bool room = head_ + 1 + extra + (gap_ != 0) <= limit_ || find_room(1 + extra + (gap_ != 0));
    if (room) [[likely]] {
      if (gap_ != 0) [[unlikely]]
        put_gap(time_ns);
      put(event, time_ns, static_cast<uint8_t>(extra));
      for (size_t i = 0; i < extra; ++i) items->copy_slot(i, slot(head_++));
      ring_->recorded.store(++recorded_, std::memory_order_relaxed);
      ring_->head.store(head_, std::memory_order_release);
    } else {
      ++gap_;
      ring_->lost.store(++lost_, std::memory_order_relaxed);
    }
    ring_->writing.store(0, std::memory_order_release);
    return room;
  }

 private:
  [[gnu::noinline]] bool find_room(size_t wanted) noexcept {
    const uint64_t tail = ring_->tail.load(std::memory_order_acquire);
    if (tail > head_ || head_ - tail > uint64_t{mask_} + 1) return false;
    limit_ = tail + mask_ + 1;
    return head_ + wanted <= limit_;
  }

  [[gnu::noinline]] void put_gap(uint64_t time_ns) noexcept {
    Event gap{};
    gap.kind = k_gap;
    gap.value = gap_ < INT32_MAX ? static_cast<int32_t>(gap_) : INT32_MAX;
    put(gap, time_ns, 0);
    gap_ = 0;
  }

  // Field by field: each is stored straight into the slot.
  [[gnu::always_inline]] void put(const Event &event, uint64_t time_ns, uint8_t extra) noexcept {
    auto *to = reinterpret_cast<Event *>(slot(head_));
    to->time_ns = time_ns;
    to->wsi = event.wsi;
    to->kind = event.kind;
    to->vhost = event.vhost;
    to->protocol = event.protocol;
    to->text = event.text;
    to->value = event.value;
    to->extra = extra;
    to->flags = event.flags;
    to->thread = thread_;
    to->sequence = static_cast<uint8_t>(head_++);
  }

  std::byte *slot(uint64_t position) noexcept { return slots_ + (position & mask_) * kSlotBytes; }

  RingHeader *ring_ = nullptr;
  std::byte *slots_ = nullptr;
  uint64_t head_ = 0;   // private copies: what the shared line says is never read back
  uint64_t limit_ = 0;  // head may grow to here before tail is looked at again
  uint64_t recorded_ = 0;
  uint64_t lost_ = 0;
  uint64_t gap_ = 0;  // events lost since the last published one
  uint32_t mask_ = 0;
  uint8_t thread_ = 0;
};

}  // namespace wsitrace

#endif
