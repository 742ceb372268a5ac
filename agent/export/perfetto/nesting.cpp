// SPDX-License-Identifier: MIT
#include "agent/export/perfetto/nesting.h"

#include <algorithm>

namespace wsitrace {

Ns Nesting::end_at(size_t index, Ns begin_ns) {
  for (size_t i = index; i < slices_.size(); ++i)
    begin_ns = std::max(begin_ns, slices_[i].end_ns.value_or(slices_[i].begin_ns));
  for (size_t i = index; i < slices_.size(); ++i) slices_[i].end_ns = slices_[i].end_ns.value_or(begin_ns);
  return begin_ns;
}

Slice &Nesting::add(uint32_t depth, std::string_view category, std::string name, Ns begin_ns, OptionalNs end_ns) {
  const bool never_closed = !end_ns;
  if (depth > 0) {
    const Slice &around = slices_[path_[depth - 1]];
    begin_ns = std::max(begin_ns, around.begin_ns);
    if (around.end_ns) {
      begin_ns = std::min(begin_ns, *around.end_ns);
      end_ns = std::min(end_ns.value_or(*around.end_ns), *around.end_ns);
    }
  }
  if (depth < path_.size()) {
    const size_t beside = path_[depth];
    begin_ns = std::max(begin_ns, slices_[beside].end_ns.value_or(slices_[beside].begin_ns));
    if (!slices_[beside].end_ns) begin_ns = end_at(beside, begin_ns);
  }
  if (end_ns) end_ns = std::max(*end_ns, begin_ns);
  if (never_closed) name += category == "binding" ? ", never dropped" : ", still open";
  path_.resize(depth);
  path_.push_back(slices_.size());
  return slices_.emplace_back(
      Slice{track_, depth, false, never_closed, category, std::move(name), begin_ns, end_ns, {}});
}

Slice &Nesting::add_instant(uint32_t depth, std::string_view category, std::string name, Ns at_ns) {
  Slice &slice = add(depth, category, std::move(name), at_ns, at_ns);
  slice.instant = true;
  return slice;
}

}  // namespace wsitrace
