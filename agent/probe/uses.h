// SPDX-License-Identifier: MIT
//
// Calls of lws about a wsi that it has destroyed (graves.h). Only the application's own count: lws may use an address again before anybody is
// told of it.
//
// Threads: any.
// Cost:    a look into graves.h; a dladdr() for one that is gone, kMaxUses times.
#ifndef WSITRACE_PROBE_USES_H
#define WSITRACE_PROBE_USES_H

namespace wsitrace {

inline constexpr unsigned kMaxUses = 64;

// The function named CALL, a literal, was called about WSI by code at CALLER.
void note_use(const void *wsi, const char *call, const void *caller) noexcept;

}  // namespace wsitrace

#endif
