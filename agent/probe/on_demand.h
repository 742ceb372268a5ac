// SPDX-License-Identifier: MIT
//
// Addresses in the host: of callbacks, always; and what is recorded only if it was asked for (FileHeader::asked).
//
// Callbacks: once in each process for each that a thunk stands in for, when a vhost that has it is made; in a forked child, which knows of
//            no vhost that is made, before its first event of that protocol.
// Stacks: where the application stood when a connection was made and at each BIND.
//   How:   the unwinder of libgcc, which with glibc 2.35 and later takes no lock and no memory; addresses only. What lies at an address
//          is found out later, from the file; which file that is, is recorded once for each.
//   Cost:  2.5 us at 4 calls deep, 3.6 us at 16 (tests/bench/record_bench.cpp), and 9 slots of the ring.
//   Needs: unwind tables (.eh_frame) in what has called; a stack ends where they do.
// User pointers: memory of the application's own that is on a wsi still when its protocol's DROP has returned.
//   How it is known: the protocol has no per_session_data_size, so lws allocated nothing; the wsi's user pointer is set, so the
//          application did that; it points neither into a loaded file nor to what the context or the protocol was given as its user pointer.
#ifndef WSITRACE_PROBE_ON_DEMAND_H
#define WSITRACE_PROBE_ON_DEMAND_H

#include <cstddef>
#include <cstdint>

#include <libwebsockets.h>

namespace wsitrace {

// The id of the name of the thunk's protocol. If this process has not told where its callback is, that is recorded now.
uint16_t protocol_id(size_t thunk_index) noexcept;
// Tells of all that have a thunk. Without a ring they are told later.
void introduce_protocols() noexcept;
// The callback REASON of WSI was recorded just now.
void record_stack(const lws *wsi, int reason) noexcept;
// The callback of the thunk has returned from REASON, a DROP of WSI.
void record_user_left(size_t thunk_index, lws_callback_function *thunk, lws *wsi, int reason) noexcept;

}  // namespace wsitrace

#endif
