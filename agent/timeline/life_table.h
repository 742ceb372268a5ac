// SPDX-License-Identifier: MIT
//
// The lives that are open, by pointer and by first sight. A pointer serves many lives one after the other; their number is the
// generation.
//
// Cost:   one hash look-up an event, none when it concerns the same wsi as the one before. No allocation for a life
//         while one that ended can be used again (kSpareLives of them are kept).
// Memory: open lives, and one small entry for each pointer that ever had one.
#ifndef WSITRACE_TIMELINE_LIFE_TABLE_H
#define WSITRACE_TIMELINE_LIFE_TABLE_H

#include <tsl/robin_map.h>
#include <memory>

#include "agent/timeline/life.h"

namespace wsitrace {

class LifeTable {
 public:
  static constexpr size_t kSpareLives = 256;

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

  tsl::robin_map<uint64_t, Place, Hash> places_;
  std::vector<std::unique_ptr<Life>> spares_;
  Life *oldest_ = nullptr;
  Life *newest_ = nullptr;
  Life *recent_ = nullptr;
  uint64_t last_id_ = 0;
};

}  // namespace wsitrace

#endif
