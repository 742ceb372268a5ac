// SPDX-License-Identifier: MIT
#include "agent/cli/run/left_rings.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <string_view>

#include "agent/base/clock.h"
#include "agent/collect/collector.h"
#include "agent/collect/liveness.h"
#include "agent/collect/ring_file.h"

namespace wsitrace {
namespace {

struct LeftRingsCloser {
  void operator()(DIR *directory) const { ::closedir(directory); }
};

bool is_in_use(const RingFile &ring) {
  if (ring.is_locked_by_another()) return true;
  const auto processes = processes_in(ring);
  return std::any_of(processes.begin(), processes.end(), [](const ProcessFacts &process) {
    return life_of(process.pid, process.started_mono_ns) != Liveness::kGone;
  });
}

bool has_unread(const RingFile &ring) {
  for (uint32_t i = 0; i < ring.rings_reserved(); ++i) {
    const RingHeader &header = ring.ring(i);
    if (header.head.load(std::memory_order_relaxed) != header.tail.load(std::memory_order_relaxed)) return true;
  }
  return false;
}

// Since its launcher drained it last. That what hosts write into a mapping changes no time of the file is why it is not asked, but for
// one that was never drained.
int64_t left_s(const RingFile &ring, const struct stat &facts) {
  const uint32_t clock_ms = ring.header().clock_ms.load(std::memory_order_relaxed);
  if (clock_ms == 0) return std::time(nullptr) - facts.st_mtime;
  return (static_cast<uint32_t>(monotonic_ns() / 1'000'000) - clock_ms) / 1000;
}

bool is_left(const std::string &path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_uid != ::geteuid()) return false;
  const auto ring = RingFile::open(path);
  if (!ring || is_in_use(*ring)) return false;
  return left_s(*ring, facts) > (has_unread(*ring) ? kLeftRingKeptS : kReadRingKeptS);
}

}  // namespace

size_t remove_left_rings(const std::string &directory) {
  const std::unique_ptr<DIR, LeftRingsCloser> files(::opendir(directory.c_str()));
  if (files == nullptr) return 0;
  size_t looked_at = 0, removed = 0;
  while (const dirent *entry = ::readdir(files.get())) {
    if (!std::string_view(entry->d_name).ends_with(".ring")) continue;
    if (++looked_at > kMostLeftRings) break;
    const std::string path = directory + "/" + entry->d_name;
    if (is_left(path) && ::unlink(path.c_str()) == 0) ++removed;
  }
  return removed;
}

}  // namespace wsitrace
