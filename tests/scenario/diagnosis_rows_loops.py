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
    row("spins_on_writeable", "loop_spins trouble 1", ("never sleeps", "keeps asking for WRITEABLE on accepted connection", "only when there is something to write")),
    row("spins_on_library_loop", "loop_spins trouble 1", ("keeps asking for WRITEABLE on accepted connection", "lws_callback_on_writable() was called"), versions=("4.3.5",)),
    row("spins_by_timeout", "loop_spins trouble 1", ("negative timeout", "lws_service(context, 0)")),
    row("sends_without_pause"),
    row("context_for_each_attempt", "connection_refused trouble 7 + contexts_pile_up trouble 7", ("created 7 lws contexts", "none of them has a connection left", "create one context")),
    row("half_of_port_is_served", "clients_waiting trouble *", ("that was not serviced, while another loop of this program ran", "call lws_service() for each context"), versions=("4.3.5",)),
    row("all_of_port_is_served", versions=("4.3.5",)),
    row("crashes_in_create", "crashed trouble 1", ("within lws_create_context()", "end `protocols` with an entry of zeros"), status=139),
    row("uses_context_that_was_not_made", "crashed trouble 1 + context_not_made trouble 1", ("had returned NULL", "check the result of lws_create_context()"), status=139),
    row("server_in_each_context"),
    row("idle_session_is_cut", says=("ended without a close frame", "had sent nothing for 1.", "secs_since_valid_ping"), never=("Nothing needs",)),
    row("ws_answered_400", "answer_not_accepted trouble 1", ("with 400", "`host`")),
    row("ws_answered_405", "answer_not_accepted trouble 1", ("with 405", "check the path")),
    row("ws_answered_426", "answer_not_accepted trouble 1", ("with 426", "Sec-WebSocket-Version")),
    row("ws_answered_429", "answer_not_accepted trouble 1", ("with 429", "wait longer")),
    row("port_speaks_tls", "answer_not_accepted trouble 1", ("it is no HTTP", "LCCSCF_USE_SSL"), ("without an answer",)),
]
