# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: servers as their users report them (tests/corpus/troubles_field.c)."""

from diagnosis_row import row

ROWS = [
    row("head_has_no_room", "closed_midway trouble 1", ("A head with status 200 was begun, and no byte of it went out", "no room for more"), ("200 had been sent", "only after all of the response")),
    row("response_to_the_end"),
    row("response_in_chunks"),
    row("response_says_close"),
    row("file_completed_early", "response_length_wrong trouble 1", ("Its Content-Length says 5000000 bytes", "LWS_CALLBACK_HTTP_FILE_COMPLETION"), ("the exact number of bytes",)),
    row("file_completed", says=("1 completed",)),
    row("file_not_there", says=("was answered with 404", "Protocol 'desk'", "lws_serve_http_file()"), never=("no mount of the vhost has the path",)),
    row("options_unanswered", says=("OPTIONS /order was answered with 404", "CORS", "Access-Control-Allow-Origin"), never=("compare the path",)),
    row("body_is_not_let_in", "input_not_read trouble 1", ("10 bytes from the peer waited unread", "lws_rx_flow_control(wsi, 1)"), ("destroyed its lws context",)),
    row("descriptor_too_high", "adopt_failed trouble 3", ("has no place for that number", "when the context was made", "ls -l /proc/PID/fd"), ("check the result of the adopt call",)),
]
