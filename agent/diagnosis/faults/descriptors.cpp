// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/descriptors.h"

#include <algorithm>

#include "agent/text/spans.h"

namespace wsitrace {

void Descriptors::left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) {
  Left &left = by_kind_[std::string(kind)];
  if (left.descriptors++ == 0) {
    left.first_context = context.number;
    left.first_descriptor = descriptor;
    left.first_ns = when;
  }
  left.again = left.again || context.created_ns > left.first_ns;
  if (left.contexts == 0 || left.last_context != context.number || left.last_pointer != context.pointer)
    ++left.contexts;
  left.last_context = context.number;
  left.last_pointer = context.pointer;
  left.last_ns = when;
}

void Descriptors::judge(Groups &groups) const {
  for (const auto &[kind, left] : by_kind_) {
    if (!left.again) continue;
    Finding &finding = groups.of(Cause::kDescriptorLeft, {}, {});
    finding.count += left.descriptors;
    finding.first_ns = std::min(finding.first_ns.value_or(left.first_ns), left.first_ns);
    finding.last_ns = std::max(finding.last_ns.value_or(left.last_ns), left.last_ns);
    if (!finding.message.empty()) finding.message += "; ";
    finding.message += count_text(left.descriptors, "descriptor") + " (" + kind + ") that lws opened for " +
                       count_text(left.contexts, "context") + " stayed open after these were destroyed: first " +
                       std::to_string(left.first_descriptor) + " of context " + std::to_string(left.first_context) +
                       ", last of context " + std::to_string(left.last_context);
  }
}

}  // namespace wsitrace
