// SPDX-License-Identifier: MIT
//
// The fold: events in, connections out. Pure: no I/O, no clock; the same events give the same connections, live and offline.
//
// Who uses it: every exporter, as a TimelineObserver or by asking. One log has one Timeline, however many hear it: feed it as a
//              LogSink, and add() who is to hear.
// Memory:      follows the open connections (and 24 bytes for each pointer that ever was one). A closed one is handed to the
//              observer and forgotten.
// Parity:      transactions and bindings come out the same with and without the kinds that are recorded only where calls are (1005 to
//              1008); close reasons are less precise without them.
// Cost:        at least 5 M events/s on one core (tests/bench/fold_bench.cpp).
#ifndef WSITRACE_TIMELINE_TIMELINE_H
#define WSITRACE_TIMELINE_TIMELINE_H

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/timeline/connection.h"
#include "wsitrace/log.h"

namespace wsitrace {

// An lws context, from lws_create_context to the return of lws_context_destroy. Seen by the preload library only.
struct ContextLife {
  uint64_t pointer = 0;
  uint64_t number = 0;  // 1, 2, 3, ... in the order of their making; 0: made before the log began
  Ns created_ns = 0;
};

// A file with code, mapped into the host. An address A of a Stack within [start, end) is A - bias in the file's own addresses.
struct Module {
  uint64_t bias = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  std::string path;      // cut after 200 bytes
  std::string build_id;  // lower-case hex; empty: it has none
};

class Timeline;

// Hears what happens, in order. References are valid during the call only, but that a Connection keeps its address from
// on_connection_opened until on_connection_closed has returned.
class TimelineObserver {
 public:
  virtual ~TimelineObserver() = default;
  // Who the process is; again when a fact changed.
  virtual void on_process_known(const ProcessFacts &) {}
  virtual void on_event_counted(uint16_t /*kind*/) {}
  // An event that belongs to this connection, before it is folded in; not for those that reveal it only later (stray ones).
  virtual void on_connection_event(const Connection &, const Event &, std::span<const std::byte> /*items*/) {}
  // First sight. Class and vhost may still change until on_connection_closed; a change is told.
  virtual void on_connection_opened(const Connection &) {}
  virtual void on_connection_changed(const Connection & /*before: class, vhost, state*/, const Connection & /*now*/) {}
  // The TLS handshake is over: connection.tls->handshake_ns is there.
  virtual void on_tls_established(const Connection &) {}
  virtual void on_bound(const Connection &, const Binding &) {}
  virtual void on_dropped(const Connection &, const Binding &) {}
  virtual void on_transaction_ended(const Connection &, const Transaction &) {}
  virtual void on_session_opened(const Connection &) {}
  virtual void on_session_closed(const Connection &) {}
  virtual void on_connection_closed(const Connection &) {}
  // accept() of lws's listener failed, or works again: k_accept_failed of event.h.
  virtual void on_accept_failed(const Event &, std::span<const std::byte> /*items*/) {}
  // A context is destroyed, and a descriptor that lws had opened is open still. KIND is lws's call: "eventfd", "socket".
  virtual void on_descriptor_left(const ContextLife &, int /*descriptor*/, std::string_view /*kind*/, Ns /*when*/) {}
  virtual void on_lost(const Loss & /*before*/, const Loss & /*now*/) {}
  // What is open now will be told no end.
  virtual void on_log_ended(const Timeline &) {}
  // Timeline::ask(): somebody wants to see now what the observer keeps.
  virtual void on_asked(const Timeline &) {}
  // A batch of LogSink has begun, or else ended.
  virtual void on_batch(bool /*begun*/) {}
};

struct Totals {
  uint64_t opened = 0;
  uint64_t closed = 0;
  uint64_t transactions = 0;
  uint64_t binds = 0;
  uint64_t drops = 0;  // DROPs seen and bindings settled by the destroy
  // What did not fit into any life; not part of the sums above.
  uint64_t unmatched_drops = 0;  // DROPs on a connection without an open binding
  uint64_t stray_events = 0;     // trailing events on a pointer that is no connection any more
};

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
  // Not even of a process: there is nothing to tell but why the log could not be read.
  [[nodiscard]] bool heard_nothing() const { return process().pid == 0 && totals().opened == 0; }
  [[nodiscard]] uint64_t last_event_ns() const;
  // What the log calls ID, as it was recorded; empty when it has no such string.
  [[nodiscard]] std::string_view text(uint16_t id) const;
  // Every lws context that was seen is gone: its destruction returned or, where their creation is not recorded (plugin, link),
  // protocols[0] of every vhost was told PROTOCOL_DESTROY.
  [[nodiscard]] bool contexts_gone() const;
  // Contexts whose destruction returned. Those that were made and are left: by their number.
  [[nodiscard]] uint64_t contexts_destroyed() const;
  void for_each_context(const std::function<void(const ContextLife &)> &visit) const;
  // Vhosts, by name, whose protocols[0] was told PROTOCOL_INIT more often than PROTOCOL_DESTROY.
  void for_each_vhost_left(const std::function<void(std::string_view name, uint64_t count)> &visit) const;
  // What lies where in the host, as far as stacks led there. A later one may cover the place of one before, unloaded since.
  [[nodiscard]] const std::vector<Module> &modules() const;
  // Open connections, by id.
  void for_each_open(const std::function<void(const Connection &)> &visit) const;

 private:
  std::unique_ptr<Fold> fold_;
};

}  // namespace wsitrace

#endif
