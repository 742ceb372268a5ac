# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: requests that were not made as they were meant, and HTTP/2 services that do not take them (tests/corpus/troubles_asking.c)."""

from diagnosis_row import OWN, VERSIONS, row

ALL = (*VERSIONS, OWN)
NOT_OURS = ("this program closed", "Nothing needs")  # the server did it
ROWS = [
    # The connect info.
    row("path_is_whole_url", says=("the server answered GET /order with 404", "`path` of the connect info is a URL", "starting with the slash"), never=("Nothing needs",)),
    row("path_names_url"),
    row("host_not_given", says=("the server answered GET /order with 400", "`host` of the connect info is NULL"), never=("Nothing needs",)),
    row("host_not_missed"),
    row("host_not_given_for_tls", "crashed trouble 1", ("`host` of the connect info of connection 1 is NULL", "the name that is in the server's certificate"), ("per_session_data_size",), status=139),
    row("websocket_only_there", says=("the server answered GET /order with 426", "leave `method` of the connect info at NULL"), never=("Nothing needs",)),
    row("tls_only_there", says=("the server answered GET /order with 400", "LCCSCF_USE_SSL"), never=("`host` of the connect info is NULL", "Nothing needs")),
    row("address_in_brackets", "connect_failed trouble 1", ("its `address` is in brackets", "leave the brackets out"), ("resolver of this machine",), versions=("4.1.6",)),
    row("address_in_brackets", "name_not_resolved trouble 1", ("[::1]:9", "leave the brackets out"), ("resolver of this machine",), versions=("4.3.5",)),
    row("host_in_brackets", "connection_refused trouble 1", ("[::1]:9",), ("brackets",)),
    row("path_has_no_room", "connect_failed trouble 1", ("1 connect came to nothing", "longer than max_http_header_data", "pt_serv_buf_size"), ("check vhost, method and address",), versions=ALL),
    row("path_has_no_room_left", "connect_failed trouble 1", ("outbound connection 1", "longer than max_http_header_data", "pt_serv_buf_size"), ("check its result",), versions=ALL),
    row("path_has_room"),
    # The head.
    row("header_line_left_open", "never_answered trouble 1", ("GET /order", "LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER of protocol 'desk'", "does not end with CR LF"), ("find out why the server",)),
    row("header_ends_the_head", says=("the server answered GET /order with 400", "contains an empty line", "one CR LF"), never=("Nothing needs",)),
    row("header_is_a_line"),
    # Header tables.
    row("tables_for_two", "request_never_sent trouble 2", ("2 outbound connections", "no header table was free", "raise max_http_header_pool"), ("firewall", "has not answered")),
    row("tables_for_all"),
    # Failing at once, beside what works.
    row("some_have_no_route", "connect_failed trouble 5", ("5 outbound connections to 255.255.255.255:", "7 outbound connections"), ("stream", "internal")),
    # HTTP/2.
    row("stream_is_refused", "server_closed_before_answer trouble 1", ("HTTP/2 stream 2 of connection 1", "GET /order", "REFUSED_STREAM", "No callback reported that"), NOT_OURS),
    row("stream_breaks_a_rule", "server_closed_before_answer trouble 1", ("PROTOCOL_ERROR", "see which headers this program adds"), NOT_OURS),
    row("websocket_on_h2", "server_closed_before_answer trouble 1", ("PROTOCOL_ERROR", "A websocket was asked for on HTTP/2", "LCCSCF_H2_PRIOR_KNOWLEDGE"), NOT_OURS),
    row("stream_unanswered", "never_answered trouble 1", ("HTTP/2 stream 2 of connection 1", "lws sent GET /order", "has not answered"), ("TLS", "reset", *NOT_OURS)),
    row("stream_answered_then_reset"),
    row("settings_have_none", "answer_not_accepted trouble 1", ("SETTINGS frame of HTTP/2 has no setting", "SETTINGS_MAX_CONCURRENT_STREAMS"), ("TLS handshake", "it is no HTTP/2")),
    row("settings_have_none_and_go", "answer_not_accepted trouble 1", ("SETTINGS frame of HTTP/2 has no setting",), ("it is no HTTP/2", "leave LCCSCF_H2_PRIOR_KNOWLEDGE out, unless")),
    # TLS.
    row("ca_file_missing", "tls_certificate trouble 1", ("could not load the CAs in '/nowhere/desk-ca.pem'", "check client_ssl_ca_filepath"), ("LCCSCF_ALLOW_SELFSIGNED", "intermediate")),
    row("server_leaves_after_handshake", "server_closed_before_answer trouble 1", ("GET /order",), NOT_OURS),
]
