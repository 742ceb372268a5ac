// SPDX-License-Identifier: MIT
//
// The preload library as the launcher sees it: where it is, and how a program is made to load it.
//
// Found:  WSITRACE_PRELOAD, if set; else beside the running wsitrace, in ../lib (build tree) or the installed library
//         directory.
// Loader: LD_PRELOAD is a list separated by blanks and colons, without quoting (ld.so(8)).
#ifndef WSITRACE_CLI_RUN_PRELOAD_H
#define WSITRACE_CLI_RUN_PRELOAD_H

#include <string>
#include <utility>
#include <vector>

#include "agent/base/expected.h"

namespace wsitrace {

inline constexpr const char *kPreloadLibrary = "libwsitrace_preload.so";

// Absolute path of the library. EXECUTABLE: path of the running wsitrace.
Expected<std::string> find_preload_library(const std::string &executable);
std::string own_executable();

// Whether LD_PRELOAD can name PATH at all.
bool can_be_preloaded(const std::string &path);

// The value of LD_PRELOAD: LIBRARY before what PRESENT holds, but behind a sanitizer's runtime, which insists on being first. One
// that the program NEEDS and PRESENT does not name is put there.
std::string preload_list(const std::string &library, const std::string &present,
                         const std::vector<std::string> &needed);

// The environment of this process with NAME=VALUE in the place of what it had by these names.
std::vector<std::string> environment_with(char **environment,
                                          const std::vector<std::pair<std::string, std::string>> &set);

}  // namespace wsitrace

#endif
