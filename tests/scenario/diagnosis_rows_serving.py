# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: what ends the connections of servers, and what they leave behind (tests/corpus/troubles_serving.c)."""

from diagnosis_row import OWN, VERSIONS, row

EVERY = (*VERSIONS, OWN)
ROWS = [
    # Timeouts of the program, and those of lws.
    row("limit_as_of_lws", "application_deadline trouble 1", ("lws_set_timeout(wsi, PENDING_TIMEOUT_AWAITING_PING, 1)", "a missing pong is not the reason"), ("timeout_secs",), versions=EVERY),
    row("limit_taken_back", says=("1 closed by the peer's close frame",)),
    row("limit_on_request", "transaction_not_completed fault 1", ("1 s that this program had set, lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, 1)", "no response was sent"),
        ("timeout_secs of the context sets", "set by timeout_secs"), versions=EVERY),
    row("events_cut_off", "timeout trouble 1", ("the response to GET /order was cut off while it went on", "without a Content-Length", "timeout_secs of the context", "NO_PENDING_TIMEOUT"),
        ("the peer did not read", "stood still"), versions=EVERY),
    row("events_without_limit"),
    row("download_cut_off", "timeout trouble 1", ("of the 1000 bytes of its body", "lws_write() does not move it"), ("the peer did not read", "stood still")),
    row("kills_itself_at_once", "crashed trouble 1", ("LWS_TO_KILL_SYNC", "LWS_TO_KILL_ASYNC", "connection 2"), status=139),
    row("kills_another_at_once", says=("lws_set_timeout() with LWS_TO_KILL_SYNC",), never=("Nothing needs",)),
    row("peer_restarts", says=("close code 1002", "1012 (service restart)"), never=("Nothing needs",)),
    # The other half of a proxy.
    row("proxy_forgets_other_half", "outbound_outlives_session fault 6", ("6 outbound connections", "websocket session that has ended", "LWS_CALLBACK_CLOSED", "raw, protocol desk: connected"),
        ("waiting for the server's answer",), versions=EVERY),
    row("proxy_ends_other_half"),
    # Bodies.
    row("post_without_length", "response_owed trouble 1", ("POST /order", "neither Content-Length nor Transfer-Encoding", "HTTP_BODY_COMPLETION"), ("not all of the request's body",), versions=EVERY),
    row("post_without_length_until_timeout", "response_owed trouble 1", ("neither Content-Length nor Transfer-Encoding",), ("promise more than it sends",)),
    row("post_of_nothing"),
    row("expects_continue_and_leaves", "peer_left_early trouble 1", ("100 Continue", "curl -H 'Expect:'"), ("came in chunks",)),
    row("continue_does_not_come", "continue_not_sent trouble 1", ("waited for '100 Continue'", "POST /order", "after the head"), versions=EVERY),
    row("continue_comes"),
    row("head_gets_body", "body_not_allowed trouble 1", ("A response to HEAD has no body", "6 bytes"), versions=EVERY),
    row("no_content_has_body", "body_not_allowed trouble 1", ("status 204 has no body", "6 bytes")),
    # Callbacks that object.
    row("objects_to_wake_up", "crashed trouble 1 + internal_callback_failed trouble 1", ("EVENT_WAIT_CANCELLED of protocol 'desk' returned non-zero", "likely cause", "default: return 0"), versions=("4.1.6", OWN), status=139),
    row("objects_to_wake_up", "internal_callback_failed trouble 1", ("EVENT_WAIT_CANCELLED of protocol 'desk' returned non-zero", "lws_cancel_service()"), versions=("4.3.5",)),
    row("objects_to_binding", "request_refused trouble 1", ("LWS_CALLBACK_HTTP_BIND_PROTOCOL of protocol 'desk' returned non-zero",)),
    # Service threads.
    row("serves_with_a_thread_too_many", "crashed trouble 1 + no_such_service_thread trouble 1", ("for service thread 1; the context has only thread 0", "LWS_MAX_SMP", "likely cause"), versions=EVERY, status=139),
    row("serves_with_all_threads"),
    # Sockets that were read from before.
    row("adopted_after_reading", "request_refused trouble 1", ("had adopted the socket", "lws_adopt_socket_vhost_readbuf()"), ("scanner", "certificate")),
    row("adopted_with_what_was_read"),
]
