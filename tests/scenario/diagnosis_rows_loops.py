# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: the programs of tests/corpus/troubles_setup.c that are about clients and loops."""

from diagnosis_row import OWN, row

# Loops that run for somebody else, and what keeps a client from its callbacks.
LOOPS = [
    row("both_contexts_are_served"),
    row("contexts_on_two_threads"),
    row("foreign_loop_without_option", "not_serviced trouble 1", ("LWS_SERVER_OPTION_LIBUV", "foreign_loops"), ("firewall",)),
    row("foreign_loop_with_option"),
    row("broadcast_wakes_nobody", "called_on_another_thread trouble 1", ("lws_cancel_service()", "another thread"), versions=("4.1.6", OWN)),
    row("idle_session_is_cut", says=("ended without a close frame", "had sent nothing for 1.", "secs_since_valid_ping"), never=("Nothing needs",)),
    row("ws_answered_400", "answer_not_accepted trouble 1", ("with 400", "`host`")),
    row("ws_answered_405", "answer_not_accepted trouble 1", ("with 405", "check the path")),
    row("ws_answered_426", "answer_not_accepted trouble 1", ("with 426", "Sec-WebSocket-Version")),
    row("ws_answered_429", "answer_not_accepted trouble 1", ("with 429", "wait longer")),
    row("port_speaks_tls", "answer_not_accepted trouble 1", ("it is no HTTP", "LCCSCF_USE_SSL"), ("without an answer",)),
]
