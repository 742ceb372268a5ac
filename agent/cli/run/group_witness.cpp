// SPDX-License-Identifier: MIT
#include "agent/cli/run/group_witness.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace wsitrace {
namespace {

constexpr int kPatienceMs = 1000;  // somebody may have stopped or killed it

void close_all_but(int kept) {
  if (kept > 0) ::close_range(0, static_cast<unsigned>(kept) - 1, 0);
  ::close_range(static_cast<unsigned>(kept) + 1, ~0U, 0);
}

GroupWitness::Set drain(int signals) {
  GroupWitness::Set seen = 0;
  signalfd_siginfo info;
  while (::read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
    if (info.ssi_signo < 64) seen |= GroupWitness::Set{1} << info.ssi_signo;
  return seen;
}

[[noreturn]] void witness(int channel, const sigset_t &taken) {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  close_all_but(channel);
  ::prctl(PR_SET_NAME, "wsitrace-group");
  const int signals = ::signalfd(-1, &taken, SFD_NONBLOCK);
  char question = 0;
  while (signals >= 0 && ::recv(channel, &question, 1, 0) == 1) {
    const GroupWitness::Set seen = drain(signals);
    if (::send(channel, &seen, sizeof seen, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof seen)) break;
  }
  ::_exit(0);
}

}  // namespace

Expected<GroupWitness> GroupWitness::begin(const sigset_t &taken) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return unexpected(system_error("signals", errno));
  Fd ours(ends[0]), its(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return unexpected(system_error("signals", errno));
  if (pid == 0) witness(its.get(), taken);
  return GroupWitness(std::move(ours));
}

// Changes nothing: the group is the one it was, or the kernel refuses because the launcher leads a session.
void GroupWitness::settle() { static_cast<void>(::setpgid(0, ::getpgrp())); }

std::optional<GroupWitness::Set> GroupWitness::take() {
  Set seen = 0;
  pollfd answered{channel_.get(), POLLIN, 0};
  if (::send(channel_.get(), "", 1, MSG_NOSIGNAL) != 1 || ::poll(&answered, 1, kPatienceMs) != 1 ||
      ::recv(channel_.get(), &seen, sizeof seen, 0) != static_cast<ssize_t>(sizeof seen)) {
    channel_.reset();
    return std::nullopt;
  }
  return seen;
}

}  // namespace wsitrace
