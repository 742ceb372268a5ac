# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: the programs of tests/corpus/troubles_caller.c."""

from diagnosis_row import OWN, VERSIONS, row

ALL = (*VERSIONS, OWN)
ROWS = [
    # A crash.
    row("crashes_with_dead_wsi", "crashed trouble 1 + wsi_used_after_end trouble 1",
        ("lws_callback_on_writable() had been called about the wsi of connection 1", "That is the likely cause", "forget a wsi in LWS_CALLBACK_CLOSED"), ("core dump",), versions=ALL, status=134),
    # The loops of libraries.
    row("library_loop_destroyed_once", "vhost_not_destroyed fault 1", ("lws_context_destroy() once more", "LWS_SERVER_OPTION_LIBUV"), ("holds on to the vhost",), versions=("4.1.6", OWN)),
    row("library_loop_destroyed_once", versions=("4.3.5",)),
    row("library_loop_destroyed_twice", versions=ALL),
    row("library_loop_never_runs", "not_serviced trouble 1", ("made with LWS_SERVER_OPTION_LIBUV", "run the event loop that the context was made for"), ("call lws_service() right after",), versions=ALL),
    # A loop that sleeps.
    row("connects_beside_sleeping_loop", "not_serviced trouble 1 + not_thread_safe trouble 1", ("on another thread than lws_service() ran on, which it does not wake", "LWS_CALLBACK_EVENT_WAIT_CANCELLED"),
        ("call lws_service() right after",), versions=("4.1.6", OWN)),
    # Idle sessions.
    row("hangs_up_before_ping", "timeout trouble 1", ("hung up before it sent a ping", "secs_since_valid_hangup of the retry policy some seconds higher"), ("no pong came", "check that the peer is there"), versions=ALL),
    row("hears_before_hangup", versions=ALL),
    # Answers.
    row("redirect_without_location", "answer_not_accepted trouble 1", ("does not say where to",), versions=ALL),
    row("header_without_colon", says=("the server answered GET /order with 400", "ends with a colon"), never=("Nothing needs",), versions=ALL),
    row("writes_second_request", says=("the server answered GET /order with 401", "connect again", "is no request"), never=("Nothing needs",), versions=ALL),
    row("post_is_redirected", says=("the server answered POST /done with 405", "redirected POST /order with 303", "the same method"), never=("Nothing needs",), versions=ALL),
    # What the connect is given.
    row("address_null", "connect_failed trouble 1", ("`address` of the connect info is empty or NULL", "set `address`"), ("vhost, protocol and method",), versions=ALL),
    # HTTP/2 without TLS.
    row("h2_server_leaves", "lost_with_carrier trouble 1", ("lws had sent GET /order as a client", "send again what is safe to repeat"), ("it is no HTTP/2", "had been handled"), versions=ALL),
]
