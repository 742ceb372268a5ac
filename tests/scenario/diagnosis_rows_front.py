# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: what servers say to those who come, and what they are built on (tests/corpus/troubles_front.c, troubles_house.c)."""

from diagnosis_row import OWN, VERSIONS, row

EVERY = (*VERSIONS, OWN)
ROWS = [
    # Responses and their ends.
    row("response_without_end", "response_without_end trouble 1", ("GET /order", "neither Content-Length nor Transfer-Encoding: chunked", "the client gave up", "lws_add_http_header_content_length()"),
        ("Nothing needs", "never called"), versions=EVERY),
    row("response_ends_with_connection"),
    row("result_of_completed_ignored", "completion_ignored trouble 1", ("GET /order was completed", "Connection: close", "if (lws_http_transaction_completed(wsi)) return -1;"), ("never called", "Nothing needs"), versions=EVERY),
    row("result_of_completed_zero"),
    # Upgrades.
    row("upgrade_lost_in_proxy", "upgrade_lost trouble 3", ("3 accepted connections", "GET /ws", "answered with 404", "proxy_set_header Upgrade $http_upgrade", "HTTP/1.0"), ("compare the path", "see how its handler"), versions=EVERY),
    row("half_an_upgrade_from_proxy", "upgrade_refused trouble 1", ("no Connection: Upgrade", "proxy_set_header Connection"), ("no protocol of a name",), versions=EVERY),
    row("page_beside_websocket"),
    row("no_subprotocol_asked", "session_unheard trouble 1", ("websocket session 2", "protocols[0]", "'http'", "names no subprotocol", "lws_callback_http_dummy()", "protocol 'desk', too"), ("1006",), versions=EVERY),
    row("no_subprotocol_of_own_first"),
    # Messages.
    row("piece_taken_for_message", says=("LWS_CALLBACK_RECEIVE of protocol 'desk' returned non-zero", "a large message in pieces", "lws_is_final_fragment(wsi)"), never=("Nothing needs",)),
    row("message_is_refused", says=("LWS_CALLBACK_RECEIVE of protocol 'desk' returned non-zero",), never=("in pieces",)),
    # Mounts.
    row("mount_length_wrong", says=("GET /orders was answered with 404", "'/orders' has 7 characters", "mountpoint_len says 6", "set mountpoint_len of that lws_http_mount to 7"), never=("Nothing needs",), versions=EVERY),
    row("mount_length_right", never=("mountpoint_len",)),
    row("mount_for_proxy", says=("GET /shop/order was answered with 404", "'/shop' is a proxy", "LWS_WITH_HTTP_PROXY"), never=("compare the path",), versions=EVERY),
    row("mount_for_cgi", says=("GET /cgi/order was answered with 404", "'/cgi' is one for CGI", "LWS_WITH_CGI"), never=("compare the path",), versions=EVERY),
    row("file_of_unknown_type", says=("was answered with 415", "extra_mimetypes")),
    row("password_file_missing", says=("was answered with 401", "could not open the mount's password file, '/nowhere/passwords'", "basic_auth_login_file"), never=("send the user and password",), versions=EVERY),
    # Crashes.
    row("crashes_without_vhost_data", "crashed trouble 1", ("LWS_CALLBACK_ESTABLISHED of protocol 'desk', on connection 2, was running", "callback_house, troubles_house.c:"), versions=EVERY, status=139),
    row("crashes_without_session_data", "crashed trouble 1", ("callback_house, troubles_house.c:", "per_session_data_size of protocol 'desk' is 0"), versions=EVERY, status=139),
    row("crashes_on_message", "crashed trouble 1", ("connection 3", "callback_house, troubles_house.c:", "LWS_CALLBACK_RECEIVE of protocol 'desk', on connection 3, was running"), ("per_session_data_size", "leave no event"), versions=EVERY, status=139),
    # Before the session is there.
    row("asks_to_write_early", says=("1 websocket session",)),
    # Vhosts.
    row("vhost_for_each_visitor", "vhosts_pile_up trouble 7", ("created 7 vhosts", "'visitor-0'", "lws_vhost_destroy() was never called"), ("Nothing needs",), versions=EVERY),
    row("vhost_for_each_visitor_ends"),
    row("vhost_is_never_gone", "vhost_gone trouble 1", ("vhost 'side' is still there", "after lws_vhost_destroy()", "keeps listening on port", "use libwebsockets 4.3"), ("Nothing needs",), versions=("4.1.6", OWN)),
    row("vhost_is_never_gone", versions=("4.3.5",)),
    row("vhost_without_certificate", "context_not_made trouble 1", ("lws_create_vhost() failed", "/nowhere/desk.crt")),
    # Loops.
    row("served_after_own_poll", "serviced_late trouble *", ("did not call lws_service()",)),
    row("served_between_short_waits"),
    row("library_loop_blocked", "serviced_late trouble *", ("LWS_SERVER_OPTION_LIBUV", "did not come to lws's sockets", "a callback of the program's own on it"), ("did not call lws_service()",), versions=EVERY),
    row("library_loop_turns", versions=EVERY),
    row("library_loop_idles", versions=EVERY),
]
