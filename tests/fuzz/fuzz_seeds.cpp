// SPDX-License-Identifier: MIT
//
// Writes the seeds of the fuzz targets: fuzz_seeds DIRECTORY (tests/fuzz/corpus). They do not depend on time or chance,
// but for the session in the ring file's header.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "agent/collect/ring_file.h"
#include "agent/collect/trace_writer.h"
#include "agent/lws/callbacks.h"
#include "agent/ring/writer.h"
#include "tests/fuzz/doctor_seeds.h"
#include "tests/fuzz/ring_seed.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace {
namespace {

constexpr uint64_t kConnection = 0x55d0'c0ff'ee00;

Event event_of(uint64_t time_ns, uint16_t kind, uint16_t text = kNoString, int32_t value = 0) {
  Event event{};
  event.time_ns = time_ns;
  event.wsi = kConnection;
  event.kind = kind;
  event.vhost = 1;
  event.protocol = 2;
  event.text = text;
  event.value = value;
  return event;
}

// Items as the probe writes them: a request's path and method.
std::array<std::byte, kSlotBytes> request_items() {
  const char items[kSlotBytes] = "\x03\x06/index\x04\x03GET\x05\x08HTTP/1.1";
  std::array<std::byte, kSlotBytes> bytes;
  std::memcpy(bytes.data(), items, sizeof items);
  return bytes;
}

void tell_strings(LogSink &sink) {
  const char *texts[] = {"default", "http", "lws_http_transaction_completed"};
  for (uint16_t i = 0; i < std::size(texts); ++i) sink.on_string(static_cast<uint16_t>(i + 1), texts[i]);
}

void tell_request(LogSink &sink, uint64_t from_ns) {
  sink.on_event(event_of(from_ns, k_SERVER_NEW_CLIENT_INSTANTIATED), {});
  sink.on_event(event_of(from_ns + 1, k_HTTP_BIND_PROTOCOL), {});
  Event request = event_of(from_ns + 2, k_HTTP);
  request.extra = 1;
  const auto items = request_items();
  sink.on_event(request, items);
  sink.on_event(event_of(from_ns + 3, k_status_sent, kNoString, 200), {});
  sink.on_event(event_of(from_ns + 4, k_transaction_completed), {});
  sink.on_event(event_of(from_ns + 5, k_HTTP_DROP_PROTOCOL, 3), {});
  sink.on_event(event_of(from_ns + 6, k_WSI_DESTROY), {});
}

void tell_upgrade(LogSink &sink, uint64_t from_ns) {
  sink.on_event(event_of(from_ns, k_SERVER_NEW_CLIENT_INSTANTIATED), {});
  sink.on_event(event_of(from_ns + 1, k_HTTP_CONFIRM_UPGRADE), {});
  sink.on_event(event_of(from_ns + 2, k_WS_SERVER_BIND_PROTOCOL), {});
  sink.on_event(event_of(from_ns + 3, k_ESTABLISHED), {});
  sink.on_event(event_of(from_ns + 4, k_WS_PEER_INITIATED_CLOSE, kNoString, 1006), {});
  sink.on_event(event_of(from_ns + 5, k_CLOSED), {});
  sink.on_event(event_of(from_ns + 6, k_WSI_DESTROY), {});
}

ProcessFacts facts() {
  ProcessFacts process;
  process.pid = 4711;
  process.program = "host";
  process.arguments = {"host", "-v"};
  process.attach = "link";
  process.started_mono_ns = 1000;
  return process;
}

void write_trace(const std::string &path, bool ended, int rounds) {
  const auto writer = *TraceWriter::create(path, 1009);
  writer->on_process(facts());
  tell_strings(*writer);
  for (int round = 0; round < rounds; ++round) {
    tell_request(*writer, 2000 + static_cast<uint64_t>(round) * 100);
    tell_upgrade(*writer, 2050 + static_cast<uint64_t>(round) * 100);
    writer->flush();
  }
  writer->on_event(event_of(90'000, k_gap, kNoString, 7), {});
  writer->on_loss({static_cast<uint64_t>(rounds) * 14, 7, {{"ring_full", 7}}});
  if (ended) writer->on_end({"exit", 0, 99'000});
}

void write_script(const std::string &path, const DoctorSeed &seed) {
  const auto writer = *TraceWriter::create(path, 1009);
  ProcessFacts process = facts();
  process.started_mono_ns = test::Script::kStartNs;
  writer->on_process(process);
  test::Script script(*writer, test::Form::kPreload);
  script.play(seed.words);
  script.end(std::string_view(seed.name) == "crash" ? "signal" : "exit");
}

// Puts what it hears into the rings in turn.
class RingSink final : public LogSink {
 public:
  explicit RingSink(RingFile &file) : file_(file) {}
  void on_string(uint16_t id, std::string_view text) override {
    ProcessBlock &block = file_.process(0);
    const uint32_t offset = block.text_bytes.fetch_add(static_cast<uint32_t>(text.size()));
    std::memcpy(block.text + offset, text.data(), text.size());
    block.strings[id - 1].offset = offset;
    block.strings[id - 1].length = static_cast<uint16_t>(text.size());
    block.strings[id - 1].ready.store(1);
    block.string_count.store(id);
  }
  void on_event(const Event &event, std::span<const std::byte> items) override {
    const uint32_t at = events_++ % kSeedRings;
    RingHeader &ring = file_.ring(at);
    auto *slots = reinterpret_cast<std::byte *>(&ring) + kRingHeaderBytes;
    const uint64_t head = ring.head.load();
    Event placed = event;
    placed.sequence = static_cast<uint8_t>(head);
    placed.thread = static_cast<uint8_t>(at);
    std::memcpy(slots + head * kSlotBytes, &placed, sizeof placed);
    std::memcpy(slots + (head + 1) * kSlotBytes, items.data(), items.size());
    ring.head.store(head + 1 + event.extra);
    ring.recorded.fetch_add(1);
  }

 private:
  RingFile &file_;
  uint32_t events_ = 0;
};

std::string ring_file() {
  RingFile file = *RingFile::create("", {.ring_slots = kSeedSlots, .ring_count = kSeedRings, .process_count = 1});
  ProcessBlock &block = file.process(0);
  block.pid = 4711;
  block.started_mono_ns = 1000;
  std::strcpy(block.program, "host");
  block.facts_ready.store(1);
  block.state.store(kClaimed);
  for (uint32_t i = 0; i < kSeedRings; ++i) {
    file.ring(i).thread = i;
    file.ring(i).owner.store(1);
    file.ring(i).state.store(kClaimed);
  }
  RingSink sink(file);
  tell_strings(sink);
  tell_request(sink, 2000);
  tell_upgrade(sink, 3000);
  return {reinterpret_cast<const char *>(file.mapping().data()), file.mapping().size()};
}

void write_file(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace
}  // namespace wsitrace

int main(int count, char **words) {
  if (count != 2) {
    std::fputs("usage: fuzz_seeds DIRECTORY\n", stderr);
    return 2;
  }
  const std::string directory = words[1];
  wsitrace::write_trace(directory + "/read_log/whole", true, 2);
  wsitrace::write_trace(directory + "/read_log/cut_off", false, 1);
  wsitrace::write_trace(directory + "/read_log/many_chunks", true, 17);
  wsitrace::write_file(directory + "/read_log/foreign", "#!/bin/sh\n");
  for (const wsitrace::DoctorSeed &seed : wsitrace::kDoctorSeeds)
    wsitrace::write_script(directory + "/doctor/" + seed.name, seed);
  wsitrace::write_file(directory + "/ring_file/one_process", wsitrace::pack(wsitrace::ring_file()));
  return 0;
}
