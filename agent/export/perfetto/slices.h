// SPDX-License-Identifier: MIT
//
// A connection as tracks and slices, which is what a trace viewer draws. Neutral: every writer of this room renders this list.
//
//    #7 client accepted h1 127.0.0.1:40022 default
//      | connection                                                                          |
//      | TLS handshake | GET /a             | idle   | GET /ws upgraded | websocket echo      ! closed: peer_closed by peer
//                      | requested to handled | ...
//    #7 bindings                                   below it: a binding may outlive a transaction, and the other way round
//      | dyn1 | http            | echo            |
//    #9 client stream h2 of #7 default              below it: a stream is a connection with a parent
//
// Order:   of a track depth first, so that a parent comes before its children and what ended before what follows.
// Nesting: two slices of one track lie one within the other or one after the other, whatever the log says: times that a
//          damaged log mixed up are moved into the slice around them.
// Open:    what never closed has no end, says so in its name, and reaches to the end of the log.
// Unknown: an argument that is not known is left out.
#ifndef WSITRACE_EXPORT_PERFETTO_SLICES_H
#define WSITRACE_EXPORT_PERFETTO_SLICES_H

#include "agent/export/perfetto/slice.h"

namespace wsitrace {

SliceList slices_of(const Connection &connection);

}  // namespace wsitrace

#endif
