// SPDX-License-Identifier: MIT
//
// Which processes have a file mapped. A ring file is in use as long as one has: its owner, and every host that records into it
// or may begin to. A number in the file is a claim, and pids are given out again; a mapping is a fact.
//
// Source: proc(5), /proc/PID/maps. A file is told by device and inode, or by its name: overlayfs shows other devices there.
// Cost:   reads the maps of a process: 10 to 100 us.
#ifndef WSITRACE_CLI_AGENT_FILE_USERS_H
#define WSITRACE_CLI_AGENT_FILE_USERS_H

#include <sys/types.h>

#include <cstdint>
#include <istream>
#include <string>

namespace wsitrace {

struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  std::string path;  // absolute

  static FileIdentity of(const std::string &path);  // inode 0: there is no such file
};

// Whether MAPS, the text of a /proc/PID/maps, names the file.
bool names_file(std::istream &maps, const FileIdentity &file);

enum class Mapped { kNo, kYes, kUnknown };  // unknown: the process may not be looked at
Mapped is_mapped_by(uint32_t pid, const FileIdentity &file);

// Whether a process other than this one has it mapped, as far as can be seen.
bool is_mapped_elsewhere(const FileIdentity &file);

}  // namespace wsitrace

#endif
