// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "agent/diagnosis/rules.h"
#include "agent/export/explain/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kAtOnceNs = 50'000'000;

// lws_close_reason() stores a code for the close frame of a callback that returns non-zero: without that nothing is closed.
std::optional<Symptom> close_code_unused(const Case &of) {
  const Clues &clues = of.clues;
  if (!of.connection.session || !clues.close_code_ns) return std::nullopt;
  if (clues.refused && clues.refused_ns >= *clues.close_code_ns) return std::nullopt;
  const Ns until_ns = clues.peer_close_ns.value_or(clues.caller_ns.value_or(of.until_ns()));
  if (until_ns < *clues.close_code_ns + kAtOnceNs) return std::nullopt;
  Symptom symptom{Cause::kCloseCodeUnused, {}, {}, Certainty::kProven, {}};
  const auto peer_code = of.connection.session->peer_code;
  if (clues.peer_close_ns)
    symptom.detail = fmt::format(", the peer did, with close frame {}", peer_code.value_or(1005));
  else if (of.connection.close && of.connection.close->by == CloseBy::kPeer)
    symptom.detail = ", the peer did, without a close frame";
  symptom.why.push_back(
      fmt::format("lws_close_reason({}) was called at {}; it only stores a code until a callback returns non-zero. The "
                  "callback returned 0, "
                  "no close frame was sent, and the session went on for {}.",
                  *clues.close_code, time_text(*clues.close_code_ns, of.log.started_ns),
                  span_text(*clues.close_code_ns, until_ns)));
  return symptom;
}

std::optional<Symptom> ping_timeout(const Case &of) {
  if (!of.ended_as(CloseReason::kPingTimeout)) return std::nullopt;
  const bool inferred = of.connection.close->evidence == CloseEvidence::kElimination;
  return Symptom{Cause::kPingTimeout, {}, {}, inferred ? Certainty::kLikely : Certainty::kProven, {}};
}

}  // namespace

std::optional<Symptom> session_symptom(const Case &of) {
  if (!of.connection.session) return std::nullopt;
  if (auto symptom = close_code_unused(of)) return symptom;
  return ping_timeout(of);
}

}  // namespace wsitrace
