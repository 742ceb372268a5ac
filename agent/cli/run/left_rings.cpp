// SPDX-License-Identifier: MIT
#include "agent/cli/run/left_rings.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <string_view>

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

bool is_left(const std::string &path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_uid != ::geteuid()) return false;
  const auto ring = RingFile::open(path);
  if (!ring || is_in_use(*ring)) return false;
  return !has_unread(*ring) || std::time(nullptr) - facts.st_mtime > kLeftRingKeptS;
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
