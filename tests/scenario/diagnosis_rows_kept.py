# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: the programs of tests/corpus/troubles_kept.c."""

import diagnosis_rows_returns
from diagnosis_row import row

ROWS = [
    # The wsi of callbacks that are about no connection.
    row("asks_stand_in_to_write", "crashed trouble 1 + stand_in_used trouble 1",
        ("lws_callback_on_writable() with the wsi that lws passes to LWS_CALLBACK_EVENT_WAIT_CANCELLED, which is not a connection", "That is the likely cause", "LWS_CALLBACK_ESTABLISHED"), ("core dump",), status=139),
    row("asks_session_to_write"),
    # Timers.
    row("timer_left_in_guest", "crashed trouble 1", ("lws_sul_schedule()", "LWS_CALLBACK_ESTABLISHED of protocol 'desk' on connection 2", "lws_sul_cancel()"), ("core dump",), status=139),
    row("timer_taken_from_guest"),
    row("session_timer_cancelled", says=("LWS_CALLBACK_TIMER of protocol 'desk' returned non-zero", "LWS_SET_TIMER_USEC_CANCEL", "lws_sul_cancel()"), never=("the result of lws_write()", "Nothing needs")),
    row("session_timer_moved_on"),
    # Ends.
    row("context_destroyed_again", "context_used_after_end trouble 1", ("lws_context_destroy() was called again", "set the pointer to NULL"), versions=("4.3.5",)),
    row("file_goes_on_at_its_end", "loop_spins trouble 1", ("or carries on after its end", "return -1 when read() returns 0")),
    row("file_ends_at_its_end"),
    row("feeds_nobody", says=("SIGPIPE", "whose other end is gone", "signal(SIGPIPE, SIG_IGN)"), never=("Nothing needs",), status=141),
    row("feeds_helper"),
    # Waits for its own loop.
    row("waits_in_callback", "loop_blocked trouble 1 + not_serviced trouble 1", ("LWS_CALLBACK_RECEIVE of protocol 'desk'", "that callback has not returned", "do not wait in a callback"), status=137),
    row("waits_in_loop"),
    # Both halves of a proxy.
    row("proxy_keeps_caller", "connection_refused trouble 3 + other_half_kept trouble 3", ("3 accepted connections were kept", "CLIENT_CONNECTION_ERROR", "LWS_TO_KILL_ASYNC")),
    row("proxy_ends_caller", "connection_refused trouble 3", never=("were kept",)),
    # Sockets.
    row("udp_port_taken", "adopt_failed trouble 1", ("bind() of the UDP socket failed", "ss -lunp"), ("never destroyed", "never dropped"), versions=("4.3.5",)),
    row("udp_port_free"),
    row("socket_path_is_no_name", "name_not_resolved trouble 1", ("write a '+' before its path",), ("the port belongs in",)),
    row("raw_client_names_none", says=("got the callbacks of 'desk'", "local_protocol_name", "'porter'"), never=("Nothing needs",)),
    row("raw_client_names_one"),
    *diagnosis_rows_returns.ROWS,
]
