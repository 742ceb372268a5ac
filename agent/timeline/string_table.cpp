// SPDX-License-Identifier: MIT
#include "agent/timeline/string_table.h"

#include "wsitrace/event.h"

namespace wsitrace {

StringTable::StringTable()
    : interned_{"GET",    "HTTP/1.1", "POST",  "HTTP/2",  "HEAD",    "PUT",
                "DELETE", "OPTIONS",  "PATCH", "CONNECT", "HTTP/1.0"} {}

std::string_view StringTable::late(uint16_t id) { return id == kOverflowString ? "overflow" : std::string_view{}; }

void StringTable::tell(uint16_t id, std::string_view text) {
  if (id == kNoString || id == kOverflowString) return;
  if (id >= told_.size()) told_.resize(size_t{id} + 1);
  Told &told = told_[id];
  if (!told.text.empty() && told.text == text) return;
  told = {pool_.emplace_back(text), word_of(text)};
}

std::string_view StringTable::intern(std::string_view text) {
  for (const std::string_view known : interned_)
    if (known == text) return known;
  if (interned_.size() >= kMaxInterned) return "overflow";
  return interned_.emplace_back(pool_.emplace_back(text));
}

}  // namespace wsitrace
