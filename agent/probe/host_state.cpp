// SPDX-License-Identifier: MIT
#include "agent/probe/host_state.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "agent/base/redact.h"
#include "agent/probe/errno_guard.h"

namespace wsitrace {

constinit RunningCallback g_told_nobody{kNoCallbackRuns, 0};
constinit thread_local ThreadState t_state __attribute__((tls_model("initial-exec")));
constinit HostState *g_state = nullptr;

namespace {

constinit HostMap g_map{};
uint32_t g_asked = 0;
const std::atomic<uint32_t> g_no_clock{0};
const std::atomic<uint32_t> *g_clock =
    &g_no_clock;  // FileHeader::clock_ms; its acquire load pairs with the owner's release store
constinit ImageFacts g_facts{};

// What is left of a forked child's threads is the one that forked.
void tell_nobody_in_child() noexcept { t_state.running = &g_told_nobody; }
void forget_in_child() noexcept { std::memset(static_cast<void *>(g_state), 0, sizeof *g_state); }

// The last of them is left out when the room ends in it: it may end in a secret.
void gather_arguments() noexcept {
  char raw[sizeof g_facts.arguments];
  const int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t got = read(fd, raw, sizeof raw);
  close(fd);
  size_t bytes = got > 0 ? static_cast<size_t>(got) : 0;
  if (bytes == sizeof raw)
    while (bytes > 0 && raw[bytes - 1] != '\0') --bytes;
  g_facts.arguments_bytes =
      static_cast<uint32_t>(redact_arguments(raw, bytes, g_facts.arguments, sizeof g_facts.arguments));
}

void gather_image_facts(uint32_t attach) noexcept {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  path[length > 0 ? length : 0] = '\0';
  const char *slash = std::strrchr(path, '/');
  const char *base = length > 0 ? (slash != nullptr ? slash + 1 : path) : program_invocation_short_name;
  std::memcpy(g_facts.program, base, strnlen(base, sizeof g_facts.program - 1));
  if ((g_asked & kAskNoArguments) == 0) gather_arguments();
  g_facts.attach = attach;
}

void fill_process_block(ProcessBlock &block) noexcept {
  block.pid = static_cast<uint32_t>(getpid());
  block.parent_pid = static_cast<uint32_t>(getppid());
  block.attach = g_facts.attach;
  block.started_mono_ns = monotonic_ns();
  block.started_real_ns = realtime_ns();
  std::memcpy(block.lws_version, g_facts.lws_version, sizeof block.lws_version);
  std::memcpy(block.program, g_facts.program, sizeof block.program);
  std::memcpy(block.arguments, g_facts.arguments, sizeof block.arguments);
  block.arguments_bytes = g_facts.arguments_bytes;
}

bool claim_process_block() noexcept {
  const int index = g_map.claim_process();
  if (index < 0) return false;
  g_state->process_index = static_cast<uint32_t>(index);
  g_state->process = g_map.process(g_state->process_index);
  fill_process_block(*g_state->process);
  g_state->process->facts_ready.store(1, std::memory_order_release);
  g_state->epoch.store(g_map.header()->claims.fetch_add(1, std::memory_order_relaxed) + 1, std::memory_order_release);
  return true;
}

bool claim_thread_ring() noexcept {
  const int index = g_map.claim_ring();
  if (index < 0) return false;
  RingHeader *ring = g_map.ring(static_cast<uint32_t>(index));
  ring->thread_id = static_cast<uint32_t>(syscall(SYS_gettid));
  ring->thread = g_state->threads.fetch_add(1, std::memory_order_relaxed);
  ring->claimed_mono_ns = monotonic_ns();
  ring->running.word.store(kNoCallbackRuns, std::memory_order_relaxed);
  ring->owner.store(g_state->process_index + 1, std::memory_order_release);
  t_state.writer = RingWriter(ring, g_map.slots(static_cast<uint32_t>(index)), g_map.ring_slots(), ring->thread);
  t_state.running = &ring->running;
  t_state.vhost = {};
  t_state.epoch = g_state->epoch.load(std::memory_order_relaxed);
  return true;
}

}  // namespace

RingWriter *attach_thread() noexcept {
  if (g_state == nullptr) return nullptr;
  const uint32_t generation = g_map.header()->ready_generation.load(std::memory_order_acquire);
  const bool forked = g_state->epoch.load(std::memory_order_relaxed) == 0;
  if (!forked && t_state.seen_generation == generation) return nullptr;  // nothing became ready since the last try
  const ErrnoGuard guard;
  if (!attach_process()) return nullptr;
  t_state.seen_generation = generation;
  return claim_thread_ring() ? &t_state.writer : nullptr;
}

bool set_up_host(const HostMap &map, uint32_t attach) noexcept {
  if (g_state != nullptr) return true;
  const ErrnoGuard guard;
  void *pages = mmap(nullptr, sizeof(HostState), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return false;
  pthread_atfork(nullptr, nullptr, tell_nobody_in_child);
  if (madvise(pages, sizeof(HostState), MADV_WIPEONFORK) != 0) pthread_atfork(nullptr, nullptr, forget_in_child);
  g_map = map;
  g_asked = map.header()->asked;
  gather_image_facts(attach);
  g_clock = &map.header()->clock_ms;
  g_state = static_cast<HostState *>(pages);
  return true;
}

uint32_t asked() noexcept { return g_asked; }
uint32_t owner_clock_ms() noexcept { return g_clock->load(std::memory_order_acquire); }
uint32_t owner_clock_gap_ms() noexcept { return g_map.header()->clock_gap_ms.load(std::memory_order_relaxed); }
bool host_is_set_up() noexcept { return g_state != nullptr; }
const HostMap &host_map() noexcept { return g_map; }
ImageFacts &image_facts() noexcept { return g_facts; }

bool attach_process() noexcept {
  if (g_state == nullptr) return false;
  if (g_state->epoch.load(std::memory_order_acquire) != 0) return true;
  uint32_t idle = 0;
  if (!g_state->attaching.compare_exchange_strong(idle, 1, std::memory_order_acq_rel)) return false;
  const ErrnoGuard guard;
  const bool attached = g_state->epoch.load(std::memory_order_acquire) != 0 || claim_process_block();
  g_state->attaching.store(0, std::memory_order_release);
  return attached;
}

void count_lost_without_ring() noexcept {
  if (g_state == nullptr) return;
  if (g_state->epoch.load(std::memory_order_acquire) != 0)
    g_state->process->lost[kNoRing].fetch_add(1, std::memory_order_relaxed);
  else g_map.header()->lost_no_process.fetch_add(1, std::memory_order_relaxed);
}

void count_trouble(Trouble trouble) noexcept {
  if (attach_process()) g_state->process->trouble[trouble].fetch_add(1, std::memory_order_relaxed);
}

void leave_process_notice(const char *why) noexcept {
  if (!attach_process()) return;
  std::strncpy(g_state->process->notice, why, sizeof g_state->process->notice - 1);
}

void tell_lws_version() noexcept {
  std::memcpy(g_state->process->lws_version, g_facts.lws_version, sizeof g_facts.lws_version);
}

bool is_attached() noexcept {
  if (g_state == nullptr || g_state->epoch.load(std::memory_order_acquire) == 0) return false;
  return g_state->process->pid == static_cast<uint32_t>(getpid());  // a child of vfork(2) is not its parent
}

void mark_ended() noexcept {
  if (!is_attached()) return;
  g_state->process->ended_mono_ns.store(monotonic_ns(), std::memory_order_relaxed);
  g_state->process->state.store(kEnded, std::memory_order_release);
}

}  // namespace wsitrace
