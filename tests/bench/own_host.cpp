// SPDX-License-Identifier: MIT
#include "tests/bench/own_host.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "agent/base/clock.h"
#include "agent/ring/host_map.h"

namespace wsitrace::bench {
namespace {

[[noreturn]] void give_up(const char *why) {
  std::fprintf(stderr, "wsitrace: ring memory: %s\n", why);
  std::exit(2);
}

RingFile make_rings() {
  auto made = RingFile::create("", RingFileOptions{.ring_count = 4, .process_count = 2});
  if (!made) give_up(made.error().why.c_str());
  return std::move(*made);
}

}  // namespace

OwnHost::OwnHost() : file_(make_rings()) {
  HostMap map;
  if (const char *why = map.adopt(file_.mapping().data(), file_.mapping().size())) give_up(why);
  const int process = map.claim_process(), ring = map.claim_ring();
  if (process < 0 || ring < 0) give_up("no block is ready");
  process_ = map.process(static_cast<uint32_t>(process));
  process_->pid = static_cast<uint32_t>(getpid());
  process_->started_mono_ns = monotonic_ns();
  process_->started_real_ns = realtime_ns();
  std::strcpy(process_->program, "own_host");
  process_->facts_ready.store(1, std::memory_order_release);
  RingHeader *header = map.ring(static_cast<uint32_t>(ring));
  header->thread_id = static_cast<uint32_t>(syscall(SYS_gettid));
  header->claimed_mono_ns = monotonic_ns();
  header->owner.store(static_cast<uint32_t>(process) + 1, std::memory_order_release);
  writer_ = RingWriter(header, map.slots(static_cast<uint32_t>(ring)), map.ring_slots(), 0);
}

uint16_t OwnHost::tell(std::string_view text) {
  const uint32_t at = process_->string_count.fetch_add(1);
  const uint32_t offset = process_->text_bytes.fetch_add(static_cast<uint32_t>(text.size()));
  std::memcpy(process_->text + offset, text.data(), text.size());
  process_->strings[at].offset = offset;
  process_->strings[at].length = static_cast<uint16_t>(text.size());
  process_->strings[at].ready.store(1, std::memory_order_release);
  return static_cast<uint16_t>(at + 1);
}

}  // namespace wsitrace::bench
