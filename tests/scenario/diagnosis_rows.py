# SPDX-License-Identifier: MIT
"""What `wsitrace explain` has to say of the programs of `corpus_troubles` (tests/corpus/troubles_*.c).

A row is the truth about a program, whatever wsitrace says: all that is wrong (no more and no less), words that the answer needs, and
words that would be false. Nothing wrong: the program looks like one that has the trouble above it, and has none.
"""

import diagnosis_rows_asking
import diagnosis_rows_called
import diagnosis_rows_callers
import diagnosis_rows_clients
import diagnosis_rows_closing
import diagnosis_rows_field
import diagnosis_rows_front
import diagnosis_rows_hosting
import diagnosis_rows_kept
import diagnosis_rows_serving
import diagnosis_rows_talk
import diagnosis_rows_web
from diagnosis_row import OWN, VERSIONS, row
from diagnosis_rows_loops import LOOPS

SERVER_DID_NOT = ("the server closed", "refused")  # what nobody did whose server is silent
SILENT = ("GET /order", "has not answered", "127.0.0.1:")

OUTBOUND = [
    row("ws_unanswered_many", "never_answered trouble 7", ("7 outbound connections", "7 still open", *SILENT), SERVER_DID_NOT),
    row("ws_unanswered_one", "never_answered trouble 1", ("outbound connection 1", *SILENT), SERVER_DID_NOT),
    row("get_unanswered_one", "never_answered trouble 1", ("outbound connection 1", *SILENT), SERVER_DID_NOT),
    row("raw_waits", says=("1 still open",)),
    row("get_answered_late"),
    row("tls_unanswered_one", "never_answered trouble 1", ("outbound connection 1", "TLS"), SERVER_DID_NOT),
    row("refused_once", "connection_refused trouble 1", ("nothing listens there", "ECONNREFUSED"), ("not serviced",)),
    row("refused_with_pauses", "connection_refused trouble 5", ("5 outbound connections", "nothing listens there"), ("without a pause",)),
    row("refused_in_a_rush", "connection_refused trouble 43", ("43 outbound connections", "per second", "without a pause", "lws_retry_sul_schedule()")),
    row("no_descriptor_left", "connect_failed trouble 1", ("EMFILE", "ulimit -n"), ("the route",)),
    row("name_unknown", "name_not_resolved trouble 1", ("depot..invalid:80", "returned NULL", "CLIENT_CONNECTION_ERROR did not come"), ("nothing listens",), versions=("4.1.6",)),
    row("name_unknown", "name_not_resolved trouble 1", ("depot..invalid:80", "name"), ("nothing listens", "did not come"), versions=("4.3.5",)),
    row("never_serviced", "not_serviced trouble 1", ("no event loop ran", "lws_service()"), ("firewall",)),
    row("asleep_after_connect", "not_serviced trouble 1", ("no event loop ran", "the server is not the cause", "connect_timeout_secs"), ("was refused", "firewall")),
    row("short_sleep_after_connect"),
]

CALLBACKS = ("CLIENT_CONNECTION_ERROR", "CLOSED_CLIENT_HTTP")
ANSWERS = [
    row("get_hung_up_on", "server_closed_before_answer trouble 3", ("3 outbound connections", "GET /order", "LCCSCF_USE_SSL", *CALLBACKS), ("this program closed",)),
    row("get_reset", "server_closed_before_answer trouble 1", ("reset the connection (RST)", *CALLBACKS), ("this program closed", "FIN")),
    row("head_cut_off", "server_closed_before_answer trouble 1", ("closed its side (FIN)",), ("RST",)),
    row("ws_hung_up_on", "server_closed_before_answer trouble 1", ("outbound connection 1", "GET /order"), ("this program closed",)),
    row("body_cut_off", "server_closed_mid_answer trouble 3", ("3 outbound connections", "200", *CALLBACKS), ("without an answer",)),
    row("body_reset", "server_closed_mid_answer trouble 1", ("200", "reset the connection (RST)"), ("without an answer", "FIN")),
    row("chunks_cut_off"),  # lws takes the end for that of the body, and says COMPLETED_CLIENT_HTTP
    row("answer_then_end"),
    row("answer_until_end"),
    row("answer_in_chunks"),
    row("answer_not_found"),
    row("ws_answered_200", "answer_not_accepted trouble 2", ("2 outbound connections", "with 200", "101")),
    row("ws_answered_403", "answer_not_accepted trouble 1", ("with 403", "`origin`")),
    row("ws_answered_nonsense", "answer_not_accepted trouble 1", ("it is no HTTP", "another protocol"), ("without an answer", "LCCSCF_USE_SSL")),
    row("redirected_in_a_circle", "answer_not_accepted trouble 1", ("Redirect failed", "answers in a row were redirects", "in a circle")),
    row("callback_refuses_answer", "answer_not_accepted trouble 1", ("this program's LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP returned non-zero", "with 200"), ("what the server requires", "upgrade refused")),
    row("ws_wrong_accept", "answer_not_accepted trouble 1", ("with 101", "Accept hash wrong")),
    row("client_ends_when_done"),
    row("queued_never_sent", "request_never_sent trouble 1 + server_closed_mid_answer trouble 1", ("queued behind", "connection 1"),
        ("could not be made",)),
    row("queued_and_answered"),
    row("proxy_wants_password", "proxy_refused trouble 1", ("407", "never reached", "credentials")),
    row("proxy_forbids", "proxy_refused trouble 1", ("403", "never reached", "does not let CONNECT through"), ("credentials",)),
    row("proxy_lets_through"),
]

CLIENTS = [
    row("ws_client_polite", says=("2 websocket sessions",)),
    row("ws_server_goes_away", says=("1 closed by the peer's close frame",)),
    row("ws_server_resets", says=("1 closed by the peer",)),
    row("ws_server_silent", "ping_timeout trouble 1", ("no pong came", "secs_since_valid_hangup")),
    row("ws_wrong_protocol", "answer_not_accepted trouble 1", ("with 101", "PROTOCOL", "subprotocol")),
    row("ws_server_has_trouble", says=("1 closed by the peer's close frame",)),
    row("reads_events_until_exit", says=("1 still open",)),
    row("post_with_body"),
    row("post_keeps_its_body", "request_body_not_sent trouble 1", ("POST /order", "no byte of it was written"), ("why the server",)),
    row("post_stops_halfway", "request_body_not_sent trouble 1", ("POST /order", "first bytes were written"), ("why the server",)),
    row("client_leaves_answer", "closed_midway trouble 1", ("GET /order", "RECEIVE_CLIENT_HTTP_READ", "with 200"), ("the server closed",)),
    row("sessions_superseded", "sessions_superseded fault 10", ("10 outbound websocket sessions", "heard nothing since", "11 still open")),
    row("sessions_in_a_rush", "reconnect_storm trouble 13", ("13 outbound connections", "per second", "without a pause")),
    row("sessions_with_pauses"),
    row("redirected"),
    row("pool_in_use", says=("5 still open",)),
    row("one_after_the_other", says=("7 closed after the response",)),
]

TLS = [
    row("certificate_self_signed", "tls_certificate trouble 1", ("this program refused the certificate", "self", "give this program that certificate as a CA"), ("expired", "hostname")),
    row("certificate_expired", "tls_certificate trouble 1", ("this program refused the certificate", "expired"), ("self-signed", "hostname")),
    row("certificate_of_another", "tls_certificate trouble 1", ("this program refused the certificate", "hostname mismatch"), ("expired", "self-signed")),
    row("certificate_of_unknown_ca", "tls_certificate trouble 1", ("unable to get local issuer certificate", "intermediate certificates", "client_ssl_ca_filepath"), ("expired",)),
    row("certificate_of_known_ca"),
    row("certificate_of_tomorrow", "tls_certificate trouble 1", ("not yet valid", "check the clock of this machine"), ("renew", "expired")),
    row("certificate_wanted_of_us", "tls_failed trouble 1", ("handshake failure", "The server ended the handshake"), ("this program refused",)),
    row("certificate_right"),
    row("certificate_allowed"),
    row("tls_to_plain_http", "tls_failed trouble 1", ("wrong version number", "speaks TLS")),
    row("tls_hung_up_on", "tls_failed trouble 1", ("The server ended the handshake",), ("certificate",)),
    row("visitor_distrusts", "tls_failed trouble 1", ("unknown ca", "certificate")),
    row("visitor_trusts"),
    row("visitor_speaks_http", "tls_failed trouble 1", ("plain HTTP to a TLS port",)),
    row("visitor_says_nothing", "tls_failed trouble 1", ("1 s", "timeout"), ("certificate",)),
    row("visitor_leaves_handshake", "tls_failed trouble 1", ("accepted connection 2", "peer"), ("certificate",)),
]

INBOUND = [
    row("says_garbage", "request_refused trouble 1", ("no HTTP request",), ("max_http_header_data",)),
    row("says_binary", "request_refused trouble 1", ("no HTTP request",), ("max_http_header_data",)),
    row("header_of_some_size"),
    row("says_nothing", "timeout trouble 1", ("no complete request came in time", "timeout_secs"), ("response",)),
    row("says_half_a_head", "timeout trouble 1", ("no complete request came in time", "timeout_secs")),
    row("comes_and_goes"),
    row("peer_churns", says=("61 accepted connections",)),
    row("asks_and_idles"),
    row("half_closes_after_answer"),
    row("half_closes_with_request"),
    row("http10_answer_ends"),
    row("upgrade_to_unknown", "upgrade_refused trouble 1", ("no protocol of a name that the client offered",), ("returned non-zero",)),
    row("upgrade_turned_down", "upgrade_refused trouble 1", ("FILTER_PROTOCOL_CONNECTION", "'desk' returned non-zero")),
    row("turned_away_at_the_door", "request_refused trouble 1", ("turned 1 new connection to 127.0.0.1", "FILTER_NETWORK_CONNECTION", "1 new connection turned away"), ("nothing connected",)),
    row("let_in_at_the_door"),
    row("handler_says_no", "closed_midway trouble 1", ("GET /order", "LWS_CALLBACK_HTTP", "returned non-zero"), ("the peer closed",)),
    row("request_filtered", "request_refused trouble 1", ("FILTER_HTTP_CONNECTION", "returned non-zero")),
    row("out_of_descriptors", "accept_failed trouble *", ("EMFILE", "limit of descriptors was 64", "4 connections waited")),
    row("descriptors_left"),
    row("port_taken", "listen_failed trouble 1", ("does not listen on port", "Address already in use", "ss -ltnp")),
    row("slow_to_ask"),
    row("no_such_page", says=("1 completed",)),
]

NO_COMPLETION = ("lws_http_transaction_completed()", "protocol desk")
HANDLERS = [
    row("owes_at_exit", "response_owed trouble 3", ("3 accepted connections", "GET /order", "LWS_CALLBACK_HTTP of protocol 'desk'", "3 still open")),
    row("owes_until_peers_left", "response_owed trouble 3", ("3 accepted connections", "GET /order", "the peer closed")),
    row("owes_until_timeout", "transaction_not_completed fault 1", NO_COMPLETION),
    row("owes_while_others_are_served", "response_owed trouble 1", ("connection 2", "GET /order")),
    row("deaf_to_peers_that_left", "peer_gone fault 5", ("5 connections", "GET /order", "CLOSE_WAIT", "lws_set_timeout()", "5 still open"), ("lws_service() was not called",)),
    row("peer_impatient", "peer_left_early trouble 1", ("GET /order", "The peer closed"), ("this program closed", "answer on every path")),
    row("peer_patient"),
    row("head_without_body", "response_unfinished trouble 1", ("status 200", "GET /order", "none of the 100 bytes"), ("no response was sent",)),
    row("body_not_ended", "response_unfinished trouble 3", ("3 accepted connections", "status 200", "7 of the 100 bytes"), ("no response was sent",)),
    row("one_blocks_the_rest", "serviced_late trouble 4", ("4 connections waited", "LWS_CALLBACK_HTTP of protocol 'desk'")),
    row("slow_alone", says=("LWS_CALLBACK_HTTP of protocol 'desk' lasted",)),
    row("refuses_after_head", "closed_midway trouble 1", ("GET /order", "LWS_CALLBACK_HTTP", "returned non-zero"), ("the peer closed",)),
    row("answers_and_closes"),
    row("not_found_and_closes"),
    row("not_found"),
    row("second_request_waits", "transaction_not_completed fault 1", ("status 200", *NO_COMPLETION)),
    row("second_request_lost", "transaction_not_completed fault 3", ("3 connections", "200", "A further request came", "timeout_secs", *NO_COMPLETION)),
    row("second_request_cut_off", "transaction_not_completed fault 1", ("200", *NO_COMPLETION)),
    row("second_request_answered"),
    row("request_body_comes"),
]

SESSIONS = [
    row("limit_on_everything", "application_deadline trouble 1", ("lws_set_timeout", "NO_PENDING_TIMEOUT, 1"), ("ended because no pong came",)),
    row("limit_of_the_program", "application_deadline trouble 1", ("PENDING_TIMEOUT_USER_REASON_BASE + 7, 1",), ("because no pong came",)),
    row("talks_and_leaves"),
    row("limit_renewed"),
    row("code_and_end", says=("1 closed by this program's close frame",)),
    row("code_and_end_later", says=("1 closed by this program's close frame",)),
    row("peer_going_away", says=("1 closed by the peer's close frame",)),
    row("peer_resets_session", says=("1 closed by the peer",)),
    row("callback_ends_session", says=("1 closed by this program",)),
    row("pings_unanswered", "ping_timeout trouble 1", ("no pong came", "secs_since_valid_hangup")),
    row("pings_answered"),
    row("pipes_end_with_sessions"),
    row("thread_does_not_wake", versions=("4.3.5",)),
    row("thread_wakes"),
    row("one_pipe_for_all", says=("1 still open",)),
    row("adopted_and_kept", "connections_grow fault 48", ("48 adopted connections", "6 loads")),
    row("adopted_and_ended"),
]

SERVERS = [
    row("answers_twice", "answered_twice trouble 1", ("GET /order was answered twice", "404", "200")),
    row("body_after_answer", "request_refused trouble 1", ("the body of the request before", "POST /order", "HTTP_BODY_COMPLETION"), ("scanner",), versions=("4.1.6",)),
    row("stopped_with_response_whole", "response_unfinished trouble 1", ("ended by signal 15", "lws_http_transaction_completed()"), status=143),
    row("message_holds_up_the_rest", "loop_blocked trouble 1", ("LWS_CALLBACK_RECEIVE of protocol 'desk'", "2 other connections")),
    row("messages_pass"),
    row("deaf_after_message", "input_not_read trouble 1", ("websocket session 2", "20 bytes", "lws_rx_flow_control")),
    row("deaf_until_ping_timeout", "input_not_read trouble 1", ("the pong may be among them",), ("check the peer",)),
]

H2 = [
    row("as_many_streams_as_allowed", says=("4 HTTP/2 streams",)),
    row("client_leaves_streams", "lost_with_carrier trouble 3", ("3 HTTP/2 streams of connection 2",)),
    row("client_leaves_after_streams"),
    row("streams_pile_up", "response_owed trouble 29", ("29 HTTP/2 streams of connection 2", "29 still open")),
    row("streams_owed_at_exit", "response_owed trouble 3", ("3 HTTP/2 streams", "3 still open")),
]

OPEN_SESSIONS = ("3 accepted connections", "websocket session open")
ENDS = [
    row("crashes", "crashed trouble 1", says=("ended by signal 11", *OPEN_SESSIONS), status=139),
    row("aborts", "crashed trouble 1", says=("ended by signal 6", *OPEN_SESSIONS), status=134),
    row("is_terminated", says=("ended by signal 15", *OPEN_SESSIONS), status=143),
    row("is_killed", says=("ended by signal 9", *OPEN_SESSIONS), status=137),
    row("leaves_with_sessions", says=("exited with status 0", *OPEN_SESSIONS)),
    row("returns_with_sessions", says=("exited with status 0", *OPEN_SESSIONS)),
    row("destroys_with_sessions", says=("3 ended by lws_context_destroy(), without a close frame (the peer sees 1006)",), never=("still open",)),
    row("destroys_in_work", "closed_midway trouble 3", ("3 accepted connections", "GET /order", "destroyed its lws context"), ("the peer closed",)),
    row("only_stand_ins", says=("no connections", "stand-in", "PROTOCOL_INIT")),
    row("only_a_listener", says=("1 listener", "no connections")),
]

# Programs of cases.txt, "GROUP.NAME": the faults that a check finds, and what looks like one.
OLD = [
    row("server.forgets_for_each_client", "transaction_not_completed fault 7", ("7 connections", "protocol dyn")),
    row("server.forgets_in_http10", "transaction_not_completed fault 1"),
    row("server.never_answers", "transaction_not_completed fault 1"),
    row("requests.slow_handler"),
    row("requests.download_stalls", "timeout trouble 1", ("response", "stood still")),
    row("requests.long_poll_aborted", "peer_left_early trouble 1"),
    row("requests.idle_until_timeout"),
    row("ws.deaf_to_several", "peer_gone fault 3"),
    row("ws.sessions_grow", "connections_grow fault 12"),
    row("h2.streams_at_the_same_time"),
    row("client.http_piles_up", "connects_piling_up fault 13"),
    row("client.overlapping_but_answered"),
    row("client.long_polls_answered_late"),
    row("client.loads_go_away"),
    row("adopted.never_read_several", "peer_gone fault 5"),
    row("adopted.lines_go_away"),
    row("contexts.one_of_two_forgotten", "context_not_destroyed fault 1"),
    row("tls.idle_until_timeout"),
    row("files.large_stalls", "timeout trouble 1"),
]

WAITS_AND_ENDS = [  # of all sorts: what ends a wait, what has no end, what is said once
    row("get_unanswered_until_destroy", "never_answered trouble 3", ("3 outbound connections", "GET /order", "lws_context_destroy"), SERVER_DID_NOT),
    row("get_unanswered_until_timeout", "never_answered trouble 1", ("GET /order", "timeout"), SERVER_DID_NOT),
    row("syn_unanswered", "connect_timeout trouble 1", ("no answer to the TCP connect", "connect_timeout_secs"), ("no event loop ran",)),
    row("syn_unanswered_at_exit", "never_answered trouble 1", ("TCP connect",), ("no event loop ran",)),
    row("header_too_large", "request_refused trouble 1", ("header", "max_http_header_data"), ("scanner",)),
    row("events_until_exit", says=("3 still open",)),
    row("events_until_peers_left", never=("this program closed",)),
    row("request_body_stops", "timeout trouble 1", ("POST /order", "body"), ("whether the peer reads",)),
    row("request_body_coming_at_exit"),
    row("code_alone_then_reset", "close_reason_alone trouble 1", ("lws_close_reason(1008)", "return -1"), ("1 closed by this program's close frame",)),
    row("code_alone_then_going_away", "close_reason_alone trouble 1", ("lws_close_reason(1008)", "code 1001"), ("1 closed by this program's close frame",)),
    row("pipes_outlive_sessions", "adopted_outlives_session fault 3", ("3 adopted connections", "websocket session"), ("owed a response",)),
    row("requests.completes_in_next_turn"),
    row("requests.event_stream_left"),
    row("requests.event_stream_at_destroy"),
    row("requests.body_broken_off", "peer_left_early trouble 1", ("not all of the request's body had come",)),
    row("h2.stream_reset", "lost_with_carrier trouble 1", ("was closed by the peer",)),
    row("h2.stream_forgotten", "transaction_not_completed fault 1"),
    row("h2.streams_forgotten", "transaction_not_completed fault 3"),
    row("h2.stream_never_answered", "transaction_not_completed fault 1"),
    row("h2.idle_until_timeout"),
    row("client.tls_piles_up", "connects_piling_up fault 13"),
]

# What lws refuses by itself, and says so only in its log, or in what it sends.
REFUSALS = [
    row("too_many_streams", "lost_with_carrier trouble 4 + protocol_error trouble 1", ("closed by lws for a protocol error", "4 HTTP/2 streams of connection 2"),
        ("1 closed by the peer",)),
    row("too_many_streams", "lost_with_carrier trouble 4 + protocol_error trouble 1", ("more than the 4 HTTP/2 streams", "http2_settings[3]"),
        ("1 closed by the peer",), versions=(OWN,)),
    row("as_many_streams_as_allowed", says=("4 HTTP/2 streams",), versions=(OWN,)),
    row("frame_of_wrong_size", "protocol_error trouble 1", ("no HTTP/2 that lws accepts", "closed by lws for a protocol error"), ("1 closed by the peer",)),
    row("frame_of_wrong_size", "protocol_error trouble 1", ("FRAME_SIZE_ERROR",), ("1 closed by the peer",), versions=(OWN,)),
    row("frame_of_no_kind", "protocol_error trouble 1", ("unknown kind", "close frame 1002", "no callback had asked"), ("closed by this program's close frame",)),
    row("frame_of_no_kind", "protocol_error trouble 1", ("unknown kind",), ("closed by this program's close frame",), versions=(OWN,)),
    row("frame_not_utf8", "protocol_error trouble 1", ("not UTF-8", "1007"), ("closed by this program's close frame",), versions=(*VERSIONS, OWN)),
    row("pings_unanswered", "ping_timeout trouble 1", ("no pong came",), versions=(OWN,)),
    row("pings_answered", versions=(OWN,)),
    row("talks_and_leaves", versions=(OWN,)),
    row("code_and_end", says=("1 closed by this program's close frame",), versions=(OWN,)),
    row("request_body_stops", "timeout trouble 1", ("POST /order", "body"), versions=(OWN,)),
    row("limit_on_everything", "application_deadline trouble 1", ("NO_PENDING_TIMEOUT, 1",), versions=(OWN,)),
    row("limit_of_the_program", "application_deadline trouble 1", ("PENDING_TIMEOUT_USER_REASON_BASE + 7, 1",), versions=(OWN,)),
]

# Calls on another thread than the loop's. 4.3.5 and later wake the loop themselves.
THREADS = [
    row("thread_does_not_wake", "called_on_another_thread trouble 1", ("lws_cancel_service()", "another thread"), versions=("4.1.6", OWN)),
    row("thread_wakes", versions=(OWN,)),
]

# What servers answer, and what they get wrong.
SERVED = [
    row("promises_too_much", "response_length_wrong trouble 1", ("GET /order", "100 bytes", "wrote 6", "other 94 bytes", "Content-Length"), ("never called",)),
    row("promises_too_little", "response_length_wrong trouble 1", ("6 bytes", "wrote 399", "the next response")),
    row("promises_and_sends_none", "response_length_wrong trouble 1", ("100 bytes", "wrote none")),
    row("head_has_no_body"),
    row("answers_after_timeout", "transaction_not_completed fault 1", ("no response was sent", "answer within 1 s", "lws_set_timeout(", "timeout_secs")),
    row("answers_late_without_timeout"),
    row("unknown_method", "request_refused trouble 1", ("a method or an Upgrade that lws does not know",)),
    row("upgrade_without_key", "upgrade_refused trouble 1", ("Sec-WebSocket-Key",), ("returned non-zero", "no protocol of a name")),
    row("upgrade_to_something_else", "request_refused trouble 1", ("Upgrade",)),
    row("body_longer_than_said", "request_refused trouble 1", ("POST /order was answered with 200", "sent more than its Content-Length says"), ("scanner", "pipelining")),
    row("body_in_chunks", "peer_left_early trouble 1", ("POST /order", "Transfer-Encoding: chunked", "HTTP_BODY_COMPLETION")),
    row("file_missing", says=("404",)),
    row("pipelined_to_files", "request_refused trouble 1", ("GET /order was answered with 404", "pipelining", "wait for each response"), ("Content-Length", "scanner")),
    row("folder_missing", says=("404",)),
    row("protocol_of_mount_unknown", "request_refused trouble 1", ("names a protocol that the vhost does not have", "lws_http_mount")),
    row("asks_for_password", says=("was answered with 401", "basic_auth_login_file")),
    row("no_header_table_left", "header_pool_used_up trouble 1", ("2 header tables", "max_http_header_pool", "unread")),
    row("too_many_from_one_address", "turned_away_by_lws trouble 2", ("2 new connections", "ip_limit_wsi"), ("nothing connected",)),
]

# Around the connections of a server.
PROCESSES = [
    row("result_of_write_ends_session", says=("LWS_CALLBACK_RECEIVE of protocol 'desk' returned non-zero", "lws_write()", "1 closed by this program"), never=("Nothing needs",)),
    row("session_refused_at_once", says=("LWS_CALLBACK_ESTABLISHED of protocol 'desk' returned non-zero",), never=("Nothing needs",)),
    row("session_killed", says=("LWS_TO_KILL_ASYNC", "1 closed by this program"), never=("Nothing needs",)),
    row("handler_ends_raw", says=("LWS_CALLBACK_RAW_RX of protocol 'desk' returned non-zero",), never=("Nothing needs",)),
    row("close_frame_unanswered", "close_unanswered trouble 1", ("1001", "within 5 s", "PENDING_TIMEOUT_CLOSE_ACK"), ("closed by the peer",)),
    row("peer_does_not_read", "peer_not_reading trouble 1", ("websocket session 2", "receive buffer is full", "WRITEABLE")),
    row("owner_closes_adopted", "descriptor_closed_elsewhere trouble 1", ("not by lws", "EBADF", "dup()")),
    row("owner_closes_number_again", "descriptor_closed_elsewhere trouble 1", ("websocket session", "not by lws"), ("1 websocket session: 1 closed by the peer",)),
    row("two_threads_serve", "service_on_two_threads trouble 1", ("lws_service()", "lws_cancel_service()")),
    row("loop_sleeps_between_turns", "serviced_late trouble 3", ("did not call lws_service()",), ("LWS_CALLBACK_HTTP of",)),
    row("vhost_goes_with_sessions", "vhost_gone trouble 2", ("2 websocket sessions", "lws_vhost_destroy()", "'app'"), versions=("4.1.6",)),
    row("uses_session_after_close", "wsi_used_after_end trouble 1", ("lws_callback_on_writable() was called once", "WSI_DESTROY")),
    row("interface_unknown", "listen_failed trouble 1", ("eth99", "does not listen", "iface")),
    row("certificate_file_missing", "context_not_made trouble 1", ("lws_create_context() failed", "/srv/no/such/certificate.pem"), status=3),
    row("socket_folder_missing", "listen_failed trouble 1", ("/srv/no/such/folder/desk.sock", "No such file or directory"), versions=("4.1.6",)),
    row("socket_folder_missing", "context_not_made trouble 1", ("lws_create_context() failed",), versions=("4.3.5",), status=3),
    row("table_full", "connection_table_full trouble *", ("table of 19 descriptors was full", "fd_limit_per_thread", "waited")),
]

# The program around its connections: its loop, its threads, its end.
LOOP = ("lws_service()",)
PROGRAMS = [
    row("listens_and_never_serves", "clients_waiting trouble 3", ("was not called once", *LOOP)),
    row("stops_serving", "loop_stopped trouble 1", ("not called in the last 1.", "input that nobody reads", *LOOP), ("lws_rx_flow_control",)),
    row("sleeps_and_nobody_waits"),
    row("oversleeps", says=("lws_service(context, 50) returned only after", "3 times", "lws_sul_schedule()", "lws_cancel_service()")),
    row("thread_writes", "not_thread_safe trouble 1", ("lws_write() (5 times at least)", "on another thread while lws_service() ran", "LWS_CALLBACK_EVENT_WAIT_CANCELLED")),
    row("thread_connects", "not_thread_safe trouble 1", ("lws_client_connect_via_info() was called on another thread",), ("lws_set_timeout()",)),
    row("thread_sets_timeout", "not_thread_safe trouble 1", ("lws_set_timeout()",)),
    row("thread_only_wakes"),
    row("exits_in_callback", says=("exited with status 3", "It exited within lws_service(), in LWS_CALLBACK_", "1 still open"), status=3),
    row("destroys_in_callback", says=("1 lws context created, 1 destroyed", "1 ended by lws_context_destroy()")),
    row("destroys_while_connecting", says=("this program ended", "GET /order", "destroyed its lws context")),
    row("exits_while_connecting", says=("this program ended", "GET /order", "1 still open")),
    row("interrupted_with_sessions", says=("ended by signal 2 (SIGINT)", "before it called lws_context_destroy()", "handle SIGINT"), status=130),
    row("forks_before"),
    row("parent_leaves", says=("Forked process", "made before fork()", "1 closed by the peer")),
    row("child_says_no", says=("Forked process", "closed_midway", "protocol desk (callback_program, troubles_program.c:")),
    row("runs_another_program", says=("1 still open",)),
    row("shuts_descriptor_down", says=("1 closed by this program",), never=("by the peer",)),
    row("kills_session", says=("1 closed by this program",)),
    row("contexts_in_turn", versions=("4.1.6",), says=("5 lws contexts created, 5 destroyed",)),
]

# What comes over the wire of a client, and how it gets there.
HEAD_ONLY = ("did not come to its end", "the empty line that ends its head did not")
WIRE = [
    row("body_never_read", "input_not_read trouble 1", ("never called lws_http_client_read()", "GET /order with 200"), ("the server closed", "lws_rx_flow_control")),
    row("half_a_head", "answer_incomplete trouble 1", ("GET /order", *HEAD_ONLY), ("was never answered",)),
    row("body_without_length", says=("1 closed after the response",)),
    row("no_content"),
    row("not_modified"),
    row("continues_first"),
    row("server_in_trouble"),
    row("wants_credentials"),
    row("head_only", "answer_incomplete trouble 1", ("HEAD /order", "has no body"), ("the server closed",)),
    row("ws_answered_503", "answer_not_accepted trouble 1", ("with 503", "the server's log")),
    row("ws_answered_401", "answer_not_accepted trouble 1", ("with 401", "credentials")),
    row("ws_without_upgrade", "answer_not_accepted trouble 1", ("UPGRADE missing", "no websocket server")),
    row("ws_redirected", "connect_failed trouble 1", ("with 301", "redirected it to 127.0.0.1:9", "ECONNREFUSED")),
    row("redirected_to_nobody", "connect_failed trouble 1", ("with 302", "redirected it to 127.0.0.1:", "ECONNREFUSED")),
    row("head_too_large", "answer_not_accepted trouble 1", ("larger than max_http_header_data",), ("it is no HTTP",)),
    row("ws_unanswered_until_timeout", "never_answered trouble 1", ("GET /order", "timeout_secs", "Of the callbacks that report an end"), SERVER_DID_NOT),
    row("tls_unanswered_until_timeout", "never_answered trouble 1", ("TLS handshake", "timeout_secs"), SERVER_DID_NOT),
    row("tls_without_init", "tls_failed trouble 1", ("LCCSCF_USE_SSL", "LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT"), ("the server's answer",)),
    row("refuses_own_handshake", "request_never_sent trouble 1", ("CLIENT_APPEND_HANDSHAKE_HEADER", "returned non-zero"), ("the server's answer",)),
    row("refuses_answer_head", "answer_not_accepted trouble 1", ("this program's LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH returned non-zero",)),
    row("refuses_session", "answer_not_accepted trouble 1", ("this program's LWS_CALLBACK", "returned non-zero"), ("what the server requires",)),
    row("server_masks", says=("1 closed by the peer",), versions=("4.1.6",)),  # which puts up with it
    row("server_masks", "protocol_error trouble 1", ("masked",), ("1 closed by the peer",), versions=("4.3.5",)),
    row("server_frame_of_no_kind", "protocol_error trouble 1", ("unknown kind",), ("by this program", "closed by the peer"), versions=(OWN,)),
    row("server_sets_bits", "protocol_error trouble 1", ("reserved bits",), ("by this program", "closed by the peer"), versions=(OWN,)),
    row("server_long_control", "protocol_error trouble 1", ("more than 125 bytes",), ("by this program", "closed by the peer"), versions=(OWN,)),
    row("server_text_not_utf8", "protocol_error trouble 1", ("not UTF-8", "1007"), ("by this program", "closed by the peer")),
    row("server_policy", says=("close code 1008", "from the peer")),
    row("server_private_code", says=("close code 4001", "from the peer")),
    row("server_says_goodbye", says=("1 closed by the peer's close frame, code 1000",)),
    row("server_half_closes", says=("ended without a close frame: the peer closed its side (FIN)",), never=("had sent nothing",)),
    row("proxy_not_there", "proxy_refused trouble 1", ("ECONNREFUSED", "never reached", "that it runs"), ("credentials",)),
    row("proxy_silent", "proxy_refused trouble 1", ("did not answer in 1.0", "never reached"), ("credentials",)),
    row("proxy_hangs_up", "proxy_refused trouble 1", ("never reached",), ("credentials",)),
    row("proxy_bad_gateway", "proxy_refused trouble 1", ("with 502", "the proxy could not reach the server"), ("credentials",)),
    row("unix_socket_missing", "connect_failed trouble 1", ("unix:/nowhere/desk.sock", "ENOENT")),
    row("unix_socket_deaf", "connection_refused trouble 1", ("unix:/tmp/desk-", "ECONNREFUSED")),
    row("from_foreign_address", "connect_failed trouble 1", ("bind() to the local address failed", "`iface`"), ("does not listen",)),
    row("no_route", "connect_failed trouble 1", ("ENETUNREACH", "ip route"), ("nothing listens",)),
    row("table_full_for_clients", "connect_failed trouble * + never_answered trouble *", ("own table of", "fd_limit_per_thread"), ("the route",)),
    row("gives_up_after_few", "connection_refused trouble 3", ("3 outbound connections", "ECONNREFUSED"), ("without a pause",)),
]
ROWS = [*LOOPS, *REFUSALS, *THREADS, *OUTBOUND, *ANSWERS, *CLIENTS, *TLS, *INBOUND, *HANDLERS, *SESSIONS, *SERVERS, *SERVED, *PROCESSES, *H2, *ENDS, *OLD, *WAITS_AND_ENDS, *PROGRAMS, *WIRE, *diagnosis_rows_hosting.ROWS, *diagnosis_rows_clients.ROWS, *diagnosis_rows_called.ROWS, *diagnosis_rows_callers.ROWS, *diagnosis_rows_serving.ROWS, *diagnosis_rows_field.ROWS, *diagnosis_rows_front.ROWS, *diagnosis_rows_asking.ROWS, *diagnosis_rows_talk.ROWS, *diagnosis_rows_kept.ROWS, *diagnosis_rows_web.ROWS, *diagnosis_rows_closing.ROWS]
