// SPDX-License-Identifier: MIT
#include "agent/cli/top/known_terminal.h"

#include <unistd.h>

// Last, and in a file of its own: it defines macros with everyday names.
#include <curses.h>
#include <term.h>

namespace wsitrace {

bool is_known_terminal() {
  int found = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &found) != OK) return false;
  ::del_curterm(::cur_term);  // newterm() has its own
  return true;
}

}  // namespace wsitrace
