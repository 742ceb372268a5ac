// SPDX-License-Identifier: MIT
#include "agent/diagnosis/house.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr uint64_t kPile = 5;  // of vhosts that were made one after the other

template <typename Item>
void find_item(std::span<const std::byte> items, ItemTag wanted, Item take) {
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) {
    if (tag == wanted) take(std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
  });
}

std::optional<House::Mount> mount_in(std::span<const std::byte> items) {
  std::optional<House::Mount> mount;
  find_item(items, kItemMount, [&](std::string_view bytes) {
    MountFacts facts;
    if (bytes.size() < sizeof facts) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    mount = House::Mount{printable(bytes.substr(sizeof facts)), facts.origin_protocol, facts.stated_bytes,
                         facts.real_bytes};
  });
  return mount;
}

}  // namespace

House::Vhost *House::told_in(uint32_t thread) {
  const auto told = told_.find(thread);
  const auto found = told == told_.end() ? vhosts_.end() : vhosts_.find(told->second);
  return found == vhosts_.end() ? nullptr : &found->second;
}

void House::made(const Event &event, const Timeline &timeline) {
  told_.erase(event.thread);
  if (vhosts_.size() >= kKept) return;
  Vhost vhost;
  vhost.name = timeline.text(event.vhost);
  vhost.made_ns = event.time_ns;
  vhost.port = event.value;
  const bool is_of_context = creating_.contains(event.thread);
  vhost.in_turn = opened_ > opened_before_ && !is_of_context;
  const auto before = vhosts_.find(made_last_);
  if (vhost.in_turn && before != vhosts_.end()) before->second.in_turn = true;
  made_last_ = is_of_context ? 0 : event.wsi;
  opened_before_ = opened_;
  by_name_[vhost.name] = event.wsi;
  told_[event.thread] = event.wsi;
  vhosts_[event.wsi] = std::move(vhost);
}

void House::surroundings(const Event &event, std::span<const std::byte> items, const Timeline &timeline) {
  constexpr size_t kMost = 64;
  switch (event.kind) {
    case k_context_begins: creating_.insert(event.thread); break;
    case k_context_created: creating_.erase(event.thread); break;
    case k_vhost_created: made(event, timeline); break;
    case k_vhost_destroyed:
      destroyed_ += vhosts_.erase(event.wsi);
      if (gone_.size() < kKept) gone_[std::string(timeline.text(event.vhost))] = {event.time_ns, event.value};
      break;
    case k_mount_known:
      if (Vhost *vhost = told_in(event.thread); vhost != nullptr && vhost->mounts.size() < kMost)
        if (auto mount = mount_in(items)) vhost->mounts.push_back(*std::move(mount));
      break;
    case k_protocol_known:
      if (Vhost *vhost = told_in(event.thread); vhost != nullptr && vhost->protocols.size() < kMost)
        find_item(items, kItemText, [&](std::string_view name) {
          vhost->protocols.push_back({std::string(name), event.value});
        });
      break;
    default: break;
  }
}

void House::opened(const Connection &connection) { opened_ += connection.cls == ConnectionClass::kClient ? 1 : 0; }

const House::Vhost *House::named(std::string_view name) const {
  const auto found = by_name_.find(name);
  const auto vhost = found == by_name_.end() ? vhosts_.end() : vhosts_.find(found->second);
  return vhost == vhosts_.end() ? nullptr : &vhost->second;
}

const std::vector<House::Mount> &House::mounts_of(std::string_view vhost) const {
  static const std::vector<Mount> kNone;
  const Vhost *found = named(vhost);
  return found == nullptr ? kNone : found->mounts;
}

const std::vector<House::Protocol> &House::protocols_of(std::string_view vhost) const {
  static const std::vector<Protocol> kNone;
  const Vhost *found = named(vhost);
  return found == nullptr ? kNone : found->protocols;
}

std::vector<const std::vector<House::Protocol> *> House::namesakes(std::string_view vhost, int port) const {
  std::vector<const Vhost *> all;
  for (const auto &[pointer, one] : vhosts_)
    if (one.name == vhost && one.port > 0 && one.port == port) all.push_back(&one);
  std::sort(all.begin(), all.end(), [](const Vhost *a, const Vhost *b) { return a->made_ns < b->made_ns; });
  std::vector<const std::vector<Protocol> *> protocols;
  for (const Vhost *one : all) protocols.push_back(&one->protocols);
  return protocols;
}

// Its protocols were initialized, and not destroyed.
void House::add_kept(std::vector<Diagnosis> &to, const Timeline &timeline, const LogFacts &log) const {
  constexpr Ns kGoneForNs = 500'000'000;
  timeline.for_each_vhost_left([&](std::string_view name, uint64_t) {
    const auto gone = gone_.find(name);
    if (gone == gone_.end() || log.last_ns < gone->second.at_ns + kGoneForNs || named(name) != nullptr) return;
    bool has_connection = false;
    timeline.for_each_open([&](const Connection &one) {
      has_connection = has_connection || (one.vhost == name && one.cls == ConnectionClass::kClient);
    });
    if (has_connection) return;
    Diagnosis out = diagnosis_of(Cause::kVhostGone, 1, {});
    const bool listens = gone->second.port > 0;
    out.headline = fmt::format("vhost {} is still there, {} after lws_vhost_destroy()", quoted(name),
                               span_text(gone->second.at_ns, log.last_ns));
    out.certainty = Certainty::kLikely;
    out.vhost = name;
    out.first_ns = gone->second.at_ns;
    out.why.push_back(fmt::format(
        "LWS_CALLBACK_PROTOCOL_DESTROY of its protocols did not come, nor did its `finalize`: lws frees a vhost when "
        "the "
        "last connection bound to it has gone{}.",
        listens ? fmt::format(", and libwebsockets 4.1 counts its listener, which keeps listening on port {}",
                              gone->second.port)
                : ""));
    out.advice = listens
                     ? "use libwebsockets 4.3 or later, which closes the listener with the vhost; with 4.1, keep the "
                       "vhost until lws_context_destroy()"
                     : "see which connections were bound to it, and end them before lws_vhost_destroy()";
    to.push_back(std::move(out));
  });
}

// Those that listen are servers, which may be added at any time.
void House::add(std::vector<Diagnosis> &to, const LogFacts &log) const {
  if (!log.by_preload) return;  // else it is not known where contexts begin
  uint64_t count = 0;
  Ns first_ns = UINT64_MAX, last_ns = 0;
  std::string first, last;
  for (const auto &[pointer, vhost] : vhosts_) {
    if (!vhost.in_turn || vhost.port > 0) continue;
    ++count;
    if (vhost.made_ns < first_ns) first_ns = vhost.made_ns, first = vhost.name;
    if (vhost.made_ns >= last_ns) last_ns = vhost.made_ns, last = vhost.name;
  }
  if (count < kPile) return;
  Diagnosis out = diagnosis_of(Cause::kVhostsPileUp, count, {}, std::to_string(count));
  out.first_ns = first_ns;
  out.last_ns = last_ns;
  out.why.push_back(fmt::format(
      "The first, {}, was made at {}, the last, {}, at {}, and connections were opened between any two of them; {}.",
      quoted(first), time_text(first_ns, log.started_ns), quoted(last), time_text(last_ns, log.started_ns),
      destroyed_ == 0 ? "lws_vhost_destroy() was never called" : fmt::format("{} were destroyed", destroyed_)));
  out.why.emplace_back(
      "None of them listens. lws keeps each until its context is destroyed, with its tables and, with TLS, its "
      "SSL_CTX.");
  to.push_back(std::move(out));
}

}  // namespace wsitrace
