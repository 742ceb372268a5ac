// SPDX-License-Identifier: MIT
//
// The fold: events in, connections out. Pure: no I/O, no clock; the same events give the same connections, live and offline.
//
// Who uses it: every exporter, as a TimelineObserver or by asking. One log has one Timeline, however many hear it: feed it as a
//              LogSink, and add() who is to hear.
// Memory:      follows the open connections (and one small entry for each pointer that ever was one). A closed one is handed to the
//              observer and forgotten.
// Parity:      transactions and bindings come out the same with and without the kinds that are recorded only where calls are (1005 to
//              1008); close reasons are less precise without them.
// Cost:        at least 5 M events/s on one core (tests/bench/fold_bench.cpp).
#ifndef WSITRACE_TIMELINE_TIMELINE_H
#define WSITRACE_TIMELINE_TIMELINE_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/timeline/observer.h"
#include "agent/timeline/process_words.h"
#include "wsitrace/log.h"

namespace wsitrace {

struct Fold;

class Timeline final : public LogSink {
 public:
  Timeline();
  explicit Timeline(TimelineObserver &observer) : Timeline() { add(observer); }
  ~Timeline() override;
  Timeline(const Timeline &) = delete;
  Timeline &operator=(const Timeline &) = delete;

  // One more who hears it, after those before, from the next call on. OBSERVER outlives this.
  void add(TimelineObserver &observer);
  void add(std::shared_ptr<TimelineObserver> observer);
  void ask();

  void on_process(const ProcessFacts &) override;
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &) override;
  void on_end(const End &) override;
  void on_batch_begun() override;
  void on_batch_ended() override;

  [[nodiscard]] const Totals &totals() const;
  [[nodiscard]] const ProcessFacts &process() const;
  [[nodiscard]] const Loss &loss() const;
  [[nodiscard]] const End *end() const;  // nullptr while the log goes on
  [[nodiscard]] std::optional<Ending> ending() const;
  // Not even of a process: there is nothing to tell but why the log could not be read.
  [[nodiscard]] bool heard_nothing() const { return process().pid == 0 && totals().opened == 0; }
  [[nodiscard]] uint64_t last_event_ns() const;
  // What the log calls ID, as it was recorded; empty when it has no such string.
  [[nodiscard]] std::string_view text(uint16_t id) const;
  // Every lws context that was seen is gone: its destruction returned or, where their creation is not recorded (plugin, link),
  // protocols[0] of every vhost was told PROTOCOL_DESTROY.
  [[nodiscard]] bool contexts_gone() const;
  [[nodiscard]] uint64_t contexts_made() const;  // in the log
  // Contexts whose destruction returned. Those that were made and are left: by their number.
  [[nodiscard]] uint64_t contexts_destroyed() const;
  void for_each_context(const std::function<void(const ContextLife &)> &visit) const;
  // Vhosts, by name, whose protocols[0] was told PROTOCOL_INIT more often than PROTOCOL_DESTROY.
  void for_each_vhost_left(const std::function<void(std::string_view name, uint64_t count)> &visit) const;
  // What lies where in the host, as far as stacks and callbacks led there. A later one may cover the place of one before, unloaded since.
  [[nodiscard]] const std::vector<Module> &modules() const;
  // Where in the host the callback of PROTOCOL is; 0: not known, or vhosts have several of that name.
  [[nodiscard]] uint64_t callback_of(std::string_view protocol) const;
  // Protocols whose callbacks are known, of all vhosts.
  [[nodiscard]] size_t protocols() const;
  // Open connections, by id.
  void for_each_open(const std::function<void(const Connection &)> &visit) const;

 private:
  std::unique_ptr<Fold> fold_;
};

}  // namespace wsitrace

#endif
