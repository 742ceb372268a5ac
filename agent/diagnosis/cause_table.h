// SPDX-License-Identifier: MIT
//
// The table of all that wsitrace can say went wrong: one row each, with all that anyone asks of it. A new cause is a row here, a rule that
// returns it, and its page of the manual (deploy/manual/causes); documents, the page and the exporters follow (tests/lint/vocabulary.py).
//
// Faults come first, worst first: reports and the numbers of SARIF's rules keep this order. They are the kinds of findings.
//
// In a headline, {who} stands for the connections, "12 outbound connections to 127.0.0.1:80"; {a|b} for a with one and b with more.
// {detail} is what the rule found: connections with unlike ones are diagnoses of their own. {request} and {span} are the same, but
// connections that differ in them stay together, and the first one's is shown: a diagnosis for each path would be no grouping.
// {protocol} of a fault is the finding's. Where a headline is empty, the rule writes it.
// An advice is one sentence without a full stop, or empty.
// X(enumerator, name in JSON, allow-lists, metrics and SARIF, severity, headline, advice);
// of a fault also: cause::Flag, and what is wrong, for the manual
#ifndef WSITRACE_DIAGNOSIS_CAUSE_TABLE_H
#define WSITRACE_DIAGNOSIS_CAUSE_TABLE_H

// clang-format off
#define WSITRACE_CAUSES(X) \
  X(kConnectionNotDestroyed, "connection_not_destroyed", kFault, \
    "{who} {was|were} never destroyed, although {its|their} context was", \
    "let the event loop run until lws has closed it: lws_context_destroy() may need more turns of a foreign loop", \
    kLeak | kRestsOnAbsence, "the lws context is gone, but lws never destroyed the connection") \
  X(kBindingNotDropped, "binding_not_dropped", kFault, \
    "protocol {protocol} was never dropped on {who} whose context is gone", \
    "free session memory in the protocol's ..._DROP_PROTOCOL, and see why the connection outlived its context", \
    kLeak | kRestsOnAbsence, "a protocol is still bound to such a connection, so its session memory was never freed") \
  X(kSessionMemoryLeft, "session_memory_left", kFault, \
    "the user pointer of {who} was still set after the last DROP of protocol {protocol}", \
    "free it in the protocol's ..._DROP_PROTOCOL, and call lws_set_wsi_user(wsi, NULL) there", \
    kLeak | kRestsOnAbsence, "memory that the program attached to a connection was not freed (only with `--session-memory`)") \
  X(kConnectionLeftOpen, "connection_left_open", kFault, \
    "{who} {is|are} still open", \
    "close it before that part ends and let the event loop run until lws has; open what is to outlive it before", \
    0, "a connection opened in one part of a program, such as a test, is still open after it ([library](library.md#in-unit-tests)); with `--require-closed`, when the program ends") \
  X(kDescriptorLeft, "descriptor_left", kFault, \
    "", \
    "create one context and keep it, or use a version of lws that closes what it opens", \
    kLeak, "file descriptors that lws opened for a context are still open after the context was destroyed") \
  X(kContextNotDestroyed, "context_not_destroyed", kFault, \
    "", \
    "call lws_context_destroy() for each context", \
    kLeak | kRestsOnAbsence, "other contexts were destroyed, this one was not") \
  X(kVhostNotDestroyed, "vhost_not_destroyed", kFault, \
    "", \
    "look for what still holds on to the vhost: lws frees it when its last connection is gone", \
    kLeak | kRestsOnAbsence, "the context is gone, but the vhost's protocols never got `PROTOCOL_DESTROY`") \
  X(kTransactionNotCompleted, "transaction_not_completed", kFault, \
    "the handler of protocol {protocol} never completed its response on {who}", \
    "call lws_http_transaction_completed() after the last byte of the response, on every path of the handler", \
    0, "a handler never told lws that its response is complete") \
  X(kConnectsPilingUp, "connects_piling_up", kFault, \
    "", \
    "wait for CLIENT_CONNECTION_ERROR or the connection before the next lws_client_connect_via_info()", \
    0, "the program starts outbound connections to one target faster than they finish") \
  X(kSessionsSuperseded, "sessions_superseded", kFault, \
    "", \
    "close the session before a new one takes its place, and use one that is open instead of a new one", \
    0, "outbound websocket sessions stay open and idle, each with a newer one to the same target") \
  X(kPeerGone, "peer_gone", kFault, \
    "{who} {was|were} kept after the peer had closed", \
    "let lws read: see lws_rx_flow_control(), and set a timeout or a validity check (retry_and_idle_policy)", \
    0, "the peer closed the connection and the program did not let lws notice") \
  X(kAdoptedOutlivesSession, "adopted_outlives_session", kFault, \
    "{who} of protocol {protocol} {is|are} still open, adopted in a callback of a websocket session that has ended", \
    "close it when its session closes (LWS_CALLBACK_CLOSED), with lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC)", \
    0, "descriptors that were adopted in callbacks of websocket sessions are still open though these sessions have ended") \
  X(kOutboundOutlivesSession, "outbound_outlives_session", kFault, \
    "", \
    "close it when its session closes: lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC) in LWS_CALLBACK_CLOSED, for the wsi that lws_client_connect_via_info() had returned", \
    0, "outbound connections that were made in callbacks of websocket sessions are still open though these sessions have ended") \
  X(kConnectionsGrow, "connections_grow", kFault, \
    "", \
    "find out what should have closed them: `wsitrace report FILE --open` lists them, and `wsitrace explain FILE --conn ID` shows each one", \
    0, "more connections stay open after each load, and their number never falls") \
  X(kNeverAnswered, "never_answered", kTrouble, \
    "{who} {was|were} never answered", \
    "find out why the server does not answer; wait for CLIENT_CONNECTION_ERROR or the answer before you connect again, and pause longer each time") \
  X(kNotServiced, "not_serviced", kTrouble, \
    "{who} {was|were} not serviced: no event loop ran for {span} after the connect", \
    "call lws_service() right after lws_client_connect_via_info(), or start the loop first; the server is not the cause") \
  X(kNotItsLoop, "context_not_serviced", kTrouble, \
    "{who} {was|were} not serviced for {span}, while this program ran another event loop", \
    "call lws_service() for each context (and lws_service_tsi() for each of its count_threads); one context is enough for any number of servers and clients") \
  X(kProtocolUnknown, "protocol_unknown", kTrouble, \
    "{who} {was|were} to get protocol '{detail}', which its vhost does not have", \
    "compare local_protocol_name (or else protocol) of the connect info with the names in the lws_protocols of the vhost") \
  X(kProtocolNotNamed, "protocol_not_named", kNote, \
    "{who} got the callbacks of {detail}, because the connect info names no protocol", \
    "name the protocol that is to get its callbacks in local_protocol_name of the connect info") \
  X(kProxyIgnored, "proxy_ignored", kNote, \
    "lws ignores the HTTP proxy that is set: {detail}", \
    "write http_proxy (or what lws_set_proxy() gets) as HOST:PORT or http://HOST:PORT, an IPv6 address in brackets") \
  X(kResponseOwed, "response_owed", kTrouble, \
    "{who} {is|are} owed a response to {request}", \
    "answer on every path of the handler, or return -1 to give up; lws_set_timeout() ends a connection that nobody answers") \
  X(kResponseUnfinished, "response_unfinished", kTrouble, \
    "the response to {request} on {who} was not completed", \
    "call lws_http_transaction_completed() after the last byte of the response, on every path of the handler") \
  X(kNameFailed, "name_not_resolved", kTrouble, \
    "{who} failed: the name was not resolved ({detail})", \
    "check the name, and the resolver of this machine") \
  X(kRefusedByTarget, "connection_refused", kTrouble, \
    "{who} {was|were} refused: nothing listens there", \
    "check address and port, and that the server runs; pause longer before each new attempt") \
  X(kUnreachable, "connect_failed", kTrouble, \
    "{who} could not be made: {detail}", \
    "check the address, and the route to it") \
  X(kConnectTimeout, "connect_timeout", kTrouble, \
    "{who} got no answer to the TCP connect within {span}", \
    "check the address, and look for a firewall that drops packets; connect_timeout_secs of the context sets how long lws waits") \
  X(kProxyRefused, "proxy_refused", kTrouble, \
    "the proxy refused {who}{detail}", \
    "check the proxy's address and credentials (http_proxy, or lws_set_proxy() with user:password@host:port)") \
  X(kAnswerRefused, "answer_not_accepted", kTrouble, \
    "the server's answer on {who} was not accepted: {detail}", \
    "check path, host and subprotocol of the request, and what the server requires") \
  X(kAnswerIncomplete, "answer_incomplete", kTrouble, \
    "the answer to {request} on {who} did not come to its end", \
    "see why the server stops there") \
  X(kBodyNotSent, "request_body_not_sent", kTrouble, \
    "this program has not sent the body of {request} on {who}", \
    "call lws_callback_on_writable() after lws_client_http_body_pending(wsi, 1), write the body in LWS_CALLBACK_CLIENT_HTTP_WRITEABLE and call lws_client_http_body_pending(wsi, 0) with the last of it") \
  X(kReconnectStorm, "reconnect_storm", kTrouble, \
    "this program connects again and again, without a pause: {who}", \
    "wait before each new attempt, and longer each time: lws_retry_sul_schedule() with a lws_retry_bo_t does that") \
  X(kServerLeftBeforeAnswer, "server_closed_before_answer", kTrouble, \
    "the server closed {who} before it answered {request}", \
    "see the server's log; a keep-alive connection may close at any time, so be ready to send the request again") \
  X(kServerLeftInAnswer, "server_closed_mid_answer", kTrouble, \
    "the server closed {who} before the response to {request} was complete", \
    "see the server's log; free what belongs to the request in LWS_CALLBACK_CLOSED_CLIENT_HTTP, too") \
  X(kNeverSent, "request_never_sent", kTrouble, \
    "the request of {who} was never sent: {detail}", \
    "do not queue behind a connection whose answer may not end: leave out LCCSCF_PIPELINE, or send it again when that one fails") \
  X(kTlsVerify, "tls_certificate", kTrouble, \
    "this program refused the certificate on {who}: {detail}", \
    "give the server a certificate for that name from a CA that is trusted here (client_ssl_ca_filepath)") \
  X(kTlsFailed, "tls_failed", kTrouble, \
    "the TLS handshake on {who} failed: {detail}", \
    "") \
  X(kUpgradeRefused, "upgrade_refused", kTrouble, \
    "the websocket upgrade was refused on {who}{detail}", \
    "compare the subprotocols that the client offers with the protocols of the vhost") \
  X(kUpgradeLost, "upgrade_lost", kTrouble, \
    "{who} asked for a websocket without an Upgrade header: {request}", \
    "let what stands in front of this server pass the upgrade on; nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\"") \
  X(kRequestRefused, "request_refused", kTrouble, \
    "the request was refused on {who}{detail}", \
    "") \
  X(kProtocolError, "protocol_error", kTrouble, \
    "lws closed {who}: {detail}", \
    "") \
  X(kPeerGaveUp, "goaway_from_peer", kTrouble, \
    "the peer of {who} gave up with GOAWAY: {detail}", \
    "") \
  X(kNobodyHears, "session_unheard", kTrouble, \
    "{who} {is a session|are sessions} of protocols[0], {detail}", \
    "let the client name the subprotocol that it wants (new WebSocket(url, name)), or put that protocol first in the vhost's table, or make it the default with a pvo named \"default\"") \
  X(kForeignWake, "called_on_another_thread", kTrouble, \
    "WRITEABLE of {who} came {span} after lws_callback_on_writable(), which was called on another thread than the event loop's", \
    "on another thread call only lws_cancel_service(), and lws_callback_on_writable() in LWS_CALLBACK_EVENT_WAIT_CANCELLED, which then comes on the loop's thread") \
  X(kAdoptFailed, "adopt_failed", kTrouble, \
    "lws did not adopt the socket of {who}", \
    "check the result of the adopt call: the protocol must be one of the vhost's, and the descriptor open") \
  X(kPingTimeout, "ping_timeout", kTrouble, \
    "{who} ended because no pong came", \
    "check that the peer is there and answers pings; secs_since_valid_ping and secs_since_valid_hangup of the retry policy set how long lws waits (300 s and 310 s where no policy is set)") \
  X(kDeadline, "application_deadline", kTrouble, \
    "{who} ended at a timeout that this program set: {detail}", \
    "set it again with every sign of progress, or cancel it with lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0)") \
  X(kTimeout, "timeout", kTrouble, \
    "{who} ended by a timeout of lws: {detail}", \
    "") \
  X(kPeerLeftEarly, "peer_left_early", kTrouble, \
    "the peer of {who} left before the response to {request} was complete", \
    "") \
  X(kPeerLeftInResponse, "peer_left_in_response", kNote, \
    "the peer of {who} left while the response to {request} was sent", \
    "") \
  X(kClosedMidway, "closed_midway", kTrouble, \
    "this program closed {who} before the response to {request} was complete", \
    "") \
  X(kLostWithCarrier, "lost_with_carrier", kTrouble, \
    "{who} ended with the connection that carried {it|them}, unanswered", \
    "") \
  X(kCloseCodeUnused, "close_reason_alone", kTrouble, \
    "lws_close_reason() alone did not close {who}{detail}", \
    "return -1 from the callback after lws_close_reason()") \
  X(kBindingLeft, "binding_left", kTrouble, \
    "{who} had a binding that was never dropped", \
    "") \
  X(kServicedLate, "serviced_late", kTrouble, \
    "{who} waited {span} for the event loop", \
    "") \
  X(kLoopBlocked, "loop_blocked", kTrouble, \
    "{who} kept the event loop for {span}", \
    "do slow work on another thread, or in small steps from a timer: while a callback runs, its loop serves nobody") \
  X(kLoopNeverRan, "loop_never_ran", kTrouble, \
    "the event loop never ran: {detail}", \
    "call lws_service(context, 0) again and again until the program ends, or run the event loop that the context was given: lws does nothing by itself") \
  X(kLoopStopped, "loop_stopped", kTrouble, \
    "the event loop stopped: {detail}", \
    "see what the program did instead, and why it left its loop; lws does nothing between two calls of lws_service()") \
  X(kNotThreadSafe, "not_thread_safe", kTrouble, \
    "{detail} was called on another thread while lws_service() ran", \
    "on another thread call only lws_cancel_service(), and do the rest in LWS_CALLBACK_EVENT_WAIT_CANCELLED, which then comes on the loop's thread") \
  X(kTimeoutIgnored, "service_timeout_ignored", kNote, \
    "{detail}: lws sleeps until something happens, whatever the timeout", \
    "use lws_sul_schedule() for timed work, and lws_cancel_service() to wake the loop from another thread") \
  X(kLoopSpins, "loop_spins", kTrouble, \
    "the event loop never sleeps: {detail}", \
    "call lws_callback_on_writable() only when there is something to write, not every time ..._WRITEABLE comes") \
  X(kSlowCallback, "slow_callback", kNote, \
    "{who} lasted {span}", \
    "do slow work on another thread, or in small steps from a timer: while a callback runs, its loop serves nobody") \
  X(kAnsweredTwice, "answered_twice", kTrouble, \
    "{request} was answered twice on {who}", \
    "return right after the answer: lws_return_http_status(), lws_http_redirect() and lws_serve_http_file() send a whole one") \
  X(kNotRead, "input_not_read", kTrouble, \
    "what the peer of {who} sent was not read for {span}", \
    "let lws read again with lws_rx_flow_control(wsi, 1), and see on which path it stays switched off") \
  X(kNoCloseFrame, "no_close_frame", kNote, \
    "{who} ended without a close frame: the peer {detail}", \
    "see the peer's log, and proxies and timeouts between; a browser calls this close code 1006") \
  X(kCloseCode, "close_code", kNote, \
    "{who} ended with close code {detail}", \
    "") \
  X(kNotFound, "not_found", kNote, \
    "{request} was answered with 404 on {who}", \
    "") \
  X(kContextLeft, "context_left", kNote, \
    "the program exited without lws_context_destroy(): {detail}", \
    "call lws_context_destroy() before the program ends, so that peers see an orderly close") \
  X(kContextsPileUp, "contexts_pile_up", kTrouble, \
    "this program created {who} lws contexts and did not destroy them: {detail}", \
    "create one context and call lws_client_connect_via_info() on it for each attempt, or call lws_context_destroy() before you create the next") \
  X(kVhostsPileUp, "vhosts_pile_up", kTrouble, \
    "this program created {who} vhosts, one after the other, and did not destroy them", \
    "use one vhost for all connections of a kind (lws_client_connect_via_info() takes it as `vhost`), or call lws_vhost_destroy() when the connection that it was made for has gone") \
  X(kUnknownEnd, "unknown_end", kTrouble, \
    "{who} ended for an unknown reason", \
    "") \
  X(kCrashed, "crashed", kTrouble, \
    "the program crashed: {detail}", \
    "look at the core dump or the log; the crash ended whatever was open") \
  X(kGivenUpEarly, "given_up_early", kNote, \
    "this program ended {span} after it made {who}; no answer had come by then", \
    "keep the loop running until the answer or CLIENT_CONNECTION_ERROR comes") \
  X(kInheritedContext, "inherited_context", kNote, \
    "this process uses an lws context that another process made before fork()", \
    "fork first, and make the context in the process that uses it (lws_daemonize() before lws_create_context()): both processes hold the same sockets, and either may read what is meant for the other") \
  X(kEndedBySignal, "ended_by_signal", kNote, \
    "the program was ended by signal {detail}", \
    "handle SIGINT and SIGTERM: set a flag, leave the loop, and call lws_context_destroy(), so that peers see an orderly close") \
  X(kAcceptFailed, "accept_failed", kTrouble, \
    "accept() failed with {detail}", \
    "raise the limit of descriptors (ulimit -n, LimitNOFILE=) and find what holds them; lws spins until one is free") \
  X(kBindFailed, "listen_failed", kTrouble, \
    "this program does not listen on port {detail}", \
    "find what holds that port (ss -ltnp), or give the vhost another; a port below 1024 needs CAP_NET_BIND_SERVICE") \
  X(kTableFull, "connection_table_full", kTrouble, \
    "lws turned connections away: its own table of {detail} was full", \
    "raise the limit of descriptors before the context is made, or fd_limit_per_thread of the context; then find what holds its connections") \
  X(kNotMade, "context_not_made", kTrouble, \
    "lws_create_context() failed: {detail}", \
    "") \
  X(kClientsWaiting, "clients_waiting", kTrouble, \
    "{who} waited for a listener that was never serviced", \
    "call lws_service() in a loop, or run the event loop that the context was given") \
  X(kTurnedAwayByLws, "turned_away_by_lws", kTrouble, \
    "lws itself turned {who} away, before any callback", \
    "raise ip_limit_wsi of the context, and see whether clients behind one address (a proxy, a NAT) share that limit") \
  X(kServiceTwice, "service_on_two_threads", kTrouble, \
    "lws_service() of one context was called on two threads at once", \
    "call lws_service() on one thread only; another thread may call lws_cancel_service() and nothing else (for several service threads: count_threads and lws_service_tsi())") \
  X(kServiceNested, "service_in_callback", kTrouble, \
    "lws_service() was called within a callback, while it ran", \
    "return from the callback instead of waiting in it, and go on in the callback that reports what you wait for") \
  X(kWrongLength, "response_length_wrong", kTrouble, \
    "the response to {request} on {who} did not have the length that it promised", \
    "set Content-Length to the exact number of bytes in the body") \
  X(kNoEndOfResponse, "response_without_end", kTrouble, \
    "the client cannot tell where the response to {request} on {who} ends", \
    "give the head a Content-Length (lws_add_http_header_content_length(), or the length in lws_add_http_common_headers()), or send Transfer-Encoding: chunked and the body in chunks, or return -1 after the last byte: the end of the connection is that of the body then") \
  X(kCompletionIgnored, "completion_ignored", kTrouble, \
    "lws_http_transaction_completed() said that {who} {has|have} to be closed, and this program did not", \
    "write `if (lws_http_transaction_completed(wsi)) return -1;`: where it is not 0, the client has asked for the connection to be closed after the response") \
  X(kEndedByCallback, "ended_by_callback", kNote, \
    "this program ended {who}: {detail}", \
    "return 0 to keep the connection open; do not return the result of lws_write(), which is a byte count") \
  X(kCloseUnanswered, "close_unanswered", kTrouble, \
    "the peer of {who} did not answer this program's close frame within {span}", \
    "") \
  X(kVhostGone, "vhost_gone", kTrouble, \
    "{who} {is|are} still open, and the vhost was destroyed", \
    "end the connections of a vhost before lws_vhost_destroy(): lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC)") \
  X(kHeaderPool, "header_pool_used_up", kTrouble, \
    "the request on {who} was not read for {span}: no header table was free", \
    "raise max_http_header_pool of the context, or leave it at 0 to have one for each descriptor; and see what holds them: clients that do not finish their headers, or handlers that do not answer") \
  X(kDescriptorGone, "descriptor_closed_elsewhere", kTrouble, \
    "the descriptor of {who} was closed, and not by lws", \
    "leave it to lws, which closes what it has adopted; give lws a dup() if you need to keep the descriptor") \
  X(kPeerNotReading, "peer_not_reading", kTrouble, \
    "the peer of {who} did not read for {span}", \
    "write only in the WRITEABLE callback, one message at a time, and drop or merge what waits: lws keeps all that the socket does not take; ping and secs_since_valid_hangup of the retry policy end a session whose peer has gone") \
  X(kDeadWsi, "wsi_used_after_end", kTrouble, \
    "this program used the wsi of {who} after its end", \
    "forget a wsi in LWS_CALLBACK_CLOSED (CLOSED_HTTP, CLIENT_CLOSED, RAW_CLOSE) at the latest; after LWS_CALLBACK_WSI_DESTROY its memory is freed, and may be another connection's") \
  X(kHalfKept, "other_half_kept", kTrouble, \
    "", \
    "close it when its outbound half fails or ends (CLIENT_CONNECTION_ERROR, RAW_CLOSE, CLIENT_CLOSED of that one): lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC), with the accepted wsi kept in opaque_user_data of the connect info") \
  X(kStandIn, "stand_in_used", kTrouble, \
    "", \
    "keep the wsi of a connection from a callback of its own (LWS_CALLBACK_ESTABLISHED, CLIENT_ESTABLISHED, RAW_ADOPT, RAW_CONNECTED) until its ..._CLOSED, or call lws_callback_on_writable_all_protocol(), which needs none") \
  X(kDeadContext, "context_used_after_end", kTrouble, \
    "{detail}", \
    "") \
  X(kInfoNotSet, "connect_info_not_set", kTrouble, \
    "lws_client_connect_via_info() got a connect info that points to no memory: {detail}", \
    "") \
  X(kContinueNotSent, "continue_not_sent", kTrouble, \
    "the client of {who} waited for '100 Continue' before it sent the body of {request}", \
    "send it in LWS_CALLBACK_HTTP, where lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_EXPECT) is not 0 (lws_write() of \"HTTP/1.1 100 Continue\\r\\n\\r\\n\" with LWS_WRITE_HTTP_HEADERS), or let the client do without (curl -H 'Expect:')") \
  X(kBodyNotAllowed, "body_not_allowed", kTrouble, \
    "the response to {request} on {who} had a body, and must not have one", \
    "write only the head, with the last of it LWS_WRITE_HTTP_HEADERS, and then call lws_http_transaction_completed()") \
  X(kNoServiceThread, "no_such_service_thread", kTrouble, \
    "lws_service_tsi() was called for service thread {detail}", \
    "ask lws_get_count_threads() after lws_create_context(), and start that many threads; for more, use a libwebsockets that was built with LWS_MAX_SMP") \
  X(kCallbackObjected, "internal_callback_failed", kTrouble, \
    "{detail}", \
    "return 0 from a callback for every reason that it does not handle: `default: return 0`, and not -1") \
  X(kErrorStatus, "error_status", kNote, \
    "{request} on {who}", \
    "")
// clang-format on

#endif
