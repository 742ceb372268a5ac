// SPDX-License-Identifier: MIT
//
// The lives that are open, by pointer and by first sight. A pointer serves many lives one after the other; their number is the
// generation.
//
// Cost:   one hash look-up an event, none when it concerns the same wsi as the one before. No allocation for a life
//         while one that ended can be used again (kSpareLives of them are kept).
// Memory: open lives (about 1.4 KB each), and one small entry for each pointer that had one lately.
// Limits: kMost lives are open at a time, of all tables together; each table may have kLeast in any case. So a process of many (agent) that
//         opens without end leaves room for others.
#ifndef WSITRACE_TIMELINE_LIFE_TABLE_H
#define WSITRACE_TIMELINE_LIFE_TABLE_H

#include <tsl/robin_map.h>
#include <memory>

#include "agent/timeline/life.h"

namespace wsitrace {

class LifeTable {
 public:
  static constexpr size_t kSpareLives = 256;
  static constexpr size_t kMost = 1 << 20;
  static constexpr size_t kLeast = 1 << 14;
  static constexpr size_t kMostPlaces = 1 << 20;  // beside twice those that are open

  explicit LifeTable(size_t most = kMost, size_t least = kLeast) : most_(most), least_(least) {}
  ~LifeTable();
  LifeTable(const LifeTable &) = delete;
  LifeTable &operator=(const LifeTable &) = delete;

  // begin() is allowed.
  [[nodiscard]] bool has_room() const;

  // The open life on POINTER, or nullptr.
  Life *find(uint64_t pointer);
  // Begins a life on POINTER, which has none: id, pointer and generation are set.
  Life &begin(uint64_t pointer);
  // Ends LIFE, which is invalid from then on.
  void end(Life &life);

  [[nodiscard]] Life *oldest() const { return oldest_; }
  [[nodiscard]] Life *newest() const { return newest_; }

 private:
  struct Place {
    std::unique_ptr<Life> life;
    uint32_t generation = 0;
  };
  // Pointers differ in their middle bits.
  struct Hash {
    size_t operator()(uint64_t pointer) const { return (pointer * 0x9e3779b97f4a7c15u) >> 20; }
  };
  std::unique_ptr<Life> fresh();
  void link(Life &life);
  void unlink(Life &life);
  void trim();

  tsl::robin_map<uint64_t, Place, Hash> places_;
  std::vector<std::unique_ptr<Life>> spares_;
  Life *oldest_ = nullptr;
  Life *newest_ = nullptr;
  Life *recent_ = nullptr;
  uint64_t last_id_ = 0;
  const size_t most_, least_;
  size_t open_ = 0;
  uint32_t generations_ = 0;  // of pointers that were forgotten, at most
};

}  // namespace wsitrace

#endif
