// SPDX-License-Identifier: MIT
//
// Where the ring file of a run lies: in memory if that is possible, else on a disk.
//
// Order:    /dev/shm/wsitrace-UID/, $TMPDIR/wsitrace-UID/, /tmp/wsitrace-UID/, then the directory of the trace file. The next is tried
//           when one is missing, is not ours alone, or has no room.
// Security: the first three are directories that anyone may write to. Ours has mode 0700 and is used only if it is a real
//           directory of this user that nobody else can enter.
// Left:     what killed launchers have left there is removed first (left_rings.h).
// Name:     PROGRAM.LAUNCHERPID.ring
#ifndef WSITRACE_CLI_RUN_RING_PLACE_H
#define WSITRACE_CLI_RUN_RING_PLACE_H

#include <string>
#include <vector>

#include "agent/collect/ring_file.h"

namespace wsitrace {

struct RingPlace {
  std::string directory;
  bool shared;  // anyone may write to the directory above: it must be private
};
std::vector<RingPlace> ring_places(const std::string &output_directory);

// Makes the ring file in the first of PLACES that takes it. The Error is that of the first place.
Expected<RingFile> make_ring(const std::vector<RingPlace> &places, const std::string &program,
                             const RingFileOptions &options);

// Makes DIRECTORY, or says why it cannot be used.
Expected<void> make_private_directory(const std::string &directory);

}  // namespace wsitrace

#endif
