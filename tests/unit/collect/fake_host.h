// SPDX-License-Identifier: MIT
//
// A host for tests: claims blocks of a ring file as the probe does, under any pid, and records with the real writer or with
// times of the test's choice.
#ifndef WSITRACE_TESTS_UNIT_COLLECT_FAKE_HOST_H
#define WSITRACE_TESTS_UNIT_COLLECT_FAKE_HOST_H

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "agent/collect/ring_file.h"
#include "agent/lws/callbacks.h"
#include "agent/ring/host_map.h"
#include "agent/ring/writer.h"

namespace wsitrace {

inline uint32_t own_pid() { return static_cast<uint32_t>(::getpid()); }
inline uint32_t own_thread_id() { return static_cast<uint32_t>(::syscall(SYS_gettid)); }

// A pid that was ours and is gone.
inline uint32_t gone_pid() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return static_cast<uint32_t>(child);
}

// A ring of one thread.
class FakeThread {
 public:
  FakeThread(RingHeader &header, std::byte *slots, uint32_t slot_count, uint32_t thread)
      : header_(header),
        slots_(slots),
        slot_count_(slot_count),
        thread_(thread),
        writer_(&header, slots, slot_count, thread) {}

  bool record(int value, uint16_t text = kNoString) {
    Event event{};
    event.kind = k_HTTP;
    event.value = value;
    event.text = text;
    return writer_.record(event);
  }
  // Publishes an event of TIME_NS; not to be mixed with record().
  void at(uint64_t time_ns, int value, uint16_t text = kNoString) {
    Event event{};
    event.time_ns = time_ns;
    event.kind = k_HTTP;
    event.value = value;
    event.text = text;
    event.thread = static_cast<uint8_t>(thread_);
    const uint64_t head = header_.head.load();
    event.sequence = static_cast<uint8_t>(head);
    std::memcpy(slots_ + head % slot_count_ * kSlotBytes, &event, sizeof event);
    header_.recorded.fetch_add(1);
    header_.head.store(head + 1, std::memory_order_release);
  }
  [[nodiscard]] RingHeader &header() { return header_; }

 private:
  RingHeader &header_;
  std::byte *slots_;
  uint32_t slot_count_, thread_;
  RingWriter writer_;
};

class FakeHost {
 public:
  explicit FakeHost(const RingFile &file, uint32_t pid = own_pid(), uint64_t started_ns = monotonic_ns()) {
    if (map_.adopt(file.mapping().data(), file.mapping().size()) != nullptr) return;
    index_ = map_.claim_process();
    if (index_ < 0) return;
    ProcessBlock &to = block();
    to.pid = pid;
    to.parent_pid = 1;
    to.attach = kAttachPreload;
    to.started_mono_ns = started_ns;
    to.started_real_ns = realtime_ns();
    std::strcpy(to.program, "fake");
    std::memcpy(to.arguments, "fake\0-v", 8);
    to.arguments_bytes = 8;
    to.facts_ready.store(1, std::memory_order_release);
  }

  [[nodiscard]] bool attached() const { return index_ >= 0; }
  [[nodiscard]] ProcessBlock &block() const { return *map_.process(static_cast<uint32_t>(index_)); }

  FakeThread thread(uint32_t thread_id = own_thread_id()) {
    const int ring = map_.claim_ring();
    if (ring < 0) throw std::runtime_error("no ring was ready");
    RingHeader &header = *map_.ring(static_cast<uint32_t>(ring));
    header.thread_id = thread_id;
    header.thread = threads_++;
    header.claimed_mono_ns = 1;  // before any time a test may choose
    header.owner.store(static_cast<uint32_t>(index_) + 1, std::memory_order_release);
    return {header, map_.slots(static_cast<uint32_t>(ring)), map_.ring_slots(), header.thread};
  }
  [[nodiscard]] bool ring_is_ready() {
    for (uint32_t i = 0; i < map_.header()->rings_reserved.load(); ++i)
      if (map_.ring(i)->state.load() == kReady) return true;
    return false;
  }

  uint16_t intern(const std::string &text) {
    ProcessBlock &to = block();
    const uint32_t at = to.string_count.fetch_add(1);
    const uint32_t offset = to.text_bytes.fetch_add(static_cast<uint32_t>(text.size()));
    std::memcpy(to.text + offset, text.data(), text.size());
    to.strings[at].offset = offset;
    to.strings[at].length = static_cast<uint16_t>(text.size());
    to.strings[at].ready.store(1, std::memory_order_release);
    return static_cast<uint16_t>(at + 1);
  }
  void say_goodbye() {
    block().ended_mono_ns.store(monotonic_ns());
    block().state.store(kEnded, std::memory_order_release);
  }

 private:
  HostMap map_;
  int index_ = -1;
  std::atomic<uint32_t> threads_ = 0;
};

// A directory of its own for a test's files.
class TestDirectory {
 public:
  TestDirectory() {
    std::string pattern = testing::TempDir() + "wsitrace-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  TestDirectory(const TestDirectory &) = delete;
  TestDirectory &operator=(const TestDirectory &) = delete;
  [[nodiscard]] std::string file(const std::string &name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace wsitrace

#endif
