// SPDX-License-Identifier: MIT
//
// The owner's side of a ring file: makes it, reserves storage for blocks before hosts need them, takes blocks back when
// they are drained and their claimer is gone. Used by the launcher, the agent and the plugin's background thread.
//
// Storage: every byte a host may touch was reserved with fallocate(2) first; a full disk is an Error here and
//          `no_ring` losses there, never a SIGBUS.
// Owner:   holds a lock on the file (flock(2)) for as long as it lives. That holds across pid namespaces, where a pid says nothing. A child
//          that the owner forks, and that does not exec, holds it too.
// Threads: one owner thread. Hosts work on the same memory; see wsitrace/layout.h for the protocol between them.
#ifndef WSITRACE_COLLECT_RING_FILE_H
#define WSITRACE_COLLECT_RING_FILE_H

#include <sys/types.h>

#include <optional>
#include <string>

#include "agent/base/expected.h"
#include "agent/base/fd.h"
#include "agent/base/mapping.h"
#include "wsitrace/layout.h"

namespace wsitrace {

// A user other than this process's, to whom a ring file is given: for programs of that user to record into.
struct RingUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct RingFileOptions {
  uint32_t ring_slots = kDefaultRingSlots;  // rounded up to a power of two
  uint32_t ring_count = kMaxRings;
  uint32_t process_count = kMaxProcesses;
  uint32_t spare_rings = 8;  // kept ready, so that new threads find one at once
  uint32_t spare_processes = 4;
  uint32_t asked = 0;  // of enum Asked
  std::optional<RingUser> user = {};
};

class RingFile {
 public:
  // Creates PATH (mode 0600, must not exist) with its first blocks ready. An empty path: memory without a name (memfd).
  static Expected<RingFile> create(const std::string &path, const RingFileOptions &options);
  // Opens an existing file read-only, to report what a killed program left behind. Everything in it is untrusted.
  static Expected<RingFile> open(const std::string &path);
  // Opens what an owner that is gone may have left behind, so that this process can own() it. A symbolic link, a file of another
  // user's (unless ANY_USER, or it is ALSO), or one that others may write to, is refused. Nothing is changed yet.
  static Expected<RingFile> open_left_behind(const std::string &path, bool any_user = false,
                                             std::optional<uid_t> also = std::nullopt);
  // Whether somebody holds the lock of the owner. If not, this process does from then on, until the RingFile is gone.
  [[nodiscard]] bool is_locked_by_another() const;
  // The owner, if it lives, as words for people: nobody else shall say what is in the file. It lives if it holds the lock, also in another
  // pid namespace; where there are no locks, if its pid runs. Nothing is locked from then on.
  [[nodiscard]] std::optional<std::string> living_owner() const;
  // Becomes the owner. Hosts that have the file mapped go on recording and notice nothing.
  Expected<void> own();

  // Makes blocks ready until the spares are there. False when storage could not be reserved (asked again next time).
  bool replenish();

  // Hands a drained block back: zeroes it and marks it ready.
  void recycle_process(uint32_t index);
  void recycle_ring(uint32_t index);

  // Tells hosts what time it is: call it whenever it is drained.
  void tell_time(uint64_t now_ns);

  [[nodiscard]] FileHeader &header() const;
  [[nodiscard]] ProcessBlock &process(uint32_t index) const;
  [[nodiscard]] RingHeader &ring(uint32_t index) const;
  [[nodiscard]] const std::byte *slots(uint32_t ring_index) const;
  [[nodiscard]] const std::string &path() const { return path_; }
  [[nodiscard]] const Mapping &mapping() const { return mapping_; }
  // Geometry as checked when the file was made or opened; never re-read from the shared header.
  [[nodiscard]] uint32_t ring_count() const { return ring_count_; }
  [[nodiscard]] uint32_t process_count() const { return process_count_; }
  [[nodiscard]] uint32_t ring_slots() const { return ring_slots_; }
  // Blocks below these indices have storage behind them; nothing may look at one above.
  [[nodiscard]] uint32_t processes_reserved() const { return processes_reserved_; }
  [[nodiscard]] uint32_t rings_reserved() const { return rings_reserved_; }

 private:
  Expected<void> lay_out(const std::string &name);
  Expected<void> attach(int protection);
  // Storage for a range of the file, and access to it: what nobody uses is never touched, not even by mlockall(2).
  bool reserve(uint64_t offset, uint64_t bytes);
  bool reserve_process(uint32_t index);
  bool reserve_ring(uint32_t index);
  void announce();

  std::string path_;
  Fd fd_;
  Mapping mapping_;
  RingFileOptions options_;
  uint32_t ring_count_ = 0, process_count_ = 0, ring_slots_ = 0;
  uint32_t processes_reserved_ = 0, rings_reserved_ = 0;
};

}  // namespace wsitrace

#endif
