// SPDX-License-Identifier: MIT
//
// Field numbers of Perfetto's trace format, as far as we write it.
//
// Source: https://github.com/google/perfetto, protos/perfetto/: trace/trace.proto, trace/trace_packet.proto,
//         trace/clock_snapshot.proto, trace/track_event/{track_descriptor,process_descriptor,track_event,debug_annotation}.proto,
//         common/builtin_clock.proto; at commit ec5d16b14b743ba6063d720956d6d6af6610fd72. Numbers of a released format stay.
#ifndef WSITRACE_EXPORT_PERFETTO_PERFETTO_FIELDS_H
#define WSITRACE_EXPORT_PERFETTO_PERFETTO_FIELDS_H

#include <cstdint>

namespace wsitrace::perfetto {

namespace trace {
enum : uint32_t { kPacket = 1 };
}
namespace packet {
enum : uint32_t {
  kClockSnapshot = 6,
  kTimestamp = 8,
  kTrustedPacketSequenceId = 10,
  kTrackEvent = 11,
  kTimestampClockId = 58,
  kTrackDescriptor = 60,
};
}
namespace clock_snapshot {
enum : uint32_t { kClocks = 1, kPrimaryTraceClock = 2 };
enum : uint32_t { kClockId = 1, kClockTimestamp = 2 };  // of a Clock
}  // namespace clock_snapshot
namespace clock {
enum : uint32_t { kRealtime = 1, kMonotonic = 3 };  // BuiltinClock
}
namespace track {
enum : uint32_t {
  kUuid = 1,
  kName = 2,
  kProcess = 3,
  kParentUuid = 5,
  kChildOrdering = 11,
  kSiblingOrderRank = 12,
};
enum : int32_t { kOrderedByRank = 3 };  // ChildTracksOrdering EXPLICIT
}  // namespace track
namespace process {
enum : uint32_t { kPid = 1, kCommandLine = 2, kName = 6 };
}
namespace event {
enum : uint32_t { kDebugAnnotations = 4, kType = 9, kTrackUuid = 11, kCategories = 22, kName = 23 };
enum Type : int32_t { kSliceBegin = 1, kSliceEnd = 2, kInstant = 3 };
}  // namespace event
namespace annotation {
enum : uint32_t { kBool = 2, kInt = 4, kString = 6, kName = 10 };
}

}  // namespace wsitrace::perfetto

#endif
