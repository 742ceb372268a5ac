// SPDX-License-Identifier: MIT
//
// The contexts that were made through functions an entry stands in front of. A call about a context that was not comes from another
// libwebsockets in the same process, one linked statically for instance, whose connections nobody observes.
//
// Kept:    a context is never forgotten: a loop may destroy it twice, and a forked child inherits those of its parent.
// Limits:  kKnownContexts addresses; once there were more, none is called unseen.
// Threads: lock-free. Cost: a look at each known address, for rare calls only.
#ifndef WSITRACE_PROBE_CONTEXTS_H
#define WSITRACE_PROBE_CONTEXTS_H

#include <cstddef>

namespace wsitrace {

inline constexpr size_t kKnownContexts = 256;

void context_seen(const void *context) noexcept;
// Whether CONTEXT was never seen to be made. False while the calling thread makes one: it may be that.
bool is_unseen_context(const void *context) noexcept;

}  // namespace wsitrace

#endif
