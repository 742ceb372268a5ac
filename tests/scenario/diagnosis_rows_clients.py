# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: contexts that nobody serves, connects that come to nothing, and clients that do not reach their server (tests/corpus/troubles_contexts.c, troubles_reach.c, troubles_tls.c)."""

from diagnosis_row import OWN, row

NOTHING_CAME = ("3 connects came to nothing", "lws_client_connect_via_info() returned NULL 3 times")
ONLY_AN_ADDRESS = ("`address` of the connect info", "nothing else")
ROWS = [
    # Contexts.
    row("another_context_is_served", "context_not_serviced trouble 1", ("outbound connection", "another event loop", "TCP was established", "for each context"),
        ("the server has not answered", "firewall")),
    row("another_context_until_exit", "context_not_serviced trouble 1", ("outbound connection", "another event loop"), ("the server has not answered", "firewall")),
    row("contexts_share_a_thread", says=("2 lws contexts", "serves no other", "one context for all")),
    row("one_of_two_threads_runs", "context_not_serviced trouble *", ("count_threads", "lws_service_tsi()", "read nothing from it"), ("lws_rx_flow_control",), versions=("4.3.5",)),
    row("both_threads_run", versions=("4.3.5",)),
    row("destroyed_beside_loop", "not_thread_safe trouble 1", ("lws_context_destroy() was called on another thread", "after the loop has ended"), ("do the rest in LWS_CALLBACK_EVENT_WAIT_CANCELLED",)),
    row("destroyed_after_loop"),
    # Connects that return NULL.
    row("init_returns_one", "crashed trouble 1 + internal_callback_failed trouble 1", ("PROTOCOL_INIT of protocol 'desk' returned non-zero", "That is the likely cause", "default: return 0"),
        versions=("4.1.6", OWN), status=139),
    row("init_returns_one_later", "connect_failed trouble 1 + internal_callback_failed trouble 1", ("PROTOCOL_INIT of protocol 'desk' returned non-zero", "returned NULL once"), ("Nothing needs",),
        versions=("4.1.6", OWN)),
    row("init_allocates"),
    row("no_vhost_to_connect_from", "connect_failed trouble 3", ("3 connects came to nothing", "the context has no vhost", "returned NULL 3 times"), ("Nothing needs",)),
    row("reconnects_at_destroy", never=("came to nothing",)),
    # Names.
    row("local_protocol_unknown", "protocol_unknown trouble 1", ("protocol 'kitchen', which its vhost does not have", "local_protocol_name", "protocol 'http', the first one")),
    row("protocol_unknown_here", says=("protocol 'kitchen', which its vhost does not have",), never=("1 kind of trouble",)),
    row("protocol_known_here", never=("kitchen",)),
    row("address_is_url", "name_not_resolved trouble 1", ONLY_AN_ADDRESS, ("resolver of this machine",)),
    row("address_with_port", "name_not_resolved trouble 1", ONLY_AN_ADDRESS, ("resolver of this machine",)),
    row("address_with_path", "name_not_resolved trouble 1", ONLY_AN_ADDRESS, ("resolver of this machine",)),
    row("address_empty", "name_not_resolved trouble 1", ("`address` of the connect info, which is empty",), ("resolver of this machine",)),
    row("port_zero", "connection_refused trouble 1", ("`port` of the connect info, which is 0",)),
    row("ipv6_switched_off", "connect_failed trouble 1", ("no address that it may use", "LWS_SERVER_OPTION_DISABLE_IPV6"), ("lws says",), versions=("4.1.6", OWN)),
    row("ipv6_refused", "connection_refused trouble 1", ("[::1]:9", "ECONNREFUSED")),
    # Proxies of the environment.
    row("proxy_without_port", says=("lws ignores the HTTP proxy that is set: it has no port", "HOST:PORT")),
    row("proxy_of_environment", "proxy_refused trouble 1", ("never reached", "unset http_proxy")),
    row("proxy_unset"),
    # Requests with a body.
    row("post_shorter_than_promised", "server_closed_before_answer trouble 1", ("POST /order", "Content-Length"), ("LCCSCF_USE_SSL",)),
    row("posts_without_length", "server_closed_before_answer trouble 1", ("POST /order", "Content-Length"), ("LCCSCF_USE_SSL",)),
    row("post_as_promised"),
    # What a program does to its own connection.
    row("client_ends_on_message", says=("1 closed by this program", "LWS_CALLBACK_CLIENT_RECEIVE of protocol 'desk' returned non-zero")),
    row("client_returns_what_it_wrote", says=("1 closed by this program", "LWS_CALLBACK_CLIENT_WRITEABLE of protocol 'desk' returned non-zero", "the result of lws_write()")),
    row("client_goes_on"),
    # Other protocols.
    row("raw_over_tls", "tls_failed trouble 1", ("cannot begin TLS on a connection of method RAW", "never connected to"), ("The server ended the handshake",)),
    row("h2_to_h1_server", "answer_not_accepted trouble 1", ("it is no HTTP/2", "LCCSCF_H2_PRIOR_KNOWLEDGE"), ("Nothing needs",)),
    # Handshakes of TLS.
    row("certificate_wanted_after_all", "server_closed_before_answer trouble 1", ("TLS 1.3", "client_ssl_cert_filepath"), ("LCCSCF_USE_SSL",)),
    row("server_of_old", "tls_failed trouble 1", ("legacy sigalg", "no newer TLS than 1.1"), ("certificate verify",)),
    row("alpn_not_shared", "tls_failed trouble 1", ("no application protocol", "`alpn` of the connect info", "The server ended the handshake")),
    row("alpn_shared"),
    row("callback_distrusts_server", "tls_certificate trouble 1", ("this program refused the certificate", "LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION returned non-zero"),
        ("client_ssl_ca_filepath", "unspecified")),
    row("callback_trusts_server"),
    row("visitor_is_distrusted", "tls_certificate trouble 1", ("this program refused the certificate on accepted connection 2", "LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION returned non-zero"),
        ("check its names", "by the peer")),
    row("visitor_is_trusted"),
    row("visitor_idles", says=("1 accepted connection: 1 ended by a timeout between two requests (keepalive_timeout of the vhost, 1 s)",)),
]
