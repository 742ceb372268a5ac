// SPDX-License-Identifier: MIT
//
// Memory of the application's own that is on a wsi still when its protocol's DROP has returned, if that was asked for.
//
// How it is known: the protocol has no per_session_data_size, so lws allocated nothing; the wsi's user pointer is set, so the
//                  application did that; it points neither into a loaded file nor to what the context or the protocol was given as its user pointer.
#ifndef WSITRACE_PROBE_USER_POINTERS_H
#define WSITRACE_PROBE_USER_POINTERS_H

#include <cstddef>

#include <libwebsockets.h>

namespace wsitrace {

// The callback of the thunk has returned from REASON, a DROP of WSI.
void record_user_left(size_t thunk_index, lws *wsi, int reason) noexcept;

}  // namespace wsitrace

#endif
