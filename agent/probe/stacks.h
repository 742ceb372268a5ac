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

// The callback REASON of WSI was recorded just now.
void record_stack(const lws *wsi, int reason) noexcept;

}  // namespace wsitrace

#endif
