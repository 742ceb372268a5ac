// SPDX-License-Identifier: MIT
//
// The descriptors that lws opens for a context while it makes it (event pipe, netlink, listeners), and which of them are open still
// when lws_context_destroy() is about to return.
//
// Who:     an entry that stands in front of lws's open calls and of lws_create_context tells (agent/entry/imports/descriptors.h).
// Known:   by number, device and inode, until lws closes it: a descriptor whose number another one has now is not taken for it.
// Threads: a context is made on one thread; slots are claimed by compare and swap.
// Limits:  kKnownDescriptors of all contexts that are alive; more are not judged.
// Cost:    an fstat for each, at the making and at the end of a context. Nothing in between.
#ifndef WSITRACE_PROBE_DESCRIPTORS_H
#define WSITRACE_PROBE_DESCRIPTORS_H

#include <cstddef>

namespace wsitrace {

inline constexpr size_t kKnownDescriptors = 4096;
inline constexpr int kMarkedFds = 65536;  // higher ones are not known

// The calling thread is in lws_create_context(), and leaves it with CONTEXT (nullptr: it failed, all is forgotten).
void context_begins() noexcept;
void context_begun(const void *context) noexcept;
bool is_making_context() noexcept;
// lws opened FD by CALL, a literal. Only counts within lws_create_context().
void descriptor_opened(int fd, const char *call) noexcept;
// lws closes FD.
void descriptor_closed(int fd) noexcept;
// Records descriptor_left for each descriptor of CONTEXT that is open still, and forgets them all.
void context_ends(const void *context) noexcept;

}  // namespace wsitrace

#endif
