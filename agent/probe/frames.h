// SPDX-License-Identifier: MIT
//
// Frames of HTTP/2 that a server sends and that lws 4 tells the application nothing of: RST_STREAM, after which the stream waits for ever, and a
// SETTINGS frame without settings, after which lws sends no request.
//
// Who:    an entry that stands in front of lws's reads (agent/entry/imports/transport.cpp), for descriptors of which count_read() of reads.h says so.
// Cost:   a walk over the heads of the frames of each read, as far as it has them.
// Limits: a frame is seen where it, or the first of those that came with it, begins a read; lws reads as much as there is.
#ifndef WSITRACE_PROBE_FRAMES_H
#define WSITRACE_PROBE_FRAMES_H

#include <cstddef>

namespace wsitrace {

// lws has read BYTES from FD.
void note_frames(int fd, const void *read, size_t bytes) noexcept;

}  // namespace wsitrace

#endif
