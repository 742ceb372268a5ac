# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: what comes and goes only in part, and what waits for the end of it (tests/corpus/troubles_parts.c)."""

from diagnosis_row import OWN, VERSIONS, row

EVERY = (*VERSIONS, OWN)
NOT_READ = ("never called lws_http_client_read()", "Nothing needs")  # the program does read
NOT_ASKED = ("TCP connect was issued", "firewall", "find out why the server", "no event loop")
ROWS = [
    # Messages.
    row("client_takes_piece_for_whole", says=("LWS_CALLBACK_CLIENT_RECEIVE of protocol 'desk' returned non-zero", "LWS_CALLBACK_CLIENT_RECEIVE gets a large message in pieces", "lws_is_final_fragment(wsi)"), never=("Nothing needs",), versions=EVERY),
    row("client_collects_pieces", says=("Nothing needs attention",)),
    row("server_takes_piece_for_whole", says=("LWS_CALLBACK_RECEIVE of protocol 'desk' returned non-zero", "more lay unread in the socket", "in pieces", "lws_is_final_fragment(wsi)"), never=("Nothing needs",), versions=EVERY),
    row("server_collects_pieces", says=("Nothing needs attention",)),
    row("writes_all_at_once", says=("LWS_CALLBACK_SERVER_WRITEABLE of protocol 'desk' returned non-zero", "lws still held a part of what that callback had written", "may return less than it was given"), never=("Nothing needs", "having nothing to write"), versions=EVERY),
    row("writes_piece_by_piece", says=("Nothing needs attention",)),
    row("writes_without_frame", says=("close code 1002", "wrote into the session with LWS_WRITE_HTTP", "LWS_WRITE_TEXT or LWS_WRITE_BINARY"), never=("Nothing needs", "1012 (service restart)"), versions=EVERY),
    # Bodies.
    row("upload_is_not_read", "peer_not_reading trouble 1", ("of the body of POST /order waited in the socket", "its receive buffer is full", "see the server's log"), ("has not sent the body", "find out why the server"), versions=EVERY),
    row("upload_is_read"),
    row("body_is_not_sent_again", "request_body_not_sent trouble 1", ("POST /order/", "with 307, a redirect", "the body has to be written again"), versions=("4.1.6", OWN)),
    row("body_is_sent_again"),
    # Answers.
    row("answer_stops_midway", says=("the answer to GET /order", "did not come to its end", "nothing in the last 1.", "lws_set_timeout()"), never=NOT_READ, versions=EVERY),
    row("answer_has_no_end", says=("did not come to its end", "lasts as long as its connection"), never=NOT_READ),
    row("answer_has_only_head", "input_not_read trouble 1", ("input_not_read, likely", "the server sent the head of its answer and no body", "see why the server stops after the head"), ("Nothing needs",), versions=EVERY),
    row("answer_comes_whole", says=("Nothing needs attention",)),
    # What waits for them.
    row("queued_behind_no_content", "answer_incomplete trouble 1 + request_never_sent trouble 1", ("it was queued behind connection 1", "without a socket of its own", "had begun with 204", "such an answer has no body"), (*NOT_ASKED, *NOT_READ), versions=EVERY),
    row("queued_behind_silence", "never_answered trouble 1 + request_never_sent trouble 1", ("it was queued behind connection 1", "GET /order was not answered", "LCCSCF_PIPELINE"), ("TCP connect was issued", "firewall")),
    row("queued_behind_whole_answer", says=("2 completed",)),
    row("queued_at_closing_server", "server_closed_before_answer trouble 1", ("It had no socket of its own", "connection 1", "LCCSCF_PIPELINE", "Connection: close"), ("LCCSCF_USE_SSL",), versions=EVERY),
    # Requests.
    row("path_lacks_slash", says=("GET order with 400", "does not begin with a slash", '"/order"'), never=("Nothing needs",), versions=("4.1.6", OWN)),
]
