// SPDX-License-Identifier: MIT
#include "agent/export/text/event_lines.h"

#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "agent/lws/callbacks.h"
#include "agent/text/printable.h"
#include "agent/text/times.h"
#include "agent/timeline/address.h"

namespace wsitrace {
namespace {

std::string kind_text(uint16_t kind) {
  const char *name = kind_name(kind);
  return name != nullptr ? name : fmt::format("callback {}", kind);
}

std::string pointer_text(std::span<const std::byte> bytes) {
  uint64_t pointer = 0;
  if (bytes.size() == sizeof pointer) std::memcpy(&pointer, bytes.data(), sizeof pointer);
  return fmt::format("{:#x}", pointer);
}

std::string connect_text(std::span<const std::byte> bytes) {
  ConnectFacts facts{};
  if (bytes.size() != sizeof facts) return "failed=?";
  std::memcpy(&facts, bytes.data(), sizeof facts);
  const char *step = facts.step == kStepName ? "getaddrinfo" : facts.step == kStepSocket ? "socket" : "connect";
  return fmt::format("failed={}:{}", step, facts.error);
}

std::string item_text(ItemTag tag, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  switch (tag) {
    case kItemPeer: return "peer=" + printable(address_text(bytes));
    case kItemLocal: return "local=" + printable(address_text(bytes));
    case kItemPath: return "path=" + printable(text);
    case kItemMethod: return "method=" + printable(text);
    case kItemVersion: return "version=" + printable(text);
    case kItemParent: return "parent=" + pointer_text(bytes);
    case kItemText: return "message=\"" + printable(text) + "\"";
    case kItemProtocol: return "protocol=" + printable(text);
    case kItemConnect: return connect_text(bytes);
    default: return fmt::format("item{}={} bytes", static_cast<unsigned>(tag), bytes.size());
  }
}

void append_flags(std::string &line, uint16_t kind, uint8_t flags) {
  constexpr const char *kNames[] = {"first-protocol", "listens", "tls", "tag-listener", "path-cut", "fd"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    const bool means_another = kind == k_WSI_DESTROY && 1U << i == kTagSaysOther;
    if ((flags >> i & 1) != 0) line.append(" ").append(means_another ? "tag-other" : kNames[i]);
  }
}

}  // namespace

void EventLines::on_string(uint16_t id, std::string_view text) {
  if (id >= strings_.size()) strings_.resize(size_t{id} + 1);
  strings_[id] = printable(text);
}

std::string_view EventLines::text_of(uint16_t id) const {
  if (id == kOverflowString) return "overflow";
  return id < strings_.size() ? std::string_view(strings_[id]) : std::string_view{};
}

void EventLines::on_event(const Event &event, std::span<const std::byte> items) {
  std::string line = fmt::format("{:>13} {:>3} {:<31} {:#x}", seconds(event.time_ns, started_ns_, 6), event.thread,
                                 kind_text(event.kind), event.wsi);
  if (event.vhost != kNoString) line.append(" vhost=").append(text_of(event.vhost));
  if (event.protocol != kNoString) line.append(" protocol=").append(text_of(event.protocol));
  if (event.text != kNoString) line.append(" text=\"").append(text_of(event.text)).append("\"");
  if (event.value != 0) line += fmt::format(" value={}", event.value);
  append_flags(line, event.kind, event.flags);
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) { line += " " + item_text(tag, bytes); });
  write_(line + "\n");
}

void EventLines::on_end(const End &end) {
  if (end.mono_ns) write_(fmt::format("{:>13}     {}\n", seconds(*end.mono_ns, started_ns_, 6), printable(end.kind)));
}

}  // namespace wsitrace
