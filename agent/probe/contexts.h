// SPDX-License-Identifier: MIT
//
// The contexts that were made through functions an entry stands in front of, and the descriptors that lws opened for each of them
// (event pipe, netlink, listeners).
//
// A call about a context that was not made so comes from another libwebsockets in the same process, one linked statically for instance,
// whose connections nobody observes. A descriptor that is still open when lws_context_destroy() is about to return was left.
//
// Kept:    a context is never forgotten: a loop may destroy it twice, and a forked child inherits those of its parent. A descriptor is
//          known by number, device and inode, until lws closes it: one whose number another one has now is not taken for it.
// Limits:  kKnownContexts addresses; once there were more, none is called unseen. kKnownDescriptors of all contexts that are alive,
//          below kMarkedFds; more are not judged.
// Threads: lock-free; a context is made on one thread.
// Cost:    a look at each known address, for rare calls only; an fstat for each descriptor, at the making and at the end of a context.
#ifndef WSITRACE_PROBE_CONTEXTS_H
#define WSITRACE_PROBE_CONTEXTS_H

#include <cstddef>

namespace wsitrace {

inline constexpr size_t kKnownContexts = 256;
inline constexpr size_t kKnownDescriptors = 4096;
inline constexpr int kMarkedFds = 65536;

// The calling thread is in lws_create_context(), and leaves it with CONTEXT (nullptr: it failed, its descriptors are forgotten).
void context_begins() noexcept;
void context_begun(const void *context) noexcept;
void context_seen(const void *context) noexcept;
// Some context was. Without one, it means nothing that lws_service() was never called.
bool has_seen_context() noexcept;
// Whether CONTEXT was never seen to be made. False while the calling thread makes one: it may be that.
bool is_unseen_context(const void *context) noexcept;
// lws opened FD by CALL, a literal. Only counts within lws_create_context().
void descriptor_opened(int fd, const char *call) noexcept;
// For each descriptor of all contexts. Somebody else may have closed FD.
void for_each_descriptor(void (*visit)(int fd)) noexcept;
bool is_known_descriptor(int fd) noexcept;
// lws closes FD.
void descriptor_closed(int fd) noexcept;
// Records descriptor_left for each descriptor of CONTEXT that is still open, and forgets them all.
void context_ends(const void *context) noexcept;

}  // namespace wsitrace

#endif
