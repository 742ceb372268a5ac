# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: servers whose settings do not do what they were meant to (tests/corpus/troubles_settings.c)."""

from diagnosis_row import row

ROWS = [
    # Names, protocols and ports of vhosts.
    row("vhosts_of_one_name", "upgrade_refused trouble 1", ("2 vhosts of that port have the name 'default'", "the first, whose protocols are 'chat'; those of the other: 'feed'", "set vhost_name"), ("The vhost has 'feed'", "let the client offer")),
    row("vhosts_of_two_names", says=("1 websocket session",), never=("set vhost_name",)),
    row("protocols_are_missing", "upgrade_refused trouble 1", ("GET /order was answered with 404", "lws gives that protocol to a vhost whose `protocols` is NULL", "set `protocols`"), ("compare the path with the mounts", "let the client offer")),
    row("protocols_are_there", says=("1 completed",), never=("set `protocols`",)),
    row("plain_vhost_behind_tls", "tls_failed trouble 1", ("http request", "'plain.example' is on the same port", "'safe.example' here", "give that vhost a port of its own"), ("Nothing needs",)),
    row("plain_vhost_with_own_port", says=("1 completed",)),
    row("unix_socket_without_listener", "listen_failed trouble 1", ("LWS_SERVER_OPTION_UNIX_SOCK", "with port -1 (CONTEXT_PORT_NO_LISTEN)", "set `port` of the lws_context_creation_info to 0"), ("ss -ltnp", "Nothing needs")),
    row("unix_socket_with_listener", versions=("4.1.6",)),  # 4.3.5 makes no context for it here
    # Servers that speak first.
    row("greets_in_vain", says=("accepted connection 2 was never answered", "LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG", "LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG"), never=("Nothing needs",)),
    row("greets_at_once", never=("was never answered",)),
    # Ends of vhosts and of bodies.
    row("vhost_ends_in_its_request", "closed_midway trouble 1", ("GET /stop", "lws_vhost_destroy() of its vhost 'app' was called", "when no callback of the vhost's connections runs"), ("The peer closed", "left before")),
    row("vhost_stays_for_request", says=("1 completed",)),
    row("body_is_in_no_chunks", "response_without_end trouble 1", ("GET /order", "Transfer-Encoding: chunked", "its length in hexadecimal digits"), ("Nothing needs",)),
    row("h2_post_without_length", "lost_with_carrier trouble 1", ("POST / had been handled", "LWS_CALLBACK_HTTP_BODY_COMPLETION had not come", "the request has no Content-Length", "let the client send Content-Length"), ("it has no body",), versions=("4.1.6",)),
    row("fast_clients_are_refused", "closed_midway trouble 20", ("this program closed 20 accepted connections before the response to GET /order", "LWS_CALLBACK_HTTP of protocol 'desk' returned non-zero"), ("The peer closed", "left before")),
    row("fast_clients_are_answered", says=("20 completed",), never=("left before",)),
    row("h2_post_with_length", says=("1 completed",), never=("Content-Length",)),
]
