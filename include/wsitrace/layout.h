// SPDX-License-Identifier: MIT
//
// Layout of the ring file (shared memory between host and collector) and of the trace file. agent/ring/FORMAT.md
// tells the same in prose with the reasons; layout_test.cpp checks that both agree.
//
// Ring file: made by its owner (the launcher, the agent, or the plugin's own process), sparse; the owner reserves
// the storage of a block before it marks it ready, so that a full disk can never raise SIGBUS in a host.
//
//    +------------+-------------------------------+-------------------------------------------+
//    | FileHeader | ProcessBlock x process_count  | ring x ring_count: RingHeader, then slots |
//    +------------+-------------------------------+-------------------------------------------+
//
//    block state:   absent --owner reserves--> ready --host claims (CAS)--> claimed --host--> ended
//                      ^                                                       |                |
//                      +---------------- owner, when drained and the claimer is gone -----------+
//
// Thread safety: one writer (the claiming thread) and one reader (the owner) per ring. head is written by the writer,
// tail by the reader; each pairs its release store with the other's acquire load.
// Trust:         a reader takes nothing here for granted; see agent/ring/reader.h.
#ifndef WSITRACE_LAYOUT_H
#define WSITRACE_LAYOUT_H

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "wsitrace/event.h"

namespace wsitrace {

inline constexpr char kRingMagic[8] = {'w', 's', 'i', 'r', 'i', 'n', 'g', '\0'};
inline constexpr char kTraceMagic[8] = {'w', 's', 'i', 't', 'r', 'a', 'c', 'e'};
inline constexpr uint32_t kRingVersion = 1;
inline constexpr uint32_t kTraceVersion = 1;

inline constexpr uint32_t kPageBytes = 4096;
inline constexpr uint32_t kDefaultRingSlots = 32768;  // 1 MiB: 50 ms of 600,000 slots/s between two drains
inline constexpr uint32_t kMinRingSlots = 64;
inline constexpr uint32_t kMaxRingSlots = 1u << 22;
inline constexpr uint32_t kMaxProcesses = 64;
inline constexpr uint32_t kMaxRings = 128;
inline constexpr uint32_t kMaxStrings = 4096;
inline constexpr uint32_t kMaxStringBytes = 255;

// Why events were lost. Numbers are part of the file format.
enum LossCause : uint32_t {
  kRingFull = 0,   // the reader did not keep up
  kNoRing = 1,     // no ring was ready for this thread
  kNoProcess = 2,  // no process block was ready
  kLossCauses = 3,
};
constexpr const char *loss_cause_name(uint32_t cause) {
  constexpr const char *names[kLossCauses] = {"ring_full", "no_ring", "no_process"};
  return cause < kLossCauses ? names[cause] : "unknown";
}

// How wsitrace came into the host.
enum Attach : uint32_t { kAttachUnknown = 0, kAttachPlugin = 1, kAttachPreload = 2, kAttachLink = 3 };
constexpr const char *attach_name(uint32_t attach) {
  constexpr const char *names[] = {"unknown", "plugin", "preload", "link"};
  return attach < 4 ? names[attach] : "unknown";
}

// Bits of FileHeader::asked; those below kAskNoArguments cost the host more.
enum Asked : uint32_t {
  kAskStacks = 1,        // where the application stood when a connection was made, and at each BIND
  kAskUserPointers = 2,  // user pointers of the application's own that are set still when a DROP returns
  kAskNoArguments = 4,   // the program's arguments are not to be recorded
};
inline constexpr uint32_t kAsksOfCallbacks = kAskStacks | kAskUserPointers;

enum BlockState : uint32_t { kAbsent = 0, kReady = 1, kClaimed = 2, kEnded = 3 };

struct FileHeader {
  char magic[8];
  uint32_t version;
  uint32_t owner_pid;
  uint64_t file_bytes;
  uint64_t session;  // random; also in the traces drained from this file
  uint32_t process_count;
  uint32_t process_bytes;
  uint32_t ring_count;
  uint32_t ring_bytes;
  uint32_t ring_slots;  // a power of two
  uint32_t asked;       // Asked: what is recorded only where somebody wants it, or not even then
  uint64_t created_mono_ns;
  uint64_t created_real_ns;
  alignas(64) std::atomic<uint32_t> ready_generation;  // owner: bumped whenever a block becomes ready
  std::atomic<uint32_t> claims;                        // hosts: process claims so far, makes epochs unique
  // Owner: blocks below these indices have storage behind them. Nobody reads or writes a block above: on a full tmpfs
  // even a read of a hole raises SIGBUS.
  std::atomic<uint32_t> processes_reserved;
  std::atomic<uint32_t> rings_reserved;
  std::atomic<uint64_t> lost_no_process;
  char notice[256];  // why a process could not even map this file, for people; written with pwrite(2)
  // Owner: low half of CLOCK_MONOTONIC in milliseconds whenever it drains, 0: not yet; and how far that may be behind. A clock that
  // costs the host a load.
  std::atomic<uint32_t> clock_ms;
  std::atomic<uint32_t> clock_gap_ms;
};

struct StringEntry {
  uint32_t offset;  // into ProcessBlock::text
  uint16_t length;
  std::atomic<uint16_t> ready;  // release: offset, length and text are in place
};

// Counters of what went wrong in the host without costing an event.
enum Trouble : uint32_t {
  kStringOverflow = 0,  // names that found no room in the string table
  kProtocolUnwrapped,   // protocols that could not be wrapped: thunk table full or table not found
  kVhostNotFound,       // vhosts whose protocol table was not found
  kTroubles = 8,
};
constexpr const char *trouble_name(uint32_t trouble) {
  constexpr const char *names[] = {"string_overflow", "protocol_unwrapped", "vhost_not_found"};
  return trouble < 3 ? names[trouble] : "unknown";
}

struct ProcessBlock {
  std::atomic<uint32_t> state;
  uint32_t pid;
  uint32_t parent_pid;
  uint32_t attach;
  uint64_t started_mono_ns;  // when wsitrace attached
  uint64_t started_real_ns;
  std::atomic<uint64_t> ended_mono_ns;  // 0 while it runs, or when it ended without a word
  std::atomic<uint64_t> lost[kLossCauses];
  std::atomic<uint64_t> trouble[kTroubles];
  char lws_version[64];
  char program[256];
  char arguments[1024];  // argv, NUL-separated, cut, without secrets (agent/base/redact.h)
  uint32_t arguments_bytes;
  std::atomic<uint32_t> facts_ready;               // 1 (release) when the claimer has filled in the facts above
  char notice[256];                                // why this process records nothing, for people; empty otherwise
  alignas(64) std::atomic<uint32_t> string_count;  // entries handed out; id = index + 1
  std::atomic<uint32_t> text_bytes;
  StringEntry strings[kMaxStrings];
  char text[];
};
inline constexpr uint32_t kProcessBlockBytes = 256 * 1024;
inline constexpr uint32_t kTextBytes = kProcessBlockBytes - sizeof(ProcessBlock);

// The callback of the host that a thread is in, the innermost where they nest; not those about descriptors and locks. A guess of who
// looks from outside, for the two are stored one after the other.
struct RunningCallback {
  // bits 0..15: 0 not told, 1 none, else the reason + 2; 16..31: string id of its protocol; 32..63: FileHeader::clock_ms when it began
  std::atomic<uint64_t> word;
  std::atomic<uint64_t> wsi;
};
inline constexpr uint64_t kNoCallbackRuns = 1;
constexpr uint64_t running_word(int reason, uint16_t protocol, uint32_t since_ms) {
  return uint64_t{since_ms} << 32 | uint64_t{protocol} << 16 | static_cast<uint16_t>(reason + 2);
}
constexpr int running_reason(uint64_t word) { return static_cast<int>(word & 0xffff) - 2; }  // -2: not told, -1: none
constexpr uint16_t running_protocol(uint64_t word) { return static_cast<uint16_t>(word >> 16); }
constexpr uint32_t running_since_ms(uint64_t word) { return static_cast<uint32_t>(word >> 32); }

struct RingHeader {
  std::atomic<uint32_t> state;
  std::atomic<uint32_t> owner;  // index of the claiming ProcessBlock + 1 (release), 0 until all else is filled in
  uint32_t thread_id;
  uint32_t thread;  // ordinal within the process
  uint64_t claimed_mono_ns;
  // Writer's line.
  alignas(64) std::atomic<uint64_t> head;  // slots published since the claim
  std::atomic<uint64_t> recorded;          // events published; gaps are not counted
  std::atomic<uint64_t> lost;              // events that found no room
  std::atomic<uint32_t> writing;           // 1 from before the clock is read until the event is published
  // Reader's line.
  alignas(64) std::atomic<uint64_t> tail;  // slots consumed
  // Writer's, but not for events.
  alignas(64) RunningCallback running;
};
inline constexpr uint32_t kRingHeaderBytes = kPageBytes;
constexpr uint64_t ring_bytes(uint32_t slots) { return kRingHeaderBytes + uint64_t{slots} * kSlotBytes; }

static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uint16_t>::is_always_lock_free);
static_assert(sizeof(FileHeader) <= kPageBytes && sizeof(RingHeader) <= kRingHeaderBytes);
static_assert(sizeof(StringEntry) == 8 && sizeof(ProcessBlock) < 48 * 1024);
static_assert(offsetof(RingHeader, head) == 64 && offsetof(RingHeader, tail) == 128);
static_assert(offsetof(RingHeader, running) == 192 && kNoCallbackRuns == running_word(-1, kNoString, 0));

// Trace file: one process, one ordered log. A header, then chunks until the end of the file. A file whose last
// chunk is no kEndChunk is still being written (its writer holds a lock on it, flock(2)) or was cut off.
//
//    +-------------+  +-------------+------------------+  +-------------+---
//    | TraceHeader |  | ChunkHeader | payload          |  | ChunkHeader | ...
//    +-------------+  +-------------+------------------+  +-------------+---
struct TraceHeader {
  char magic[8];
  uint32_t version;
  uint32_t header_bytes;
  uint64_t session;
  uint64_t reserved;
};

enum ChunkType : uint32_t {
  kMetaChunk = 1,     // JSON object, UTF-8: {"process":...}, {"loss":...}; a later one replaces the same key
  kStringsChunk = 2,  // {uint16_t id, uint16_t length, bytes}..., ids of the events that follow
  kEventsChunk = 3,   // slots, in the order of their time
  kEndChunk = 4,      // JSON object: how the process ended; nothing follows
};

struct ChunkHeader {
  uint32_t type;
  uint32_t bytes;     // of the payload
  uint32_t crc32;     // zlib's, of this header with 0 here and of the payload
  uint32_t sequence;  // 0, 1, 2, ...
};
inline constexpr uint32_t kMaxChunkBytes = 1u << 20;

static_assert(sizeof(TraceHeader) == 32 && sizeof(ChunkHeader) == 16);

}  // namespace wsitrace

#endif
