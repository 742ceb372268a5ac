// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_CHECK_ALLOW_FILES_H
#define WSITRACE_CLI_CHECK_ALLOW_FILES_H

#include <string>
#include <vector>

#include "agent/diagnosis/allow_list.h"

namespace wsitrace {

inline constexpr const char *kRequireClosedHelp =
    "Every connection that is open when the program ends is a finding (connection_left_open)";

// The rules of all files that the user named with --allow, in that order. The first thing that is wrong is the error.
Expected<AllowList> read_allow_files(const std::vector<std::string> &paths);

// One line on stderr for each rule that fails the check because it allowed nothing (--strict-allow).
void complain_of_stale_rules(const Check &check);

}  // namespace wsitrace

#endif
