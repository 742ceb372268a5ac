// SPDX-License-Identifier: MIT
#include "agent/cli/run/signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace wsitrace {
namespace {

constexpr int kTaken[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};

std::optional<struct sigaction> g_file_size_before;

}  // namespace

void ignore_file_size_signal() {
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  if (::sigaction(SIGXFSZ, &ignore, &before) == 0) g_file_size_before = before;
}

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
  if (auto witness = GroupWitness::begin(taken)) signals.witness_.emplace(std::move(*witness));
  // An inherited SIG_IGN would make the kernel reap the program before we learn how it ended.
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &standard, &signals.child_before_);
  return signals;
}

Signals::Signals(Signals &&other) noexcept
    : fd_(std::move(other.fd_)),
      witness_(std::move(other.witness_)),
      active_(std::exchange(other.active_, false)),
      mask_before_(other.mask_before_),
      child_before_(other.child_before_) {}

Signals::~Signals() {
  if (active_) restore();
}

void Signals::restore() const {
  ::sigaction(SIGCHLD, &child_before_, nullptr);
  ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

void Signals::restore_in_child() const {
  if (g_file_size_before) ::sigaction(SIGXFSZ, &*g_file_size_before, nullptr);
  restore();
}

std::vector<ReceivedSignal> Signals::read_pending() {
  std::vector<ReceivedSignal> received;
  signalfd_siginfo info;
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    const bool from_process = info.ssi_code == SI_USER || info.ssi_code == SI_TKILL || info.ssi_code == SI_QUEUE;
    received.push_back({static_cast<int>(info.ssi_signo), !from_process, info.ssi_pid});
  }
  return received;
}

// A signal that the witness has before we have it belongs to one that we read next, unless the kernel has made one of two.
void Signals::tell_group_from_alone(std::vector<ReceivedSignal> &received) {
  GroupWitness::Set seen = 0;
  for (size_t judged = 0; judged < received.size() && witness_;) {
    GroupWitness::settle();
    const auto more = witness_->take();
    if (!more) return witness_.reset();
    seen |= *more;
    for (; judged < received.size(); ++judged) {
      const GroupWitness::Set bit = GroupWitness::Set{1} << received[judged].number;
      received[judged].to_group = (seen & bit) != 0;
      seen &= ~bit;
    }
    if (seen == 0) return;
    GroupWitness::settle();
    const auto later = read_pending();
    received.insert(received.end(), later.begin(), later.end());
  }
}

std::vector<ReceivedSignal> Signals::wait(int timeout_ms) {
  pollfd readable{fd_.get(), POLLIN, 0};
  if (::poll(&readable, 1, timeout_ms) <= 0) return {};
  auto received = read_pending();
  const bool sent =
      std::any_of(received.begin(), received.end(), [](const auto &signal) { return signal.number != SIGCHLD; });
  if (sent) tell_group_from_alone(received);
  return received;
}

bool Forwarding::accepts(const ReceivedSignal &signal, bool in_group, uint64_t now_ns) {
  if (signal.number == SIGCHLD) return false;
  if (signal.to_group) {
    to_group_ns_[{signal.number, signal.sender_pid}] = now_ns;
    return !in_group;
  }
  const auto to_group = to_group_ns_.find({signal.number, signal.sender_pid});
  return to_group == to_group_ns_.end() || now_ns - to_group->second >= kRepeatNs;
}

}  // namespace wsitrace
