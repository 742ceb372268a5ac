// SPDX-License-Identifier: MIT
#include "agent/cli/run/signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace wsitrace {
namespace {

constexpr int kTaken[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};

}  // namespace

Expected<Signals> Signals::take_over() {
  Signals signals;
  sigset_t taken;
  sigemptyset(&taken);
  for (const int number : kTaken) sigaddset(&taken, number);
  signals.fd_ = Fd(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.fd_.valid()) {
    signals.active_ = false;
    return unexpected(system_error("signals", errno));
  }
  ::sigprocmask(SIG_BLOCK, &taken, &signals.mask_before_);
  // An inherited SIG_IGN would make the kernel reap the program before we learn how it ended.
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &standard, &signals.child_before_);
  return signals;
}

Signals::Signals(Signals &&other) noexcept
    : fd_(std::move(other.fd_)),
      active_(std::exchange(other.active_, false)),
      mask_before_(other.mask_before_),
      child_before_(other.child_before_) {}

Signals::~Signals() {
  if (active_) restore_in_child();
}

void Signals::restore_in_child() const {
  ::sigaction(SIGCHLD, &child_before_, nullptr);
  ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

std::vector<ReceivedSignal> Signals::wait(int timeout_ms) {
  pollfd readable{fd_.get(), POLLIN, 0};
  std::vector<ReceivedSignal> received;
  if (::poll(&readable, 1, timeout_ms) <= 0) return received;
  signalfd_siginfo info;
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    const bool from_process = info.ssi_code == SI_USER || info.ssi_code == SI_TKILL || info.ssi_code == SI_QUEUE;
    received.push_back({static_cast<int>(info.ssi_signo), from_process, info.ssi_pid});
  }
  return received;
}

bool Forwarding::accepts(const ReceivedSignal &signal, uint64_t now_ns) {
  if (signal.number == SIGCHLD) return false;
  if ((signal.number == SIGINT || signal.number == SIGQUIT) && !signal.from_process) return false;
  const auto [last, is_first] = last_ns_.try_emplace({signal.number, signal.sender_pid}, now_ns);
  if (is_first) return true;
  const bool repeated = now_ns - last->second < kRepeatNs;
  if (!repeated) last->second = now_ns;
  return !repeated;
}

}  // namespace wsitrace
