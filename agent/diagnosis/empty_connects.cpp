// SPDX-License-Identifier: MIT
#include "agent/diagnosis/empty_connects.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/text/spans.h"

namespace wsitrace {
namespace {

// Why, by what lws logged.
struct EmptyReason {
  Said said;
  const char *why;
  const char *advice;
};
constexpr EmptyReason kEmptyReasons[] = {
    {Said::kNoVhost, "the context has no vhost",
     "make a vhost first (lws_create_vhost()), or leave LWS_SERVER_OPTION_EXPLICIT_VHOSTS out: lws_create_context() "
     "then makes one"},
    {Said::kNoRole, "lws has no role for what it asks for",
     "check `method` of the connect info, and which roles this libwebsockets was built with (LWS_ROLE_WS, ...)"},
    {Said::kNoTls, "this libwebsockets was built without TLS",
     "use a libwebsockets with TLS (LWS_WITH_SSL), or leave LCCSCF_USE_SSL out"},
    {Said::kProtocolNotStarted, "a protocol of its vhost could not be initialized",
     "return 0 from LWS_CALLBACK_PROTOCOL_INIT: this libwebsockets connects nowhere before all protocols are "
     "initialized"},
};

}  // namespace

void EmptyConnects::came_empty(Ns at_ns) {
  if (times_++ == 0) first_ns_ = at_ns;
  last_ns_ = at_ns;
}

void EmptyConnects::add(std::vector<Diagnosis> &to, const std::function<bool(Said)> &said) const {
  if (said(Said::kProxyWithoutPort)) {
    Diagnosis out = diagnosis_of(Cause::kProxyIgnored, 1, "it has no port, or is empty");
    out.why.emplace_back(
        "lws logged that http_proxy (of the environment, or of the vhost) needs to be an address and a port; it "
        "connects without a proxy.");
    to.push_back(std::move(out));
  }
  if (times_ == 0 || said(Said::kTableFull)) return;
  const auto *reason = std::find_if(std::begin(kEmptyReasons), std::end(kEmptyReasons),
                                    [&](const EmptyReason &one) { return said(one.said); });
  const bool is_known = reason != std::end(kEmptyReasons);
  Diagnosis out = diagnosis_of(Cause::kUnreachable, times_, {});
  out.headline = fmt::format("{} came to nothing: {}", count_text(times_, "connect"),
                             is_known ? reason->why : "lws_client_connect_via_info() returned NULL");
  out.first_ns = first_ns_;
  out.last_ns = last_ns_;
  out.why.push_back(
      fmt::format("lws_client_connect_via_info() returned NULL {}, before lws had made a connection{}: no callback "
                  "reports that; the return value is the only sign.",
                  times_text(times_), is_known ? ", and logged why" : ""));
  out.advice = is_known ? reason->advice
                        : "switch on lws's log with lws_set_log_level(LLL_ERR | LLL_WARN, NULL), which says why; check "
                          "vhost, method and address of the connect info";
  to.push_back(std::move(out));
}

}  // namespace wsitrace
