// SPDX-License-Identifier: MIT
#include "agent/diagnosis/kept_events.h"

#include "wsitrace/log.h"

namespace wsitrace {

std::string message_of(std::span<const std::byte> items) {
  std::string out;
  for_each_item(items, [&out](ItemTag tag, std::span<const std::byte> bytes) {
    if (tag == kItemText) out.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  });
  return out;
}

void KeptEvents::add(KeptEvent event) {
  ++total_;
  ++counts_[event.kind];
  if (first_.size() < kFirst) {
    first_.push_back(std::move(event));
    return;
  }
  if (last_.size() == kLast) last_.pop_front();
  last_.push_back(std::move(event));
}

void KeptEvents::for_each(const Visit &visit) const {
  for (const KeptEvent &event : first_) visit(event);
  for (const KeptEvent &event : last_) visit(event);
}

const KeptEvent *KeptEvents::first_of(uint16_t kind) const {
  for (const KeptEvent &event : first_)
    if (event.kind == kind) return &event;
  for (const KeptEvent &event : last_)
    if (event.kind == kind) return &event;
  return nullptr;
}

const KeptEvent *KeptEvents::last_of(uint16_t kind) const {
  for (auto event = last_.rbegin(); event != last_.rend(); ++event)
    if (event->kind == kind) return &*event;
  for (auto event = first_.rbegin(); event != first_.rend(); ++event)
    if (event->kind == kind) return &*event;
  return nullptr;
}

uint64_t KeptEvents::count_of(uint16_t kind) const {
  const auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace wsitrace
