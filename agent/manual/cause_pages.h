// SPDX-License-Identifier: MIT
//
// The manual's pages on causes (deploy/manual/causes/NAME.md), built in: `wsitrace explain --cause NAME` prints them on machines that have
// no manual, and SARIF carries them as the help of its rules. The table is made by deploy/cmake/EmbedPages.cmake when a page changes.
#ifndef WSITRACE_MANUAL_CAUSE_PAGES_H
#define WSITRACE_MANUAL_CAUSE_PAGES_H

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wsitrace {

struct CausePage {
  std::string_view name;  // of the cause, in JSON
  std::string_view text;  // Markdown, whole
};

// By name.
std::span<const CausePage> cause_pages();
// nullptr: there is none of that name.
const CausePage *cause_page(std::string_view name);
// The first sentence: what the cause means.
std::string meaning_of(const CausePage &page);
// The names that WORD may have been meant for, the likeliest first; at most kNearNames.
std::vector<std::string_view> near_causes(std::string_view word);
inline constexpr size_t kNearNames = 3;

}  // namespace wsitrace

#endif
