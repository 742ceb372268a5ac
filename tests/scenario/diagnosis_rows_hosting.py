# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: servers as people set them up, and what their peers find fault with (tests/corpus/troubles_hosting.c and others)."""

from diagnosis_row import OWN, row

ROWS = [
    # Contexts that cannot be made.
    row("user_unknown", "context_not_made trouble 1", ("there is no user 'nobody-of-that-name'", "username"), ("no reason that wsitrace knows",), status=3),
    row("user_id_unknown", "context_not_made trouble 1", ("there is no user with id 7681", "compiled with the header of another libwebsockets"), status=3),
    row("event_loop_missing", "context_not_made trouble 1", ("its event loop is missing", "libwebsockets-evlib-uv"), status=3),
    row("no_memory_for_tables", "context_not_made trouble 1", ("there was no memory for its tables of descriptors", "fd_limit_per_thread"), ("no reason that wsitrace knows",), status=3),
    row("key_of_another_certificate", "context_not_made trouble 1", ("the private key", "the certificate's own key"), status=3),
    row("user_stays", says=("1 completed",)),
    # Vhosts.
    row("host_of_no_vhost", "upgrade_refused trouble 1", ("vhost 'front' has no protocol", "'app' is on the same port", "vhost_name"), ("returned non-zero",)),
    row("host_of_a_vhost"),
    row("raw_protocol_unknown", "adopt_failed trouble 3", ("has no protocol 'kitchen'", "listen_accept_protocol"), ("ip_limit_wsi",)),
    row("raw_protocol_known"),
    row("file_missing_and_no_answer", "transaction_not_completed fault 1", ("no response was sent", "protocols[0] of the vhost", "the file of a mount is missing")),
    row("file_posted_as_form", "closed_midway trouble 1", ("LWS_CALLBACK_HTTP_BODY", "is no form that lws_spa_process()", "Content-Type"), ("the peer closed",)),
    row("form_posted", says=("1 completed",)),
    # TLS.
    row("visitor_without_certificate", "tls_failed trouble 1", ("the client sent no certificate", "REQUIRE_VALID_OPENSSL_CLIENT_CERT"), ("check its names",)),
    row("visitor_with_old_tls", "tls_failed trouble 1", ("no suitable signature algorithm", "update the client", "SECLEVEL"), ("MinProtocol",)),
    row("visitor_with_forbidden_tls", "tls_failed trouble 1", ("unsupported protocol", "update the client", "MinProtocol"), ("SECLEVEL",)),
    row("visitor_with_other_ciphers", "tls_failed trouble 1", ("no cipher in common",)),
    # HTTP/2.
    row("window_stays_full", "peer_not_reading trouble 1", ("65535 of the 200000 bytes", "WINDOW_UPDATE"), ("write the rest",)),
    row("window_full_until_timeout", "peer_not_reading trouble 1", ("WINDOW_UPDATE",), ("write the rest",)),
    row("window_is_opened", says=("1 completed",)),
    row("frame_too_large_for_peer", "goaway_from_peer trouble 1", ("FRAME_SIZE_ERROR", "16,384 bytes", "lws_write()"), ("closed by lws",), versions=("4.3.5",)),
    row("header_tables_run_out", "protocol_error trouble 1", ("no header table was free", "max_http_header_pool"), ("broke a rule",)),
    row("header_tables_suffice"),
    # Sessions.
    row("peer_misses_its_rules", says=("close code 1002", "from the peer", "LWS_WRITE_CONTINUATION"), never=("Nothing needs",)),
    row("peer_wants_utf8", says=("close code 1007", "LWS_WRITE_BINARY"), never=("Nothing needs",)),
    row("peer_wants_less", says=("close code 1009", "send smaller messages"), never=("Nothing needs",)),
    row("frame_not_inflated", "protocol_error trouble 1", ("permessage-deflate", "cannot be unpacked"), ("closed by the peer",), versions=(OWN,)),
    row("frame_inflated", versions=(OWN,)),
]
