# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: the programs of tests/corpus/troubles_returns.c."""

from diagnosis_row import row

ROWS = [
    # Connections that come back.
    row("raw_in_a_rush", "reconnect_storm trouble 13", ("13 outbound connections to 127.0.0.1:", "were ended by the server", "without a pause")),
    row("raw_asks_in_turn", never=("again and again",)),
    row("visitor_churns", says=("a client at 127.0.0.1 connected again and again: 29 of the 29", "All became websocket sessions", "The client closed each of them"), never=("Nothing needs",)),
    row("visitors_are_served", never=("again and again",)),
    # What is open at the end.
    row("links_until_exit", says=("3 outbound connections to 127.0.0.1:", "1 outbound connection to 127.0.0.1:", "protocol desk: connected", "nothing has come in for 1."), never=("leak",)),
    row("links_superseded", "sessions_superseded fault 10", ("10 outbound raw connections to 127.0.0.1:", "heard nothing since", "11 still open")),
    row("links_in_use"),
    # In vain.
    row("queued_behind_stream", "request_never_sent trouble 3", ("queued behind connection 1", "had begun with 200", "LCCSCF_PIPELINE"), ("The TCP connect was issued", "never answered"), versions=("4.1.6",)),
    row("proxy_name_unknown", "proxy_refused trouble 1", ("its name was not resolved", "http_proxy"), ("127.0.0.1 failed",)),
    row("post_forgotten_halfway", "never_answered trouble 1", ("POST /order", "has not said that it is complete", "write the rest"), ("find out why",)),
    row("loop_left_behind", "peer_gone fault 3", ("lws_service() was not called in the last", "call lws_service() to the end"), ("lws_rx_flow_control()",)),
    row("crashes_as_context_ends", "crashed trouble 1", ("LWS_CALLBACK_CLOSED of protocol 'desk'", "lws_context_destroy() had been called and had not returned"), status=139),
]
