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
// Units:   absolute CLOCK_MONOTONIC in nanoseconds, as in the event.
// Unknown: an argument that is not known is left out.
#ifndef WSITRACE_EXPORT_PERFETTO_SLICES_H
#define WSITRACE_EXPORT_PERFETTO_SLICES_H

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/timeline/connection.h"

namespace wsitrace {

using TrackId = uint64_t;
inline constexpr TrackId kProcessTrack = 0;
constexpr TrackId connection_track(uint64_t connection_id) { return 2 * connection_id; }
constexpr TrackId bindings_track(uint64_t connection_id) { return 2 * connection_id + 1; }

struct Track {
  TrackId id = kProcessTrack;
  TrackId parent = kProcessTrack;
  std::string name;
};

// Text in it comes from the host and is untrusted.
struct SliceArg {
  std::string_view name;
  std::variant<std::string, int64_t, bool> value;
};

struct Slice {
  TrackId track = kProcessTrack;
  uint32_t depth = 0;
  bool instant = false;  // a point in time; end_ns is begin_ns
  bool never_closed = false;
  std::string_view
      category;  // "connection", "connect", "tls", "transaction", "phase", "idle", "session", "binding", "close", "log"
  std::string name;
  Ns begin_ns = 0;
  OptionalNs end_ns;
  std::vector<SliceArg> args;
};

struct SliceList {
  std::vector<Track> tracks;
  std::vector<Slice> slices;  // those of one track together
};

// Also the name of an argument, true where it is there.
inline constexpr const char *kNeverClosed = "never_closed";

SliceList slices_of(const Connection &connection);

}  // namespace wsitrace

#endif
