# SPDX-License-Identifier: MIT
"""Rows of diagnosis_rows.py: what clients hand to lws and get from their servers (tests/corpus/troubles_called.c), and loops that turn for nothing or do
not come back (tests/corpus/troubles_turns.c)."""

from diagnosis_row import OWN, VERSIONS, row

EVERY = (*VERSIONS, OWN)

CHUNKS = ("lws closed outbound connection 1", "breaks the rules of chunked encoding", "curl -i --raw")
NOT_CHUNKS = ("closed_midway", "return 0 where")
ROWS = [
    # What the call gets.
    row("connects_with_dead_context", "context_used_after_end trouble 1", ("with a context that had been destroyed", "set the pointer to NULL"), ("Nothing needs",)),
    row("connects_with_new_context", versions=("4.1.6",)),  # 4.3.5 leaves a descriptor with each context
    row("info_not_zeroed", "connect_info_not_set trouble 1 + crashed trouble 1", ("these members point to no memory: ", "iface", "retry_and_idle_policy", "memset(&info, 0, sizeof info)"), status=139),
    row("info_half_set", "connect_info_not_set trouble 1 + crashed trouble 1", ("these members point to no memory: iface.", "= {0}"), status=139),
    row("info_zeroed"),
    # Answers.
    row("chunks_without_size", "protocol_error trouble 1", CHUNKS, NOT_CHUNKS),
    row("chunks_too_long", "protocol_error trouble 1", CHUNKS, NOT_CHUNKS),
    row("chunks_with_extension", "protocol_error trouble 1", (*CHUNKS, "no chunk extensions"), NOT_CHUNKS),
    row("chunks_as_they_should_be"),
    row("redirected_to_tls", "tls_failed trouble 1", ("the server redirected it to https (status 301)", "LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT"), ("this program asked for TLS",)),
    row("certificate_without_address", "tls_certificate trouble 1", ("IP address mismatch", "`host` of the connect info")),
    row("certificate_with_name"),
    row("tls_flag_forgotten", "server_closed_before_answer trouble 1", ("LCCSCF_USE_SSL",)),
    row("proxy_speaks_tls", "proxy_refused trouble 1", ("as an alert of TLS", "the port of the proxy that speaks HTTP"), ("is one.",)),
    row("raw_is_reset", says=("1 closed by the peer with a reset (RST)",)),
    # A client that does not come to read, and one that does not come to connect.
    row("sleeps_on_messages", "loop_blocked trouble 1", ("LWS_CALLBACK_CLIENT_RECEIVE of protocol 'desk' kept the event loop for", "the peer of connection 1 was gone")),
    row("wakes_on_messages"),
    row("resolver_is_slow", says=("lws_client_connect_via_info() to localhost:", "lasted 1.3", "getaddrinfo()", "LWS_WITH_SYS_ASYNC_DNS"), never=("Nothing needs",)),
    row("resolver_is_quick"),
    # Loops.
    row("file_never_read", "loop_spins trouble 1", ("the event loop never sleeps: LWS_CALLBACK_RAW_RX_FILE of protocol 'desk' does not read the data waiting on adopted connection", "EAGAIN")),
    row("file_read"),
    row("file_read_all_the_time"),
    row("wakes_itself", "loop_spins trouble 1", ("lws_cancel_service() is called again and again", "not in LWS_CALLBACK_EVENT_WAIT_CANCELLED")),
    row("woken_at_times"),
    row("timer_without_pause", "loop_spins trouble 1", ("timers of this program are due within a millisecond, again and again", "lws_sul_schedule()")),
    row("timer_with_pause"),
    row("timer_of_another_thread", "not_thread_safe trouble 1", ("lws_sul_schedule() was called on another thread", "lws_cancel_service()")),
    row("timer_of_own_thread"),
    # Where it stood, or crashed, by what its thread told.
    row("stands_on_message", "loop_blocked trouble 1",
        ("LWS_CALLBACK_RECEIVE of protocol 'desk', on connection 3, has kept the event loop for ", "had not returned when the program ended", "callback_message, troubles_turns.c:", "ended by signal 14"), versions=EVERY, status=142),
    row("takes_long_on_message", says=("LWS_CALLBACK_RECEIVE of protocol 'desk'",), never=("had not returned",)),
    row("crashes_to_write", "crashed trouble 1", ("LWS_CALLBACK_SERVER_WRITEABLE of protocol 'desk', on connection 3, was running", "callback_message, troubles_turns.c:"), ("last callback",), versions=EVERY, status=139),
    row("crashes_aside", "crashed trouble 1", ("LWS_CALLBACK_USER + 3 of protocol 'desk', on connection 3, was running", "callback_message, troubles_turns.c:"), ("WRITEABLE of protocol", "last callback"), versions=EVERY, status=139),
    row("crashes_between_turns", "crashed trouble 1", ("No callback was running", "outside of callbacks, or in lws"), ("callback_message, troubles",), versions=EVERY, status=139),
    row("service_never_returns", says=("lws_service(context, 40) never returned", "LWS_SERVER_OPTION_LIBUV", "foreign_loops"), never=("Nothing needs",)),
    row("service_returns"),
]
