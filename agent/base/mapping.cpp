// SPDX-License-Identifier: MIT
#include "agent/base/mapping.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace wsitrace {
namespace {

// Those beyond are not known, and end the process when they are cut off. A ring directory has at most 256 files.
constexpr size_t kKnownMappings = 1024;

struct KnownMapping {
  std::atomic<uintptr_t> begin;  // 0: free
  std::atomic<uintptr_t> end;    // stored before `begin` (release), loaded after it (acquire)
};
std::array<KnownMapping, kKnownMappings> g_mappings;
uintptr_t g_page_bytes = 4096;

bool is_in_mapping(uintptr_t address) {
  for (const KnownMapping &known : g_mappings) {
    const uintptr_t begin = known.begin.load(std::memory_order_acquire);
    if (begin != 0 && address >= begin && address < known.end.load(std::memory_order_relaxed)) return true;
  }
  return false;
}

// mmap(2) is no more than a system call. Where it fails the instruction meets the default action.
void on_bus_error(int, siginfo_t *info, void *) {
  const int saved_errno = errno;
  const uintptr_t page = reinterpret_cast<uintptr_t>(info->si_addr) & ~(g_page_bytes - 1);
  void *const at = reinterpret_cast<void *>(page);  // NOLINT(performance-no-int-to-ptr)
  const bool mended =
      info->si_code == BUS_ADRERR && is_in_mapping(page) &&
      ::mmap(at, g_page_bytes, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
  if (!mended) std::signal(SIGBUS, SIG_DFL);
  errno = saved_errno;
}

}  // namespace

void Mapping::remember() const noexcept {
  const auto begin = reinterpret_cast<uintptr_t>(data_);
  for (KnownMapping &known : g_mappings) {
    uintptr_t free = 0;
    if (known.begin.load(std::memory_order_relaxed) != 0 ||
        !known.begin.compare_exchange_strong(free, UINTPTR_MAX, std::memory_order_acq_rel))
      continue;
    known.end.store(begin + size_, std::memory_order_relaxed);
    known.begin.store(begin, std::memory_order_release);
    return;
  }
}

void Mapping::forget() const noexcept {
  for (KnownMapping &known : g_mappings) {
    auto begin = reinterpret_cast<uintptr_t>(data_);
    if (known.begin.compare_exchange_strong(begin, 0, std::memory_order_acq_rel)) return;
  }
}

void outlive_cut_mappings() {
  g_page_bytes = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace wsitrace
