# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: ends that are told as another's, and what waits unread or stays open after a request (tests/corpus/troubles_closing.c)."""

from diagnosis_row import OWN, VERSIONS, row

EVERY = (*VERSIONS, OWN)
NOT_OF_LWS = ("protocol error", "lws closed", "what the peer sent")
ROWS = [
    # Codes of close frames.
    row("codes_stored_at_destroy", "close_reason_alone trouble 3",
        ("3 websocket sessions", "lws_close_reason(1001)", "destroyed its lws context", "sends no close frame", "3 ended by lws_context_destroy(), without a close frame", "let the loop run"), NOT_OF_LWS, versions=EVERY),
    row("codes_sent_before_destroy", says=("3 closed by this program's close frame, code 1001",), versions=EVERY),
    row("session_told_why", says=("close code 1008", "from this side", "LWS_CALLBACK_ESTABLISHED of protocol 'desk' returned non-zero"), versions=EVERY),
    row("upgrade_gets_status", "upgrade_refused trouble 1", ("FILTER_PROTOCOL_CONNECTION of protocol 'desk' returned non-zero", "answered with 401")),
    # Descriptors that a request adopts.
    row("jobs_outlive_requests", "adopted_outlives_session fault 5", ("5 adopted descriptors of protocol desk", "LWS_CALLBACK_HTTP", "none ever ended", "LWS_CALLBACK_CLOSED_HTTP"), ("websocket session",), versions=EVERY),
    row("jobs_end_with_requests", versions=EVERY),
    row("jobs_are_two", says=("2 adopted connections, raw_file, protocol desk",)),
    # Time limits and waits.
    row("own_limit_on_answer", "never_answered trouble 2", ("GET /order", "when a timeout of 1 s that this program had set, lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE + 3, 1), ended it"), ("timeout_secs",), versions=EVERY),
    row("no_limit_on_answer", says=("2 completed",), versions=EVERY),
    row("next_waits_behind_body", "response_owed trouble 1", ("POST /order", "LWS_CALLBACK_HTTP_BODY_COMPLETION came", "wait behind the body", "its next request"), versions=("4.1.6", OWN)),
    row("pollers_leave_unserved", "response_owed trouble 4", ("GET /order", "Of the peers, 2 had closed the connection (FIN) and 2 had reset it (RST)"), versions=EVERY),
    row("pollers_leave_served", says=("2 closed by the peer with a reset (RST)", "2 closed by the peer"), never=("Of the peers",)),
    row("tables_of_address_in_use", "input_not_read trouble 1", ("waited unread in the socket", "no request was taken", "ip_limit_ah"), ("lws_rx_flow_control", "Nothing needs")),
    row("tables_of_address_free", says=("1 completed",)),
    row("head_stays_half", says=("closed by the peer before lws had read a whole request",), never=("had sent nothing",)),
]
