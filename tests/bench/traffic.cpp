// SPDX-License-Identifier: MIT
#include "tests/bench/traffic.h"
#include "agent/lws/callbacks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace wsitrace::bench {
namespace {

constexpr uint64_t kFirstPointer = 0x55d0c0000000, kPointerStep = 0x2a0;
constexpr uint16_t kServerPort = 7681, kClientPort = 40022;

void add_address(Items &items, ItemTag tag, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  items.add(tag, &address, sizeof address);
}

}  // namespace

Traffic::Traffic(const TrafficOptions &options, const std::function<uint16_t(std::string_view)> &id_of)
    : vhost_(id_of("localhost")),
      protocol_(id_of("http")),
      served_(id_of("lws_http_transaction_completed")),
      reset_(id_of("http_action HTTP")),
      idle_(id_of("http action CALLBACK bind")),
      closing_(id_of("__lws_close_free_wsi")),
      caller_(id_of("server socket svc fail")),
      left_(options.connections),
      endless_(options.connections == 0) {
  fill_items();
  add(k_WSI_CREATE);
  add(k_SERVER_NEW_CLIENT_INSTANTIATED, 0, 17, &addresses_);
  for (size_t i = 0; i < options.requests; ++i) add_request(i == 0);
  add(k_close_requested, caller_);
  add(k_HTTP_DROP_PROTOCOL, closing_);
  add(k_CLOSED_HTTP);
  add(k_WSI_DESTROY);
  const size_t wanted = endless_ ? options.open_at_once : std::min<uint64_t>(options.open_at_once, left_);
  places_.assign(wanted, Place{0, true});
  in_use_ = wanted;
  left_ -= endless_ ? 0 : wanted;
}

void Traffic::fill_items() {
  add_address(addresses_, kItemPeer, kClientPort);
  add_address(addresses_, kItemLocal, kServerPort);
  request_.add(kItemPath, "/api/connections", 16);
  request_.add(kItemMethod, "GET", 3);
  request_.add(kItemVersion, "HTTP/1.1", 8);
}

void Traffic::add(uint16_t kind, uint16_t text, int32_t value, const Items *items) {
  Event event{};
  event.kind = kind;
  event.vhost = vhost_;
  event.protocol = kind >= 1000 ? kNoString : protocol_;
  event.text = text;
  event.value = value;
  event.flags = static_cast<uint8_t>(kind >= 1000 ? 0 : kFirstProtocol);
  if (kind == k_SERVER_NEW_CLIENT_INSTANTIATED) event.flags |= kNewSocket;
  steps_.push_back({event, items != nullptr ? items : &none_});
}

void Traffic::add_request(bool first) {
  add(k_FILTER_HTTP_CONNECTION, 0, 0, &request_);
  if (!first) add(k_HTTP_DROP_PROTOCOL, idle_);
  add(k_HTTP_BIND_PROTOCOL);
  add(k_HTTP_DROP_PROTOCOL, reset_);
  add(k_HTTP_BIND_PROTOCOL);
  add(k_HTTP);
  add(k_status_sent, 0, 200);
  add(k_transaction_completed);
  add(k_HTTP_DROP_PROTOCOL, served_);
  add(k_HTTP_BIND_PROTOCOL);
}

bool Traffic::next() {
  if (in_use_ == 0) return false;
  random_ = random_ * 48271 % 2147483647;  // minstd: the same log every time
  at_ = random_ % places_.size();
  while (!places_[at_].used) at_ = (at_ + 1) % places_.size();
  Place &place = places_[at_];
  const Step &step = steps_[place.step];
  event_ = step.event;
  event_.wsi = kFirstPointer + at_ * kPointerStep;
  items_ = step.items;
  if (++place.step == steps_.size()) {
    place.step = 0;
    if (!endless_ && left_ == 0) {
      place.used = false;
      --in_use_;
    } else if (!endless_) {
      --left_;
    }
  }
  return true;
}

}  // namespace wsitrace::bench
