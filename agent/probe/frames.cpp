// SPDX-License-Identifier: MIT
#include "agent/probe/frames.h"

#include "agent/lws/wire.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"
#include "agent/probe/reads.h"
#include "agent/probe/record.h"

namespace wsitrace {

void note_frames(int fd, const void *read, size_t bytes) noexcept {
  if (!is_on()) return;
  const ErrnoGuard guard;
  for_frames_in(static_cast<const unsigned char *>(read), bytes, was_read_once(fd),
                [fd](const FrameFacts &facts) { record_with(k_frame_read, fd, kItemFrame, &facts, sizeof facts); });
}

}  // namespace wsitrace
