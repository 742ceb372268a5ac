// SPDX-License-Identifier: MIT
//
// Files that wsitrace makes, perhaps as root and in a directory where others may make some too. What lies there already may be a trap: a
// symbolic link that leads elsewhere, or a file of somebody else's.
//
//   make_file     a name that wsitrace chose    nothing may be there, not even a dangling link
//   open_output   a name that the user gave     a file of this user's own is opened, and so is what is no file (a pipe, a terminal);
//                                               links are followed when this user or root made them: /dev/stdout is one
//
// Errors: "a symbolic link of another user", "belongs to another user", "has other names, too".
// Source: the rules of fs.protected_symlinks and fs.protected_regular, proc_sys_fs(5), without the need for a sticky directory.
#ifndef WSITRACE_BASE_OUTPUT_FILE_H
#define WSITRACE_BASE_OUTPUT_FILE_H

#include <string>

#include "agent/base/expected.h"
#include "agent/base/fd.h"

namespace wsitrace {

inline constexpr unsigned kTraceMode = 0640;

// Of the file PATH, as it is written: "." where it names none.
std::string directory_of(const std::string &path);
// NAME in DIRECTORY, a descriptor or AT_FDCWD.
Expected<Fd> make_file(int directory, const std::string &name, unsigned mode);
// Not truncated.
Expected<Fd> open_output(const std::string &path, unsigned mode);
// Whether open_output() would refuse PATH, or its directory let nobody make it. Makes nothing.
Expected<void> check_output_file(const std::string &path);

}  // namespace wsitrace

#endif
