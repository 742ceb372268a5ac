// SPDX-License-Identifier: MIT
//
// Who hears a timeline, and what there is to hear beside connections.
#ifndef WSITRACE_TIMELINE_OBSERVER_H
#define WSITRACE_TIMELINE_OBSERVER_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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
  // Wants to be told on_event_counted and on_connection_event. Asked once; without these two an observer costs events nothing.
  [[nodiscard]] virtual bool hears_events() const { return true; }
  // Who the process is; again when a fact changed.
  virtual void on_process_known(const ProcessFacts &) {}
  virtual void on_event_counted(uint16_t /*kind*/) {}
  // An event that belongs to this connection, before it is folded in; not for those that reveal it only later (stray ones).
  virtual void on_connection_event(const Connection &, const Event &, std::span<const std::byte> /*items*/) {}
  // First sight. Class, origin and vhost may change until on_connection_closed; that and the state are told.
  virtual void on_connection_opened(const Connection &) {}
  virtual void on_connection_changed(const Connection & /*before*/, const Connection & /*now*/) {}
  // The TLS handshake is over: connection.tls->handshake_ns is there.
  virtual void on_tls_established(const Connection &) {}
  virtual void on_bound(const Connection &, const Binding &) {}
  virtual void on_dropped(const Connection &, const Binding &) {}
  virtual void on_transaction_ended(const Connection &, const Transaction &) {}
  virtual void on_session_opened(const Connection &) {}
  virtual void on_session_closed(const Connection &) {}
  virtual void on_connection_closed(const Connection &) {}
  // lws logged a line that agent/lws/said.h knows.
  virtual void on_lws_said(const Event &) {}
  // accept() of lws's listener failed, or works again: k_accept_failed of event.h.
  virtual void on_accept_failed(const Event &, std::span<const std::byte> /*items*/) {}
  // Of the process, and no single connection: context_created, vhost_created, vhost_destroyed, mount_known, protocol_known, clients_waiting, served_late, service_misused,
  // dead_wsi_used, dead_context_used, timer_set, timer_cancelled; connect_requested with members that point to nowhere, or that are odd; call_failed of a call that had made no wsi; callback_refused of PROTOCOL_INIT.
  virtual void on_surroundings(const Event &, std::span<const std::byte> /*items*/) {}
  // The program's event loop: context_created, service_overslept, loop_left, loop_spins, foreign_call, call_lasted. The connection that it is about, or nullptr.
  virtual void on_loop_heard(const Event &, std::span<const std::byte> /*items*/, const Connection *) {}
  // A context is destroyed, and a descriptor that lws had opened is still open. KIND is lws's call: "eventfd", "socket".
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

}  // namespace wsitrace

#endif
