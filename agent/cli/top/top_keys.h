// SPDX-License-Identifier: MIT
//
// What the keys of `wsitrace top` do. Pure: a key changes the choice.
//
//    table:       arrows, Page Up and Down, Home, End select a row; Enter opens it; / types a filter; s sorts; c chooses a class; ? helps
//    filter:      each letter narrows the table at once; Enter keeps the filter, Escape forgets it
//    connection:  the same keys move through its lines; Escape goes back
//    help:        any other key goes back
#ifndef WSITRACE_CLI_TOP_TOP_KEYS_H
#define WSITRACE_CLI_TOP_TOP_KEYS_H

#include "agent/cli/top/top_screen.h"

namespace wsitrace {

enum class TopKey {
  kNone,
  kGone,  // the user, or the terminal
  kQuit,
  kSort,
  kClass,
  kFind,
  kHelp,
  kEnter,
  kEscape,
  kErase,
  kUp,
  kDown,
  kPageUp,
  kPageDown,
  kHome,
  kEnd,
  kRedraw
};

struct TopPress {
  TopKey key = TopKey::kNone;
  char byte = '\0';  // of UTF-8 text, where text is typed; '\0': it is none
};

// SCREEN is what was shown when the key was pressed. False: the user wants to go.
bool obey(const TopPress &press, TopChoice &choice, const TopScreen &screen);

}  // namespace wsitrace

#endif
