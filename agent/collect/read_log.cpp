// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "agent/base/fd.h"
#include "agent/collect/agent_info.h"
#include "agent/collect/collector.h"
#include "agent/collect/read_log.h"
#include "agent/collect/trace_reader.h"

namespace wsitrace {
namespace {

constexpr const char *kHint = "give a trace, or the ring of a killed program";

// Passes everything on to a sink that somebody else owns.
std::shared_ptr<LogSink> borrow(LogSink &sink) {
  return {&sink, [](LogSink *) {}};
}

// Hears whether anything was recorded.
struct Ear final : LogSink {
  bool heard = false;
  void on_event(const Event &, std::span<const std::byte>) override { heard = true; }
};

// The owner of a ring, if it lives, has drained it; what became of the events only the owner knows.
std::optional<Error> drained_by_its_owner(const std::string &path) {
  const auto file = RingFile::open(path);
  if (!file) return std::nullopt;
  const auto owner =
      file->header().owner_pid != static_cast<uint32_t>(::getpid()) ? file->living_owner() : std::nullopt;
  if (!owner) return std::nullopt;
  return Error{path, *owner + " has collected all that was in it", "read the trace that this process writes"};
}

// Which process of a ring file is told: the PID asked for, else the first that recorded anything, else the first.
class Choice {
 public:
  explicit Choice(uint32_t pid) : pid_(pid) {}

  Expected<void> listen(const std::string &path) {
    return read_ring_file(path, [this](const ProcessFacts &facts) {
      ears_.push_back(std::make_shared<Ear>());
      pids_.push_back(facts.pid);
      return ears_.back();
    });
  }

  // Position in the order of attaching, or that order's size when there is none.
  [[nodiscard]] size_t chosen() const {
    size_t silent = ears_.size();
    for (size_t i = 0; i < ears_.size(); ++i) {
      if (pid_ != 0 && pids_[i] != pid_) continue;
      if (ears_[i]->heard) return i;
      if (silent == ears_.size()) silent = i;
    }
    return silent;
  }
  [[nodiscard]] size_t size() const { return ears_.size(); }
  [[nodiscard]] bool heard_nothing() const {
    return std::none_of(ears_.begin(), ears_.end(), [](const auto &ear) { return ear->heard; });
  }

 private:
  uint32_t pid_;
  std::vector<std::shared_ptr<Ear>> ears_;
  std::vector<uint32_t> pids_;
};

Expected<void> read_ring(const std::string &path, LogSink &sink, uint32_t pid) {
  Choice choice(pid);
  if (auto heard = choice.listen(path); !heard) return heard;
  if (auto drained = choice.heard_nothing() ? drained_by_its_owner(path) : std::nullopt) return unexpected(*drained);
  const size_t chosen = choice.chosen();
  if (chosen == choice.size() && pid != 0)
    return unexpected(Error{path, "process " + std::to_string(pid) + " recorded nothing in it", {}});
  if (chosen == choice.size())
    return unexpected(Error{path, "no process recorded anything in it", "does the program use libwebsockets?"});
  size_t at = 0;
  return read_ring_file(path, [&](const ProcessFacts &) { return at++ == chosen ? borrow(sink) : nullptr; });
}

}  // namespace

Expected<ReadLog> read_log(const std::string &given, LogSink &sink, uint32_t pid) {
  const auto chosen = log_to_read(given, pid);
  if (!chosen) return unexpected(chosen.error());
  const std::string &path = *chosen;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) return unexpected(system_error(path, errno, kHint));
  if (!S_ISREG(facts.st_mode)) return unexpected(Error{path, "not a regular file", kHint});
  char magic[sizeof kTraceMagic] = {};
  const ssize_t got = ::pread(fd.get(), magic, sizeof magic, 0);
  if (got < 0) return unexpected(system_error(path, errno, kHint));
  if (got == 0) return unexpected(Error{path, "empty", "nothing was recorded in it"});
  if (std::memcmp(magic, kTraceMagic, sizeof magic) == 0) {
    TraceReader reader(fd.get(), path, sink);
    return reader.read().map([&] { return ReadLog{reader.cut_off()}; });
  }
  if (std::memcmp(magic, kRingMagic, sizeof magic) == 0)
    return read_ring(path, sink, pid).map([] { return ReadLog{}; });
  return unexpected(Error{path, "not a file of wsitrace", kHint});
}

}  // namespace wsitrace
