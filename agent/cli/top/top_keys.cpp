// SPDX-License-Identifier: MIT
#include "agent/cli/top/top_keys.h"

#include <algorithm>

namespace wsitrace {
namespace {

constexpr size_t kMostFilterBytes = 200;

// Where AT comes to among COUNT places; AT itself for keys that do not move.
size_t moved(TopKey key, size_t at, size_t page, size_t count) {
  const size_t last = count == 0 ? 0 : count - 1;
  switch (key) {
    case TopKey::kUp: return at - std::min<size_t>(at, 1);
    case TopKey::kDown: return std::min(at + 1, last);
    case TopKey::kPageUp: return at - std::min(at, page);
    case TopKey::kPageDown: return std::min(at + page, last);
    case TopKey::kHome: return 0;
    case TopKey::kEnd: return last;
    default: return at;
  }
}

bool moves(TopKey key) {
  return key == TopKey::kUp || key == TopKey::kDown || key == TopKey::kPageUp || key == TopKey::kPageDown ||
         key == TopKey::kHome || key == TopKey::kEnd;
}

void select_row(TopChoice &choice, const TopScreen &screen, size_t at) {
  if (at >= screen.rows.size()) return;
  choice.selected = screen.rows[at];
  choice.selected_at = at;
}

void obey_in_table(TopKey key, TopChoice &choice, const TopScreen &screen) {
  choice.offset = screen.offset;
  if (moves(key)) {
    const size_t at = moved(key, screen.selected, screen.page, screen.rows.size());
    const bool whole_page = key == TopKey::kPageUp || key == TopKey::kPageDown;
    if (whole_page) choice.offset = moved(key, choice.offset, screen.page, screen.rows.size());
    return select_row(choice, screen, at);
  }
  switch (key) {
    case TopKey::kSort: choice.next_sort(); break;
    case TopKey::kClass: choice.next_class(); break;
    case TopKey::kFind: choice.typing = true; break;
    case TopKey::kEscape: choice.filter.clear(); break;
    case TopKey::kEnter:
      select_row(choice, screen, screen.selected);
      if (choice.selected && !screen.rows.empty()) choice.mode = TopMode::kConnection;
      choice.line = 0;
      break;
    default: break;
  }
}

void obey_in_filter(const TopPress &press, TopChoice &choice) {
  if (press.key == TopKey::kEnter) {
    choice.typing = false;
  } else if (press.key == TopKey::kEscape) {
    choice.typing = false;
    choice.filter.clear();
  } else if (press.key == TopKey::kErase) {
    while (!choice.filter.empty()) {  // a whole character
      const auto byte = static_cast<unsigned char>(choice.filter.back());
      choice.filter.pop_back();
      if ((byte & 0xc0) != 0x80) break;
    }
  } else if (press.byte != '\0' && choice.filter.size() < kMostFilterBytes) {
    choice.filter += press.byte;
  }
}

}  // namespace

bool obey(const TopPress &press, TopChoice &choice, const TopScreen &screen) {
  const TopKey key = press.key;
  if (key == TopKey::kGone) return false;
  if (key == TopKey::kNone || key == TopKey::kRedraw) {
    if (choice.typing) obey_in_filter(press, choice);
    return true;
  }
  if (choice.typing) {
    obey_in_filter(press, choice);
  } else if (key == TopKey::kQuit) {
    return false;
  } else if (choice.mode == TopMode::kHelp || (choice.mode == TopMode::kConnection && key == TopKey::kEscape)) {
    choice.mode = TopMode::kTable;
  } else if (key == TopKey::kHelp) {
    choice.mode = TopMode::kHelp;
  } else if (choice.mode == TopMode::kTable) {
    obey_in_table(key, choice, screen);
  } else {
    choice.line = moved(key, screen.offset, screen.page, SIZE_MAX / 2);
  }
  return true;
}

}  // namespace wsitrace
