// SPDX-License-Identifier: MIT
//
// Processes that have not recorded, although they may: what their mappings tell. A daemon that has left its parent and will use
// libwebsockets in a moment is waited for; a program under another user cannot reach the rings.
//
// Source: /proc/PID/maps. A process under the preload library maps the ring file from its start on; one that has
//         libwebsockets mapped too is about to use it. One that has not gets kSettleNs to load it.
#ifndef WSITRACE_CLI_RUN_WAITING_H
#define WSITRACE_CLI_RUN_WAITING_H

#include <sys/types.h>

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/run/preload.h"

namespace wsitrace {

inline constexpr uint64_t kSettleNs = 500'000'000;

struct MappedFiles {
  bool ring = false;
  bool lws = false;
  bool library = false;  // the preload library
};
// MAPS: the text of /proc/PID/maps. LIBRARY: the preload library, which is known by its file name.
MappedFiles mapped_files(std::istream &maps, const std::string &ring_path,
                         const std::string &library = kPreloadLibrary);

// The first of PIDS that may still record, SINCE_NS after the program has ended; 0: none.
pid_t find_expected(const std::vector<pid_t> &pids, const std::string &ring_path, uint64_t since_ns);

// The user of PID, if it is another one than ours and PID has libwebsockets without the ring: it may not open our files.
std::optional<uid_t> find_foreign_user(pid_t pid, const std::string &ring_path);

}  // namespace wsitrace

#endif
