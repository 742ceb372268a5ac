// SPDX-License-Identifier: MIT
#include "tests/unit/export/perfetto_picture.h"

#include <algorithm>
#include <protozero/pbf_reader.hpp>

#include "agent/export/perfetto/perfetto_fields.h"

namespace wsitrace::test {
namespace {

using protozero::pbf_reader;
namespace fields = wsitrace::perfetto;

int64_t since_start(uint64_t time_ns) { return static_cast<int64_t>(time_ns - Script::kStartNs); }

struct RawEvent {
  uint64_t time_ns = 0;
  int32_t type = 0;
  DrawnSlice slice;
};

struct Packets {
  Picture picture;
  std::vector<RawEvent> events;
  uint32_t primary_clock = 0;

  void fault(std::string what) { picture.faults.push_back(std::move(what)); }
  void read_annotation(pbf_reader annotation, DrawnSlice &slice);
  void read_event(pbf_reader event, RawEvent &raw);
  void read_track(pbf_reader track);
  void read_clocks(pbf_reader snapshot);
  void read_packet(pbf_reader packet);
  void draw();
};

void Packets::read_annotation(pbf_reader annotation, DrawnSlice &slice) {
  std::string name;
  nlohmann::json value;
  while (annotation.next()) {
    switch (annotation.tag()) {
      case fields::annotation::kName: name = annotation.get_string(); break;
      case fields::annotation::kString: value = annotation.get_string(); break;
      case fields::annotation::kInt: value = annotation.get_int64(); break;
      case fields::annotation::kBool: value = annotation.get_bool(); break;
      default: fault("unknown field of an annotation"); annotation.skip();
    }
  }
  if (name.empty() || value.is_null()) fault("annotation without name or value");
  slice.args[name] = value;
}

void Packets::read_event(pbf_reader event, RawEvent &raw) {
  while (event.next()) {
    switch (event.tag()) {
      case fields::event::kType: raw.type = event.get_enum(); break;
      case fields::event::kTrackUuid: raw.slice.track = event.get_uint64(); break;
      case fields::event::kCategories: raw.slice.categories.push_back(event.get_string()); break;
      case fields::event::kName: raw.slice.name = event.get_string(); break;
      case fields::event::kDebugAnnotations: read_annotation(event.get_message(), raw.slice); break;
      default: fault("unknown field of an event"); event.skip();
    }
  }
}

void Packets::read_track(pbf_reader track) {
  DrawnTrack drawn;
  uint64_t uuid = 0;
  while (track.next()) {
    switch (track.tag()) {
      case fields::track::kUuid: uuid = track.get_uint64(); break;
      case fields::track::kParentUuid: drawn.parent = track.get_uint64(); break;
      case fields::track::kName: drawn.name = track.get_string(); break;
      case fields::track::kProcess: {
        pbf_reader process = track.get_message();
        while (process.next()) {
          if (process.tag() == fields::process::kName) picture.process = process.get_string();
          else process.skip();
        }
        break;
      }
      default: track.skip();
    }
  }
  DrawnTrack &known = picture.tracks[uuid];
  if (!known.name.empty() && !drawn.name.empty() && known.name != drawn.name) fault("two names for one track");
  if (known.parent != 0 && known.parent != drawn.parent) fault("two parents of one track");
  if (known.name.empty()) known.name = drawn.name;
  known.parent = drawn.parent;
}

void Packets::read_clocks(pbf_reader snapshot) {
  while (snapshot.next()) {
    if (snapshot.tag() == fields::clock_snapshot::kPrimaryTraceClock)
      primary_clock = static_cast<uint32_t>(snapshot.get_enum());
    else snapshot.skip();
  }
}

void Packets::read_packet(pbf_reader packet) {
  RawEvent raw;
  uint32_t sequence = 0, clock = 0;
  bool is_event = false;
  while (packet.next()) {
    switch (packet.tag()) {
      case fields::packet::kTimestamp: raw.time_ns = packet.get_uint64(); break;
      case fields::packet::kTimestampClockId: clock = packet.get_uint32(); break;
      case fields::packet::kTrustedPacketSequenceId: sequence = packet.get_uint32(); break;
      case fields::packet::kTrackDescriptor: read_track(packet.get_message()); break;
      case fields::packet::kClockSnapshot: read_clocks(packet.get_message()); break;
      case fields::packet::kTrackEvent:
        read_event(packet.get_message(), raw);
        is_event = true;
        break;
      default: fault("unknown field of a packet"); packet.skip();
    }
  }
  if (sequence == 0) fault("packet without a sequence");
  if (!is_event) return;
  if (clock != fields::clock::kMonotonic || primary_clock != clock) fault("event on another clock");
  events.push_back(std::move(raw));
}

// As trace processors do: by time, at equal times in the order of the file; an end belongs to the last that began.
void Packets::draw() {
  std::stable_sort(events.begin(), events.end(),
                   [](const RawEvent &a, const RawEvent &b) { return a.time_ns < b.time_ns; });
  std::map<uint64_t, std::vector<size_t>> begun;
  for (RawEvent &event : events) {
    std::vector<size_t> &stack = begun[event.slice.track];
    if (event.type == fields::event::kSliceEnd) {
      if (stack.empty()) return fault("an end without a beginning");
      picture.slices[stack.back()].end_ns = since_start(event.time_ns);
      stack.pop_back();
      continue;
    }
    if (picture.tracks.count(event.slice.track) == 0) fault("slice on a track that is not described");
    event.slice.depth = stack.size();
    event.slice.begin_ns = since_start(event.time_ns);
    event.slice.instant = event.type == fields::event::kInstant;
    if (event.slice.instant) event.slice.end_ns = event.slice.begin_ns;
    else stack.push_back(picture.slices.size());
    picture.slices.push_back(std::move(event.slice));
  }
}

}  // namespace

Picture perfetto_picture(std::string_view trace) {
  Packets packets;
  pbf_reader reader(trace.data(), trace.size());
  while (reader.next()) {
    if (reader.tag() == fields::trace::kPacket) packets.read_packet(reader.get_message());
    else packets.fault("something that is no packet");
  }
  packets.draw();
  for (const auto &[uuid, track] : packets.picture.tracks) {
    if (track.parent != 0 && packets.picture.tracks.count(track.parent) == 0)
      packets.fault("parent of " + track.name + " is not described");
  }
  return packets.picture;
}

}  // namespace wsitrace::test
