// SPDX-License-Identifier: MIT
#include "agent/diagnosis/empty_connects.h"

#include <fmt/format.h>

#include <optional>

#include "agent/text/spans.h"

namespace wsitrace {
namespace {

std::optional<WhyNotMade> why_of(EmptyFor why) {
  switch (why) {
    case EmptyFor::kTooLong: return WhyNotMade{kTooLongToAsk, kTooLongAdvice};
    case EmptyFor::kBrackets:
      return WhyNotMade{"its `address` is in brackets, so it is not a valid address", kBracketsAdvice};
    case EmptyFor::kUnknown: break;
  }
  return std::nullopt;
}

}  // namespace

void EmptyConnects::came_empty(Ns at_ns, EmptyFor why) {
  if (times_ == 0) why_ = why;
  else if (why_ != why) why_ = EmptyFor::kUnknown;
  if (times_++ == 0) first_ns_ = at_ns;
  last_ns_ = at_ns;
}

void EmptyConnects::add(std::vector<Diagnosis> &to, const SaidLines &said) const {
  if (said(Said::kProxyWithoutPort) != nullptr) {
    Diagnosis out = diagnosis_of(Cause::kProxyIgnored, 1, "it has no port, or is empty");
    out.why.emplace_back(
        "lws logged that http_proxy (of the environment, or of the vhost) needs to be an address and a port; it "
        "connects without a proxy.");
    to.push_back(std::move(out));
  }
  if (times_ == 0 || said(Said::kTableFull) != nullptr) return;
  auto why = why_came_empty(said);
  if (!why) why = why_of(why_);
  Diagnosis out = diagnosis_of(Cause::kUnreachable, times_, {});
  out.headline = fmt::format("{} came to nothing: {}", count_text(times_, "connect"),
                             why ? why->text : "lws_client_connect_via_info() returned NULL");
  out.first_ns = first_ns_;
  out.last_ns = last_ns_;
  out.why.push_back(
      fmt::format("lws_client_connect_via_info() returned NULL {}, before lws had made a connection{}: no callback "
                  "reports that; the return value is the only sign.",
                  times_text(times_), why && why_ != EmptyFor::kBrackets ? ", and logged why" : ""));
  out.advice = why ? why->advice
                   : "switch on lws's log with lws_set_log_level(LLL_ERR | LLL_WARN, NULL), which says why; check "
                     "vhost, method and address of the connect info";
  to.push_back(std::move(out));
}

}  // namespace wsitrace
