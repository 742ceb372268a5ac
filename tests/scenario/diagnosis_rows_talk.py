# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: how programs talk in websocket sessions, and who comes for one (tests/corpus/troubles_talk.c)."""

import diagnosis_rows_parts
from diagnosis_row import OWN, VERSIONS, row

EVERY = (*VERSIONS, OWN)
ROWS = [
    # Close codes.
    row("code_of_nobody", says=("close code 1006 (which no close frame may carry) from this side", "RFC 6455 7.4 reserves", "LWS_CALLBACK_RECEIVE of protocol 'desk' returned non-zero", "4000 to 4999"), never=("Nothing needs",), versions=EVERY),
    row("code_out_of_range", says=("close code 2500 (which no close frame may carry) from this side", "only 1000 to 1014 and 3000 to 4999"), never=("reserves",)),
    row("code_of_its_own", says=("close code 4001 (private to the application) from this side",), never=("may carry",)),
    # Pings.
    row("pings_with_too_much", "protocol_error trouble 1", ("of more than 125 bytes", "A pong repeats the payload of its ping", "LWS_WRITE_PING to 125 bytes at most"), versions=EVERY),
    row("pings_with_little", says=("1 closed by the peer's close frame, code 1000",)),
    # Frames.
    row("message_within_message", "protocol_error trouble 1", ("parts of its websocket messages out of order", "close frame 1002", "continuation frames (opcode 0)"), ("see what the peer sends",), versions=EVERY),
    row("continuation_of_nothing", "protocol_error trouble 1", ("a continuation of none",), versions=EVERY),
    row("ping_in_parts", "protocol_error trouble 1", ("control frame (close, ping or pong) in parts",), versions=EVERY),
    row("message_in_parts", says=("1 closed by the peer's close frame, code 1000",)),
    # Writing.
    row("nothing_to_write_ends", says=("LWS_CALLBACK_SERVER_WRITEABLE of protocol 'desk' returned non-zero", "can also come when nobody asked for it", "also where there is nothing to write"), never=("Nothing needs",), versions=EVERY),
    row("nothing_to_write", says=("Nothing needs attention",)),
    row("writes_without_room", "crashed trouble 1", ("LWS_PRE bytes before the data", "free(): invalid pointer", "LWS_CALLBACK_SERVER_WRITEABLE of protocol 'desk', on connection 2, was running", "callback_talk, troubles_talk.c:"), ("gets NULL as `user`",), versions=EVERY, status=134),
    row("writes_with_room", says=("Nothing needs attention",)),
    row("takes_null_for_wsi", "crashed trouble 1", ("lws_callback_on_writable() had been called with NULL for the wsi", "check the wsi"), ("after its end",), versions=EVERY, status=139),
    row("looks_at_its_wsi"),
    row("writes_buffer_twice", says=("close code 1007", "masks what it sends where it lies", "fill the buffer anew before each lws_write()"), never=("Nothing needs",), versions=EVERY),
    row("fills_buffer_again", says=("Nothing needs attention",)),
    row("writes_before_session", "answer_not_accepted trouble 1", ("with 400", "writes nothing before LWS_CALLBACK_CLIENT_ESTABLISHED has come")),
    # Clients that are sent away.
    row("stays_away", says=("close code 1001 from the peer, and this program did not connect again", "connected nowhere in that time", "connect again in LWS_CALLBACK_CLIENT_CLOSED, too"), never=("Nothing needs",), versions=EVERY),
    row("stays_away_unasked", says=("ended without a close frame", "connected nowhere in that time", "connect again in LWS_CALLBACK_CLIENT_CLOSED, too"), never=("Nothing needs",)),
    row("stays_away_when_done", says=("Nothing needs attention",)),
    row("comes_back", never=("connected nowhere", "did not connect again")),
    row("connects_in_callback", "crashed trouble 1", ("each call within the one before", "do not connect again within LWS_CALLBACK_CLIENT_CONNECTION_ERROR", "depot..invalid:80"), ("gets NULL as `user`", "TCP connect was issued", "`userdata`"), versions=("4.3.5",), status=139),
    # Who comes for a websocket.
    row("offers_other_spelling", "upgrade_refused trouble 1", ("no protocol of a name that the client offered", "The vhost has 'http', 'desk'", "upper and lower case differ"), versions=EVERY),
    row("socket_io_comes", says=("GET /socket.io/ was answered with 404", "the path of a socket.io client", "new WebSocket(url, name)"), never=("Nothing needs",)),
    *diagnosis_rows_parts.ROWS,
]
