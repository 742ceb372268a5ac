// SPDX-License-Identifier: MIT
#include <limits>
#include <protozero/pbf_writer.hpp>

#include "agent/base/utf8.h"
#include "agent/export/perfetto/perfetto_fields.h"
#include "agent/export/perfetto/writer.h"

namespace wsitrace {
namespace {

using protozero::pbf_writer;

constexpr uint32_t kSequence = 7681;  // any number that is not 0: one writer, one sequence

int32_t bounded(uint64_t number) {
  constexpr uint64_t kMost = std::numeric_limits<int32_t>::max();
  return static_cast<int32_t>(number < kMost ? number : kMost);
}

// Track ids of several traces differ, so that they can be looked at together; below are 40 bits for our own numbers.
uint64_t uuid_base(const ProcessFacts &process) {
  const uint64_t mixed = (process.started_real_ns ^ uint64_t{process.pid} << 40) * 0x9e3779b97f4a7c15u;
  return (mixed >> 1 & ~((uint64_t{1} << 40) - 1)) | uint64_t{1} << 40;
}

void add_annotation(pbf_writer &event, const SliceArg &arg) {
  pbf_writer annotation(event, perfetto::event::kDebugAnnotations);
  annotation.add_string(perfetto::annotation::kName, arg.name.data(), arg.name.size());
  if (const auto *text = std::get_if<std::string>(&arg.value))
    annotation.add_string(perfetto::annotation::kString, utf8(*text));
  else if (const auto *number = std::get_if<int64_t>(&arg.value))
    annotation.add_int64(perfetto::annotation::kInt, *number);
  else annotation.add_bool(perfetto::annotation::kBool, std::get<bool>(arg.value));
}

class PerfettoWriter final : public SliceWriter {
 public:
  void begin(std::string &out, const ProcessFacts &process) override;
  void add(std::string &out, const SliceList &list) override;
  void finish(std::string &out, const Slice &last) override;

 private:
  // Below the process's track lies one that holds those of the connections, because only there they keep our order.
  [[nodiscard]] uint64_t group_uuid() const { return base_; }
  [[nodiscard]] uint64_t process_uuid() const { return base_ + 1; }
  [[nodiscard]] uint64_t uuid_of(TrackId track) const {
    return track == kProcessTrack ? process_uuid() : base_ + track;
  }

  void add_track(std::string &out, const Track &track) const;
  void add_event(std::string &out, perfetto::event::Type type, const Slice &slice, Ns at_ns) const;
  void end_from(std::string &out, uint32_t depth);

  uint64_t base_ = 0;
  std::vector<const Slice *> open_;  // begun, not ended, outermost first
};

void add_clocks(std::string &out, const ProcessFacts &process) {
  pbf_writer trace(out);
  pbf_writer packet(trace, perfetto::trace::kPacket);
  packet.add_uint32(perfetto::packet::kTrustedPacketSequenceId, kSequence);
  pbf_writer snapshot(packet, perfetto::packet::kClockSnapshot);
  const auto add_clock = [&snapshot](uint32_t id, uint64_t time_ns) {
    pbf_writer clock(snapshot, perfetto::clock_snapshot::kClocks);
    clock.add_uint32(perfetto::clock_snapshot::kClockId, id);
    clock.add_uint64(perfetto::clock_snapshot::kClockTimestamp, time_ns);
  };
  add_clock(perfetto::clock::kMonotonic, process.started_mono_ns);
  if (process.started_real_ns != 0) add_clock(perfetto::clock::kRealtime, process.started_real_ns);
  snapshot.add_enum(perfetto::clock_snapshot::kPrimaryTraceClock, perfetto::clock::kMonotonic);
}

void PerfettoWriter::begin(std::string &out, const ProcessFacts &process) {
  base_ = uuid_base(process);
  add_clocks(out, process);
  pbf_writer trace(out);
  {
    pbf_writer packet(trace, perfetto::trace::kPacket);
    packet.add_uint64(perfetto::packet::kTimestamp, process.started_mono_ns);
    packet.add_uint32(perfetto::packet::kTimestampClockId, perfetto::clock::kMonotonic);
    packet.add_uint32(perfetto::packet::kTrustedPacketSequenceId, kSequence);
    pbf_writer track(packet, perfetto::packet::kTrackDescriptor);
    track.add_uint64(perfetto::track::kUuid, process_uuid());
    pbf_writer descriptor(track, perfetto::track::kProcess);
    descriptor.add_int32(perfetto::process::kPid, static_cast<int32_t>(process.pid));
    for (const std::string &argument : process.arguments)
      descriptor.add_string(perfetto::process::kCommandLine, utf8(argument));
    descriptor.add_string(perfetto::process::kName, utf8(process.program));
  }
  pbf_writer packet(trace, perfetto::trace::kPacket);
  packet.add_uint32(perfetto::packet::kTrustedPacketSequenceId, kSequence);
  pbf_writer track(packet, perfetto::packet::kTrackDescriptor);
  track.add_uint64(perfetto::track::kUuid, group_uuid());
  track.add_uint64(perfetto::track::kParentUuid, process_uuid());
  track.add_string(perfetto::track::kName, "connections");
  track.add_enum(perfetto::track::kChildOrdering, perfetto::track::kOrderedByRank);
}

void PerfettoWriter::add_track(std::string &out, const Track &track) const {
  pbf_writer trace(out);
  pbf_writer packet(trace, perfetto::trace::kPacket);
  packet.add_uint32(perfetto::packet::kTrustedPacketSequenceId, kSequence);
  pbf_writer descriptor(packet, perfetto::packet::kTrackDescriptor);
  descriptor.add_uint64(perfetto::track::kUuid, uuid_of(track.id));
  descriptor.add_uint64(perfetto::track::kParentUuid,
                        track.parent == kProcessTrack ? group_uuid() : uuid_of(track.parent));
  if (!track.name.empty()) descriptor.add_string(perfetto::track::kName, utf8(track.name));
  descriptor.add_enum(perfetto::track::kChildOrdering, perfetto::track::kOrderedByRank);
  descriptor.add_int32(perfetto::track::kSiblingOrderRank, bounded(track.id));
}

void PerfettoWriter::add_event(std::string &out, perfetto::event::Type type, const Slice &slice, Ns at_ns) const {
  pbf_writer trace(out);
  pbf_writer packet(trace, perfetto::trace::kPacket);
  packet.add_uint64(perfetto::packet::kTimestamp, at_ns);
  packet.add_uint32(perfetto::packet::kTimestampClockId, perfetto::clock::kMonotonic);
  packet.add_uint32(perfetto::packet::kTrustedPacketSequenceId, kSequence);
  pbf_writer event(packet, perfetto::packet::kTrackEvent);
  event.add_enum(perfetto::event::kType, type);
  event.add_uint64(perfetto::event::kTrackUuid, uuid_of(slice.track));
  if (type == perfetto::event::kSliceEnd) return;
  event.add_string(perfetto::event::kCategories, slice.category.data(), slice.category.size());
  if (slice.never_closed) event.add_string(perfetto::event::kCategories, kNeverClosed);
  event.add_string(perfetto::event::kName, utf8(slice.name));
  for (const SliceArg &arg : slice.args) add_annotation(event, arg);
  if (slice.never_closed) add_annotation(event, {kNeverClosed, true});
}

// A slice that is open gets no end.
void PerfettoWriter::end_from(std::string &out, uint32_t depth) {
  for (; !open_.empty() && open_.back()->depth >= depth; open_.pop_back()) {
    if (open_.back()->end_ns) add_event(out, perfetto::event::kSliceEnd, *open_.back(), *open_.back()->end_ns);
  }
}

void PerfettoWriter::add(std::string &out, const SliceList &list) {
  for (const Track &track : list.tracks) add_track(out, track);
  for (const Slice &slice : list.slices) {
    end_from(out, !open_.empty() && open_.back()->track != slice.track ? 0 : slice.depth);
    add_event(out, slice.instant ? perfetto::event::kInstant : perfetto::event::kSliceBegin, slice, slice.begin_ns);
    if (!slice.instant) open_.push_back(&slice);
  }
  end_from(out, 0);
}

void PerfettoWriter::finish(std::string &out, const Slice &last) {
  add_event(out, perfetto::event::kInstant, last, last.begin_ns);
}

}  // namespace

std::unique_ptr<SliceWriter> perfetto_writer() { return std::make_unique<PerfettoWriter>(); }

}  // namespace wsitrace
