// SPDX-License-Identifier: MIT
//
// Names as values of a label: the first kMaxNames different ones get a series each, all others share "overflow". This
// is what keeps the number of series independent of what a host invents.
//
// A name that is empty is shown as "unknown". Names come from the host and are not trusted: what is not UTF-8 is shown
// as
// '?', because one bad byte makes Prometheus refuse the whole scrape. Names that are shown alike share a series.
// Cost: a linear search over at most kMaxNames short strings; no allocation for a name that is known.
#ifndef WSITRACE_EXPORT_PROMETHEUS_CAPPED_NAMES_H
#define WSITRACE_EXPORT_PROMETHEUS_CAPPED_NAMES_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsitrace {

class CappedNames {
 public:
  static constexpr size_t kMaxNames = 16;            // keeps a scrape small whatever the host's names are
  static constexpr size_t kOverflow = kMaxNames;     // index of "overflow"
  static constexpr size_t kIndices = kMaxNames + 1;  // size of an array indexed by index_of()

  size_t index_of(std::string_view name_untrusted);
  [[nodiscard]] std::string shown(size_t index) const;

 private:
  static constexpr std::string_view kOverflowName = "overflow";
  [[nodiscard]] std::optional<size_t> find(std::string_view shown) const;

  std::vector<std::string> shown_;
  size_t recent_ = 0;  // the index that was asked for last: mostly it is again
};

// NAME with every byte that is not part of well-formed UTF-8 replaced by '?'.
std::string to_utf8(std::string_view name_untrusted);

}  // namespace wsitrace

#endif
