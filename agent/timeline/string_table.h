// SPDX-License-Identifier: MIT
//
// The string table of the observed process, as the log tells it, and a pool for other names of a small set.
//
// Lifetime: every std::string_view handed out stays valid as long as the table lives, also when an id is told anew.
// Bounds:   ids are 16 bits. Of names that are not in the process's table at most kMaxInterned are kept; further ones
//           become "overflow".
#ifndef WSITRACE_TIMELINE_STRING_TABLE_H
#define WSITRACE_TIMELINE_STRING_TABLE_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "agent/lws/words.h"

namespace wsitrace {

class StringTable {
 public:
  static constexpr size_t kMaxInterned = 64;

  StringTable();

  void tell(uint16_t id, std::string_view text);
  // Empty for an id that was never told.
  [[nodiscard]] std::string_view text(uint16_t id) const { return id < told_.size() ? told_[id].text : late(id); }
  [[nodiscard]] Word word(uint16_t id) const { return id < told_.size() ? told_[id].word : Word::kOther; }

  // A lasting copy of TEXT: methods and versions, of which there are few.
  std::string_view intern(std::string_view text);

 private:
  struct Told {
    std::string_view text;
    Word word = Word::kOther;
  };
  static std::string_view late(uint16_t id);

  std::vector<Told> told_;
  std::vector<std::string_view> interned_;
  std::deque<std::string> pool_;
};

}  // namespace wsitrace

#endif
