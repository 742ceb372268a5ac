// SPDX-License-Identifier: MIT
//
// The wsis that lws has destroyed, until their address is another's: a program that kept the pointer of one and calls lws about it uses memory
// that was freed.
//
// Limits:  kGraves addresses, the latest of those that share a slot.
// Threads: any.
// Cost:    a hash and a load, or a store.
#ifndef WSITRACE_PROBE_GRAVES_H
#define WSITRACE_PROBE_GRAVES_H

#include <cstddef>

namespace wsitrace {

inline constexpr size_t kGraves = 4096;  // a power of two

// WSI is destroyed.
void bury(const void *wsi) noexcept;
// WSI lives, perhaps with the address of another.
void unbury(const void *wsi) noexcept;
bool is_buried(const void *wsi) noexcept;

}  // namespace wsitrace

#endif
