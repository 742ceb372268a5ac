// SPDX-License-Identifier: MIT
//
// From a callback of lws to an event. Called on the host's service threads.
//
// Cost: a reason without the role kRecorded (agent/lws/callbacks.h) costs a table look-up. BIND, DROP and the other plain kinds cost one record
//       (tests/bench/record_bench.cpp); NEW_CLIENT_INSTANTIATED also two syscalls (both addresses), once per connection.
#ifndef WSITRACE_PROBE_RECORD_H
#define WSITRACE_PROBE_RECORD_H

#include <libwebsockets.h>

#include "wsitrace/event.h"

namespace wsitrace {

void record_callback(size_t thunk_index, lws *wsi, int reason, const void *in, size_t length) noexcept;
// The callback for REASON returned non-zero. WSI is not looked into: it may be on its way out.
void record_refusal(size_t thunk_index, const lws *wsi, int reason) noexcept;
// The same of a callback that is about no connection.
void record_objection(size_t thunk_index, int reason) noexcept;
void record_vhost(EventKind kind, lws_vhost *vhost) noexcept;
// An event of our own about SUBJECT, a wsi or a context. TEXT is a literal or nullptr.
void record_own(EventKind kind, const void *subject, int value, const char *text) noexcept;
// lws_sul_schedule() for TIMER, to be due in DUE_MS; AGAIN: it had been set before.
void record_timer(const void *timer, int due_ms, bool again) noexcept;
// Same, about a wsi that is alive: its vhost is recorded too.
void record_about(EventKind kind, lws *wsi, int value, const char *text) noexcept;
// lws_close_reason(WSI, CODE, TEXT, LENGTH) was called; TEXT is lws's own, or nullptr.
void record_close_code(lws *wsi, int code, const unsigned char *text, size_t length) noexcept;
// lws_close_free_wsi(WSI, REASON, CALLER) was called.
void record_close(lws *wsi, int reason, const char *caller) noexcept;
// lws_http_transaction_completed(WSI) was called.
void record_completion(lws *wsi) noexcept;
// lws_add_http_header_status(WSI, STATUS) was called.
void record_status(lws *wsi, unsigned status) noexcept;
// The handler of WSI, which has written a response whole, returned without saying so.
void record_whole_response(lws *wsi) noexcept;
// WSI, which is not looked into, is left with the response that it was sending.
void record_response_left(const void *wsi) noexcept;
// The callback for REASON returned, AT_LEAST_MS after it was called. WSI is not looked into.
void record_lasted(size_t thunk_index, const lws *wsi, int reason, uint32_t at_least_ms) noexcept;
// lws_client_connect_via_info(INFO) was called. Of the query, nothing is kept.
void record_connect(const lws_client_connect_info *info) noexcept;
// The call named NAME, a literal, began at SINCE_NS (CLOCK_MONOTONIC) and has returned NULL.
void record_failed_call(const char *name, uint64_t since_ns) noexcept;
// The TLS handshake of SSL on FD is over.
void record_handshake(int fd, const void *ssl) noexcept;
// It failed: FAILURE is why, a literal. lws may end the connection without another word, so what is known of the socket comes along.
void record_failed_handshake(int fd, const void *ssl, const char *failure) noexcept;
// lws logged a line, about WSI or nullptr: VALUE as said_value() makes it, TEXT a literal or not, ERROR an errno or 0.
void record_said(const void *wsi, int value, const char *text, uint8_t error, bool is_literal) noexcept;
// The callback that lws_callback_on_writable(WSI) asked for is about to be called, or WSI to be DESTROYED: see wakes.h.
void record_wake(lws *wsi, bool destroyed) noexcept;
// lws_create_context() has returned CONTEXT.
void record_context(const void *context, const ContextFacts &facts, const ContextOptions *options) noexcept;
// Connections wait in the queue of lws's LISTENER.
void record_waiting(int listener, const AcceptFacts &facts) noexcept;
// See served_late of event.h.
void record_spin(const void *wsi, int how, const SpinFacts &facts) noexcept;
void record_late(uint32_t waited_ms, uint32_t pause_ms) noexcept;
// An event of KIND about no wsi, with ITEM of TAG.
void record_with(EventKind kind, int value, ItemTag tag, const void *item, size_t bytes) noexcept;
// accept() failed with ERROR, whose NAME is a literal; 0 and nullptr: it works again.
void record_accept(int error, const char *name, const AcceptFacts &facts) noexcept;

}  // namespace wsitrace

#endif
