# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: web servers whose answers their clients cannot use (tests/corpus/troubles_web.c), or that are not there for them (troubles_doors.c); and those of diagnosis_rows_settings.py."""

import diagnosis_rows_settings
from diagnosis_row import row

ROWS = [
    # Ends of responses.
    row("stream_is_not_ended", "response_without_end trouble 1", ("GET /", "END_STREAM", "LWS_WRITE_H2_STREAM_END", "LWS_WRITE_HTTP_FINAL"), ("Nothing needs", "never called")),
    row("stream_ends_with_head", says=("1 HTTP/2 stream",)),
    row("stream_lacks_last_piece", "response_without_end trouble 1", ("GET /", "END_STREAM", "LWS_WRITE_HTTP_FINAL"), ("Nothing needs",)),
    row("empty_answer_of_http1", says=("1 completed",)),
    row("chunks_are_not_ended", "response_without_end trouble 1", ("GET /order", "Transfer-Encoding: chunked", "the last chunk", "the client gave up"), ("neither Content-Length", "Nothing needs")),
    row("chunks_are_ended", says=("1 completed",)),
    # Heads.
    row("stream_says_connection", says=("with a header that HTTP/2 does not allow", "PROTOCOL_ERROR", "leave these headers out"), never=("Nothing needs",)),
    row("redirects_to_port", says=("GET /order was answered with 302, and its Location is no URL", "lws_http_redirect()", "http://HOST:PORT/PATH"), never=("Nothing needs",)),
    row("redirects_to_url", never=("Location",)),
    row("redirects_in_circle", says=("GET /missing.html was answered with 302, 4 times in a row", "error_document_404"), never=("Nothing needs",)),
    row("redirects_once", never=("in a row",)),
    # Bodies.
    row("upload_is_refused_early", "request_refused trouble 1", ("POST /order was answered with 413 before all of its body had come", "LWS_CALLBACK_HTTP_BODY of protocol 'desk' returned non-zero", "(RST)", "LWS_CALLBACK_HTTP_BODY_COMPLETION"), ("scanner",)),
    row("upload_is_refused_at_last", says=("answered with 413",), never=("RST",)),
    row("rest_is_thrown_away", "closed_midway trouble 1", ("GET /order", "LWS_CALLBACK_HTTP_WRITEABLE of protocol 'desk' returned non-zero", "for up to 5 s", "discards the rest", "in pieces"), ("the peer closed", "Nothing needs")),
    row("rest_is_taken"),
    row("rest_is_completed"),
    row("status_page_not_completed", "transaction_not_completed fault 1", ("GET /order", "status 403", "never called lws_http_transaction_completed()"), ("got no answer",)),
    row("status_page_completed", says=("answered with 403", "2 completed")),
    # Files and mounts.
    row("mount_ends_with_slash", says=("GET /shop/order was answered with 404", "'/shop/' ends with a slash", "mountpoint of that lws_http_mount to '/shop'", "mountpoint_len to 5"), never=("compare the path",)),
    row("mount_ends_without_slash", says=("GET /shop/order was answered with 403",), never=("ends with a slash",)),
    row("file_is_not_completed", "response_unfinished trouble 1", ("GET /menu.txt", "LWS_CALLBACK_HTTP_FILE_COMPLETION of protocol 'desk'", "lws_http_transaction_completed()", "lws_callback_http_dummy("), ("write the rest", "Nothing needs")),
    row("files_get_put", says=("PUT /order was answered with 404", "mount '/' serves files", "LWSMPRO_CALLBACK"), never=("compare the path", "Nothing needs")),
    # Sockets, vhosts and certificates.
    row("socket_of_nobody", "listen_failed trouble 1", ("no user or group 'nobody-of-that-name'", "unix_socket_perms"), ("no interface or address",), versions=("4.1.6",)),
    row("socket_path_too_long", "listen_failed trouble 1", ("the path of its socket is too long", "at most 107 bytes"), ("no interface or address",)),
    row("vhost_forgotten", "listen_failed trouble 1", ("does not listen on port", "LWS_SERVER_OPTION_EXPLICIT_VHOSTS", "lws_create_vhost()"), ("ss -ltnp", "Nothing needs")),
    row("vhost_not_forgotten"),
    row("shop_without_name", "tls_failed trouble 1", ("asked for the host 'smithy.example'", "certificate of 'bakery.example'", "set vhost_name of the vhost that is meant to 'smithy.example'", "'workshop'")),
    row("shop_with_name"),
    row("key_is_encrypted", "context_not_made trouble 1", ("the private key", "ssl_private_key_password"), status=3),
    *diagnosis_rows_settings.ROWS,
]
