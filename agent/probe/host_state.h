// SPDX-License-Identifier: MIT
//
// What the probe knows about its own process: the blocks it claimed in the ring file, the writer of each thread, what it has told once
// and for all (strings, callbacks, files, TLS), and who is in lws_service(). What is told once belongs here, so that a child tells it, too.
//
// Fork:    all of it lies in pages under MADV_WIPEONFORK. A forked child finds zeros, sees by one load that its thread's
//          epoch is not the process's, and claims blocks of its own; the parent's rings are never touched by a child.
// Threads: attaching is guarded by a try-flag (a loser counts one lost event and tries again at its next one);
//          the string index and the caches are lock-free and tolerate duplicates.
// Cost:    writer() on a thread that is attached: two loads and a compare.
#ifndef WSITRACE_PROBE_HOST_STATE_H
#define WSITRACE_PROBE_HOST_STATE_H

#include "agent/ring/host_map.h"
#include "agent/ring/writer.h"

namespace wsitrace {

inline constexpr size_t kMaxThunks = 2048;    // distinct (callback, protocol name) pairs
inline constexpr size_t kMaxVhosts = 1024;    // live vhosts known by pointer; a power of two
inline constexpr size_t kStringIndex = 8192;  // 2 x kMaxStrings, a power of two
inline constexpr size_t kTlsTold = 4096;      // a power of two
inline constexpr size_t kTextCache = 256;     // string literals known by address; a power of two

struct TextCacheEntry {
  std::atomic<const char *> text;
  std::atomic<uint16_t> id;
};

// Of a loop (service.h).
struct OwnLoop {
  std::atomic<uintptr_t> inside;  // the thread that is in lws_service(); 0: none
  std::atomic<unsigned> told;     // bits: service_misused of these values
};
inline constexpr size_t kLoops = 64;

// How much was recorded of what lws logs, of one kind of line (agent/lws/said.h).
struct LinesSaid {
  std::atomic<uint64_t> spent_until_ns;  // each line takes an interval; CLOCK_MONOTONIC
  std::atomic<uint32_t> left_out;        // since the last that was recorded
};
inline constexpr size_t kLineKinds = 64;

// What was told as strings, and as which: the ring file has a copy, for others to read. Its memory is shared, perhaps with who means harm:
// nothing is read back from it.
struct StringBook {
  std::atomic<uint32_t> count;  // entries handed out; id = index + 1
  std::atomic<uint32_t> text_bytes;
  std::atomic<uint16_t> index[kStringIndex];  // ids by hash of their text
  StringEntry entries[kMaxStrings];
  char text[kTextBytes];  // touched as it fills
};

struct HostState {
  std::atomic<uint32_t> epoch;      // 0: not attached (or just forked)
  std::atomic<uint32_t> attaching;  // one thread at a time
  ProcessBlock *process;
  uint32_t process_index;
  std::atomic<uint32_t> threads;  // rings claimed so far
  std::atomic<uint16_t> protocol_ids[kMaxThunks];
  std::atomic<bool> callbacks_told[kMaxThunks];
  std::atomic<uint16_t> vhost_ids[kMaxVhosts];
  StringBook strings;
  TextCacheEntry text_cache[kTextCache];
  std::atomic<uint64_t> known_listeners[64];  // pointers whose listening socket was looked at
  std::atomic<uint64_t> known_modules[128];   // files that stacks and callbacks led into
  OwnLoop loops[kLoops];
  LinesSaid lines[kLineKinds];
  std::atomic<uint32_t> are_serving;      // threads
  std::atomic<uint32_t> service_left_ms;  // when the last call of lws_service() returned; 0: none did
  std::atomic<uint32_t> foreign_calls;
  std::atomic<uint32_t> dead_uses;            // of a wsi after its end
  std::atomic<uint64_t> accept_failures;      // in a row, of any listener
  std::atomic<uintptr_t> tls_told[kTlsTold];  // wsis; two that share a place are told twice at worst
};

// Facts of the process image, gathered once at start, while file descriptors are to be had.
struct ImageFacts {
  char program[256];
  char arguments[1024];
  uint32_t arguments_bytes;
  char lws_version[64];
  uint32_t attach;
};

// What a thread learnt of the vhost that it served last (record.cpp). CHANGES: of vhosts.h, when it did.
struct VhostMemo {
  const void *vhost = nullptr;
  uint32_t changes = 0;
  uint16_t name = 0;
  size_t first_thunk = 0;
};

// Where threads without a ring tell what they do.
// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): constinit where it is defined
extern RunningCallback g_told_nobody;

struct ThreadState {
  RunningCallback *running = &g_told_nobody;  // of the ring (running.h)
  uint32_t epoch = UINT32_MAX;                // never a valid epoch
  uint32_t seen_generation = 0;
  RingWriter writer;
  VhostMemo vhost;  // void in a forked child, whose names have other ids
};

// initial-exec: no allocation and no call to reach it. It takes 120 bytes of the static TLS block, which glibc keeps a
// reserve of for libraries that are loaded later.
// NOLINTBEGIN(bugprone-dynamic-static-initializers): constinit where they are defined
extern constinit thread_local ThreadState t_state __attribute__((tls_model("initial-exec")));
extern HostState *g_state;  // nullptr: not set up
// NOLINTEND(bugprone-dynamic-static-initializers)

// Makes the state's pages and remembers MAP and FACTS. False: no memory for them; nothing will be recorded.
bool set_up_host(const HostMap &map, uint32_t attach) noexcept;
bool host_is_set_up() noexcept;
// What the owner of the rings has asked for, of enum Asked.
uint32_t asked() noexcept;
// FileHeader::clock_ms and clock_gap_ms. A load.
uint32_t owner_clock_ms() noexcept;
uint32_t owner_clock_gap_ms() noexcept;
const HostMap &host_map() noexcept;
ImageFacts &image_facts() noexcept;

// The calling thread's ring, claimed at its first call; nullptr when there is none: the caller counts a lost event.
[[gnu::noinline]] RingWriter *attach_thread() noexcept;
inline RingWriter *writer() noexcept {
  if (g_state != nullptr && t_state.epoch == g_state->epoch.load(std::memory_order_relaxed)) [[likely]]
    return &t_state.writer;
  return attach_thread();
}
inline HostState &host_state() noexcept { return *g_state; }
// Tells the calling thread from the others that live.
inline uintptr_t own_thread() noexcept { return reinterpret_cast<uintptr_t>(&t_state); }
void count_lost_without_ring() noexcept;
void count_trouble(Trouble trouble) noexcept;
// Attaches the process (claims its block) without recording anything. False when no block was ready.
bool attach_process() noexcept;
// ImageFacts::lws_version, which another library may have changed since. Only once attached.
void tell_lws_version() noexcept;
// This very process has claimed its block.
bool is_attached() noexcept;
// Says why this process records nothing.
void leave_process_notice(const char *why) noexcept;
// The process says goodbye: exit, or detached.
void mark_ended() noexcept;

}  // namespace wsitrace

#endif
