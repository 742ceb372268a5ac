// SPDX-License-Identifier: MIT
//
// Where the application stood when a connection was made and at each BIND, if that was asked for (FileHeader::asked).
//
// How:   the unwinder of libgcc, which with glibc 2.35 and later takes no lock and no memory; addresses only. What lies at an address
//        is found out later, from the file; which file that is, is recorded once for each.
// Cost:  2.5 us at 4 calls deep, 3.6 us at 16 (tests/bench/record_bench.cpp), and 9 slots of the ring.
// Needs: unwind tables (.eh_frame) in what has called; a stack ends where they do.
#ifndef WSITRACE_PROBE_STACKS_H
#define WSITRACE_PROBE_STACKS_H

#include <libwebsockets.h>

#include "agent/probe/facts.h"

namespace wsitrace {

// First sight, in whichever way in, and BIND.
inline constexpr KindSet kKindsWithStack =
    set_of({LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED, LWS_CALLBACK_WSI_CREATE, LWS_CALLBACK_RAW_ADOPT,
            LWS_CALLBACK_RAW_ADOPT_FILE, LWS_CALLBACK_HTTP_BIND_PROTOCOL, LWS_CALLBACK_CLIENT_HTTP_BIND_PROTOCOL,
            LWS_CALLBACK_WS_SERVER_BIND_PROTOCOL, LWS_CALLBACK_WS_CLIENT_BIND_PROTOCOL,
            LWS_CALLBACK_RAW_SKT_BIND_PROTOCOL, LWS_CALLBACK_RAW_FILE_BIND_PROTOCOL});

// The callback REASON of WSI was recorded just now.
void record_stack(const lws *wsi, int reason) noexcept;

}  // namespace wsitrace

#endif
