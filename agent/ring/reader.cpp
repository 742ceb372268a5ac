// SPDX-License-Identifier: MIT
#include "agent/ring/reader.h"

#include <cstring>

namespace wsitrace {

RingReader::RingReader(RingHeader &ring_untrusted, const std::byte *slots, uint32_t slot_count, Mode mode)
    : ring_(&ring_untrusted),
      slots_(slots),
      mask_(slot_count - 1),
      mode_(mode),
      last_ns_(ring_untrusted.claimed_mono_ns) {
  cursor_ = head_ = released_ = ring_->tail.load(std::memory_order_acquire);
}

void RingReader::refresh(uint64_t horizon_ns) {
  was_writing_ = ring_->writing.load(std::memory_order_acquire) != 0;
  const uint64_t head = ring_->head.load(std::memory_order_acquire);
  horizon_ns_ = horizon_ns;
  // A head behind the one seen before is no less impossible than one too far ahead.
  if (head < head_ || head - cursor_ > mask_ + 1) {
    ++damaged_;
    cursor_ = head;
    peeked_ = false;
  }
  head_ = head;
}

const Event *RingReader::peek() {
  while (!peeked_ && cursor_ != head_) {
    std::memcpy(&event_, slot(cursor_), sizeof event_);
    peeked_ = is_well_formed();
    if (!peeked_) {
      ++damaged_;
      ++cursor_;
    }
  }
  return peeked_ ? &event_ : nullptr;
}

// A writer's times never decrease, which also unmasks slots that reached the disk as zeros.
bool RingReader::is_well_formed() const {
  return event_.sequence == static_cast<uint8_t>(cursor_) && event_.extra <= kMaxExtraSlots &&
         head_ - cursor_ > event_.extra && event_.time_ns >= last_ns_ && event_.time_ns < horizon_ns_ &&
         event_.time_ns != 0;
}

std::span<const std::byte> RingReader::items() {
  for (size_t i = 0; i < event_.extra; ++i) std::memcpy(&items_[i * kSlotBytes], slot(cursor_ + 1 + i), kSlotBytes);
  return {items_.data(), event_.extra * kSlotBytes};
}

void RingReader::pop() {
  last_ns_ = event_.time_ns;
  if (event_.kind != k_gap) ++events_;
  cursor_ += 1 + uint64_t{event_.extra};
  peeked_ = false;
  if (cursor_ - released_ > mask_ / 4) release();
}

RingReader::Running RingReader::running() const {
  const uint64_t word = ring_->running.word.load(std::memory_order_acquire);
  const uint64_t wsi = ring_->running.wsi.load(std::memory_order_acquire);
  const bool is_one = ring_->running.word.load(std::memory_order_relaxed) == word;
  return {is_one ? running_reason(word) : -2, running_protocol(word), running_since_ms(word), wsi};
}

void RingReader::release() {
  if (mode_ != Mode::kOwner || released_ == cursor_) return;
  released_ = cursor_;
  ring_->tail.store(cursor_, std::memory_order_release);
}

}  // namespace wsitrace
