// SPDX-License-Identifier: MIT
//
// Tracks and slices: what slices.h makes of a connection, and every writer of this room renders.
//
// Units: absolute CLOCK_MONOTONIC in nanoseconds, as in the event.
#ifndef WSITRACE_EXPORT_PERFETTO_SLICE_H
#define WSITRACE_EXPORT_PERFETTO_SLICE_H

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
  // "connection", "connect", "tls", "transaction", "phase", "idle", "session", "binding", "close", "log"
  std::string_view category;
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

}  // namespace wsitrace

#endif
