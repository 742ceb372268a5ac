// SPDX-License-Identifier: MIT
#include "agent/cli/run/tracing.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "agent/base/clock.h"
#include "agent/base/output_file.h"
#include "agent/cli/output.h"
#include "agent/cli/run/elf_check.h"
#include "agent/cli/run/preload.h"
#include "agent/cli/run/ring_place.h"

namespace wsitrace {
namespace {

constexpr uint64_t kFlushNs = 200'000'000;

// The host is started elsewhere: what it is told must not depend on a working directory.
std::string absolute(const std::string &path) {
  char *resolved = ::realpath(path.c_str(), nullptr);
  std::string result = resolved != nullptr ? resolved : path;
  std::free(resolved);
  return result;
}

std::string text_of(const char *notice_untrusted, size_t room) {
  return {notice_untrusted, strnlen(notice_untrusted, room)};
}

}  // namespace

Expected<std::unique_ptr<Tracing>> Tracing::prepare(const RunOptions &options, Reports &reports) {
  auto library = find_preload_library(own_executable());
  if (!library) return unexpected(library.error());
  RingFileOptions ring_options;
  ring_options.ring_slots = options.ring_slots;
  ring_options.asked = (options.stacks ? kAskStacks : 0u) | (options.session_memory ? kAskUserPointers : 0u) |
                       (options.no_arguments ? kAskNoArguments : 0u);
  const auto places = ring_places(absolute(directory_of(options.output)));
  auto ring = make_ring(places, options.arguments.front(), ring_options);
  if (!ring) return unexpected(ring.error());
  std::unique_ptr<Tracing> tracing(new Tracing(options, std::move(*ring), std::move(*library), reports));
  if (auto loadable = tracing->make_loadable(); !loadable) return unexpected(loadable.error());
  return tracing;
}

Tracing::Tracing(const RunOptions &options, RingFile ring, std::string library, Reports &reports)
    : reports_(reports),
      ring_(std::move(ring)),
      library_(std::move(library)),
      recordings_(
          TraceNames(options.output), ring_.header().session, [this](bool first) { return sinks_for_process(first); },
          complain) {}

Tracing::~Tracing() {
  if (!link_.empty()) ::unlink(link_.c_str());
  if (!failure_) ::unlink(ring_.path().c_str());
}

Expected<void> Tracing::make_loadable() {
  if (can_be_preloaded(library_)) return {};
  link_ = ring_.path() + ".so";
  if (!can_be_preloaded(link_))
    return unexpected(
        Error{library_, "LD_PRELOAD cannot hold a path with a blank or colon", "install wsitrace elsewhere"});
  if (::symlink(library_.c_str(), link_.c_str()) != 0) return unexpected(system_error(link_, errno));
  return {};
}

std::vector<std::pair<std::string, std::string>> Tracing::variables(const std::vector<std::string> &needed) const {
  const char *present = std::getenv("LD_PRELOAD");
  return {{"LD_PRELOAD", preload_list(library(), present != nullptr ? present : "", needed)},
          {"WSITRACE_RING", ring_.path()}};
}

Expected<void> Tracing::serve(const ServeOptions &options) {
  live_ = std::make_unique<LiveView>();
  auto started = live_->start(options);
  if (!started) live_.reset();
  return started;
}

std::vector<std::shared_ptr<LogSink>> Tracing::sinks_for_process(bool first) {
  const auto sink = reports_.sink(first, live_ ? live_->listener() : nullptr);
  if (sink) return {sink};
  return {};
}

void Tracing::begin(Collector::EndOfProcess end_of_process) {
  collector_.emplace(
      ring_,
      [this](const ProcessFacts &process) {
        return recordings_.begin(defines_lws("/proc/" + std::to_string(process.pid) + "/exe"));
      },
      std::move(end_of_process));
  if (!live_) return;
  collector_->sample_callbacks(
      [this](const ProcessFacts &, const SampledCallback &sampled) { live_->sampled(sampled); });
}

template <typename Step>
void Tracing::guard(Step step) {
  if (failure_) return;
  try {
    step();
  } catch (const std::exception &thrown) {
    failure_ = Error{ring_.path(), std::string("draining stopped: ") + thrown.what(),
                     "wsitrace report reads what is left in it"};
    complain(*failure_);
  }
}

void Tracing::turn() {
  guard([this] {
    collector_->drain();
    const uint64_t now_ns = monotonic_ns();
    const bool wanted = live_ && live_->traces().are_wanted();
    if (!wanted && now_ns - flushed_ns_ < kFlushNs) return;
    recordings_.flush();
    flushed_ns_ = now_ns;
    if (live_) live_->traces().written(recordings_.traces());
  });
}

uint32_t Tracing::a_live_pid() const {
  for (const auto &recording : recordings_.all())
    if (!recording->ended()) return recording->process().pid;
  return 0;
}

void Tracing::finish() {
  guard([this] {
    collector_->drain();
    lost_without_process_ = collector_->lost_without_process();
    collector_->finish();
  });
}

void Tracing::write_silent(const ProcessFacts &program, const End &end, const std::string &why) {
  if (recordings_.first_written() != nullptr) return;
  std::shared_ptr<Recording> chosen;
  for (const auto &recording : recordings_.all())
    if (!chosen || (chosen->process().notice.empty() && !recording->process().notice.empty())) chosen = recording;
  if (!chosen) {
    chosen = recordings_.begin();
    chosen->on_process(program);
    chosen->on_end(end);
  }
  chosen->write_silent(why);
}

std::string Tracing::ring_notice() const {
  const FileHeader &header = ring_.header();
  return text_of(header.notice, sizeof header.notice);
}

uint64_t Tracing::lost() const { return recordings_.lost() + lost_without_process_; }

}  // namespace wsitrace
