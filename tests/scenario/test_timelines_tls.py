# SPDX-License-Identifier: MIT
"""The scenario table: TLS. What each case must look like is in timelines/tls.txt, what the host does in hosts/table.h."""

import contextlib
import socket
import ssl
import time
import unittest

import certificates
import http2
import sockets
import timelines
import workload

# One process whose timeouts are far away, one that has short ones, one that wants a certificate of its clients.
APP = timelines.tls_host()
SHORT = timelines.tls_host("--timeout", "1", "--keepalive", "2")
STRICT = timelines.tls_host("--client-ca", lambda _: certificates.made().authority)
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
PAUSE_S = 0.2
table = timelines.Table("tls")


def gets(http, path="/index.html", **options):
    status = http.get(path, **options)[0]
    assert status == 200, f"{path}: {status}"


def one_request(traffic, **tls):
    """A connection with one request; the client closes without close_notify."""
    http = traffic.http("app", **{"version": TLS_1_3, **tls})
    gets(http)
    http.finish()


def until_gone(sock):
    """Until the host has closed. lws says goodbye by TLS and then waits for the client to close."""
    with contextlib.suppress(OSError):
        while sock.recv(65536):
            pass
    sock.close()


def refused(traffic, **options):
    """A handshake that one of the two refuses. In TLS 1.3 the client learns only afterwards that the host does."""
    context = workload.tls_context(**options)
    sock = context.wrap_socket(traffic.connect("app"), server_hostname="localhost", do_handshake_on_connect=False)
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        sock.do_handshake()
        sock.recv(1)
        raise AssertionError("the handshake was not refused")
    with contextlib.suppress(ConnectionError):
        while socket.socket.recv(sock, 65536):  # what the host still says is not decrypted
            pass
    sock.close()


def rows(drive, host, *cases):
    """Cases (name, words, options of the client) that differ by the handshake; the options may be a function that finds them."""
    for name, words, options in cases:
        def function(traffic, options=options):
            drive(traffic, **(options() if callable(options) else options))
        function.__name__, function.__doc__ = name, words
        table.case(host)(function)


def hello():
    """The first flight of a client."""
    outgoing = ssl.MemoryBIO()
    session = workload.tls_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


def says(traffic, data, at_once=False):
    """DATA instead of a handshake; AT_ONCE: it is there when lws accepts the connection."""
    with traffic.standing_still() if at_once else contextlib.nullcontext():
        sock = traffic.connect("app")
        sock.sendall(data)
    until_gone(sock)


# Handshakes that come to something.

rows(one_request, APP,
     ("tls_1_3", "TLS 1.3, one request; the client closes without close_notify.", {}),
     ("tls_1_2", "TLS 1.2 with the one cipher that the client offers.",
      {"version": TLS_1_2, "ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"}),
     ("alpn_http_1_1", "ALPN: the client offers http/1.1 only.", {"alpn": ["http/1.1"]}),
     ("alpn_unknown", "ALPN: the client offers nothing that the host knows; both go on without.", {"alpn": ["unheard-of"]}),
     ("sni", "The client names the server it wants.", {"sni": "wanted.example"}),
     ("no_sni", "The client names no server.", {"sni": None}),
     ("verified_by_client", "The client verifies the host's certificate, of which the host sees nothing.",
      lambda: {"authority": certificates.made().authority}))


@table.case(APP)
def alpn_h2(traffic):
    """ALPN: the client offers h2 and http/1.1. One stream."""
    h2 = http2.Http2(traffic.connect("app", version=TLS_1_3, alpn=["h2", "http/1.1"]))
    h2.get(1, "/index.html")
    h2.finish()


def resumes(traffic, version):
    context, session = workload.tls_context(version=version), None
    for _ in range(2):
        http = traffic.http("app", context=context, session=session)
        gets(http)
        assert http.sock.session_reused == bool(session)
        session = http.sock.session
        http.finish()


@table.case(APP)
def resumed_1_3(traffic):
    """Two connections with a request each; the second resumes the session of the first."""
    resumes(traffic, TLS_1_3)


@table.case(APP)
def resumed_1_2(traffic):
    """The same with TLS 1.2."""
    resumes(traffic, TLS_1_2)


def assert_paused(test, spent_ns):
    """The host's clock starts when it gets its turn, which on a busy machine is after the client began to pause."""
    test.assertGreaterEqual(spent_ns, PAUSE_S * 1e9 / 2)


def pause_in_handshake(test, connections):
    assert_paused(test, connections[0]["tls"]["handshake_ns"])


def pause_after_handshake(test, connections):
    [connection] = connections
    shaken_ns = connection["opened_ns"] + connection["tls"]["handshake_ns"]
    assert_paused(test, connection["transactions"][0]["requested_ns"] - shaken_ns)


@table.case(APP, check=pause_in_handshake)
def pause_before_hello(traffic):
    """The client is connected for 200 ms before it says hello: they are part of the handshake."""
    sock = traffic.connect("app")
    time.sleep(PAUSE_S)
    http = workload.Http1(traffic.address("app"), sock=workload.secure(sock, version=TLS_1_3))
    gets(http)
    http.finish()


@table.case(APP, check=pause_after_handshake)
def pause_before_request(traffic):
    """The client waits 200 ms between the handshake and its request: they are not part of the handshake."""
    http = traffic.http("app", version=TLS_1_3)
    traffic.knock(http.address)  # until the host has done its part of the handshake, too
    time.sleep(PAUSE_S)
    gets(http)
    http.finish()


# Handshakes that come to nothing.

rows(refused, APP,
     ("no_shared_cipher", "TLS 1.2 with a cipher that the host has no key for: OpenSSL gives up, and tells why.",
      {"version": TLS_1_2, "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}),
     ("certificate_rejected_1_3", "The client does not trust the host's certificate, and says so in an alert.",
      lambda: {"version": TLS_1_3, "authority": certificates.made().stranger[0]}),
     ("certificate_rejected_1_2", "The same with TLS 1.2.",
      lambda: {"version": TLS_1_2, "authority": certificates.made().stranger[0]}))

PLAIN_HTTP = b"GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n"


@table.case(APP)
def plain_http(traffic):
    """A request without TLS."""
    says(traffic, PLAIN_HTTP)


@table.case(APP)
def garbage(traffic):
    """Bytes that are neither TLS nor HTTP."""
    says(traffic, b"\x17neither\r\n\r\n")


@table.case(APP)
def zeroes(traffic):
    """Zeroes."""
    says(traffic, bytes(64))


@table.case(APP)
def plain_http_at_once(traffic):
    """A request without TLS, which is there when lws accepts the connection."""
    says(traffic, PLAIN_HTTP, at_once=True)


@table.case(APP)
def zeroes_at_once(traffic):
    """Zeroes, which are there when lws accepts the connection."""
    says(traffic, bytes(64), at_once=True)


@table.case(APP)
def connect_and_close(traffic):
    """The client closes without a word."""
    workload.finish(traffic.connect("app"))


@table.case(APP)
def close_at_once(traffic):
    """The client has closed when lws accepts the connection."""
    with traffic.standing_still():
        sock = traffic.connect("app")
        sock.shutdown(socket.SHUT_WR)
    until_gone(sock)


@table.case(APP)
def connect_and_reset(traffic):
    """The client resets the connection without a word."""
    sock = traffic.connect("app")
    traffic.knock(sock.getpeername())  # lws has accepted this one before that one
    traffic.reset(sock)


@table.case(APP)
def half_a_hello_and_close(traffic):
    """Half of a ClientHello, then the client closes."""
    sock, first = traffic.connect("app"), hello()
    sock.sendall(first[:len(first) // 2])
    workload.finish(sock)


@table.case(SHORT, waits=True)
def half_a_hello_and_stall(traffic):
    """Half of a ClientHello, then nothing until lws has had enough."""
    first = hello()
    says(traffic, first[:len(first) // 2])


@table.case(SHORT, waits=True)
def connect_and_nothing(traffic):
    """The client connects and says nothing until lws has had enough."""
    until_gone(traffic.connect("app"))


# Certificates of clients.

rows(one_request, STRICT,
     ("client_certificate_1_3", "The client's certificate is one that the host trusts.",
      lambda: {"certificate": certificates.made().client}),
     ("client_certificate_1_2", "The same with TLS 1.2.",
      lambda: {"version": TLS_1_2, "certificate": certificates.made().client}),
     ("client_certificate_untrusted", "The client's certificate is its own. lws leaves it to the application, and this one lets it pass.",
      lambda: {"certificate": certificates.made().stranger}))
rows(refused, STRICT,
     ("client_certificate_missing_1_3", "The host wants a certificate, the client has none.", {"version": TLS_1_3}),
     ("client_certificate_missing_1_2", "The same with TLS 1.2.", {"version": TLS_1_2}))


# After the handshake: as without TLS, but for lws closing in two steps.

@table.case(APP)
def handshake_and_close(traffic):
    """The client closes after the handshake."""
    workload.finish(traffic.connect("app", version=TLS_1_3))


@table.case(SHORT, waits=True)
def handshake_and_nothing(traffic):
    """The client says nothing after the handshake until lws has had enough."""
    until_gone(traffic.connect("app", version=TLS_1_3))


@table.case(SHORT, waits=True)
def idle_until_keepalive_timeout(traffic):
    """One request, then nothing until the keep-alive timeout."""
    http = traffic.http("app", version=TLS_1_3)
    gets(http)
    until_gone(http.sock)


@table.case(SHORT, waits=True)
def wait_in_vain(traffic):
    """The handler does not answer; the client waits until lws has had enough."""
    http = traffic.http("app", version=TLS_1_3)
    http.send("/dyn/never")
    until_gone(http.sock)


@table.case(SHORT, waits=True)
def stalled_in_body(traffic):
    """The client reads nothing of a big file until lws has had enough."""
    http = traffic.http("app", receive_bytes=4096, version=TLS_1_3)
    http.send("/big.html")
    sockets.given_up(http.sock)
    until_gone(http.sock)


@table.case(APP)
def keep_alive(traffic):
    """Three requests for files, one after the other; the client closes."""
    http = traffic.http("app", version=TLS_1_3)
    for _ in range(3):
        gets(http)
    http.finish()


@table.case(APP)
def keep_alive_handler(traffic):
    """Three requests to a handler, one after the other; the client closes."""
    http = traffic.http("app", version=TLS_1_3)
    for _ in range(3):
        gets(http, "/dyn")
    http.finish()


@table.case(APP)
def close_notify(traffic):
    """One request; the client says goodbye by TLS, then closes."""
    http = traffic.http("app", version=TLS_1_3)
    gets(http)
    with contextlib.suppress(OSError):  # lws may close without a goodbye of its own
        http.sock.unwrap()
    http.finish()


@table.case(APP)
def connection_close(traffic):
    """The client asks for the connection to be closed after the answer."""
    http = traffic.http("app", version=TLS_1_3)
    gets(http, keep_alive=False)
    until_gone(http.sock)


@table.case(APP)
def connection_close_handler(traffic):
    """The same of a handler."""
    http = traffic.http("app", version=TLS_1_3)
    gets(http, "/dyn", keep_alive=False)
    until_gone(http.sock)


@table.case(APP)
def pipelined_in_one_record(traffic):
    """Two requests in one record: OpenSSL has decrypted both when lws reads the first."""
    http = traffic.http("app", version=TLS_1_3)
    http.sock.sendall(http.request("/dyn/sleep") * 2)
    assert [http.receive()[0] for _ in range(2)] == [200, 200]
    http.finish()


@table.case(APP)
def pipelined_in_two_records(traffic):
    """The second request is in the socket while the handler has the first."""
    http = traffic.http("app", version=TLS_1_3)
    with traffic.standing_still():
        http.send("/dyn/sleep")
        http.send("/dyn")
    assert [http.receive()[0] for _ in range(2)] == [200, 200]
    http.finish()


@table.case(APP)
def reset_in_body(traffic):
    """The client resets the connection while a big file is on its way."""
    http = traffic.http("app", version=TLS_1_3)
    http.send("/big.html")
    sockets.stuffed(http.sock)
    traffic.reset(http.sock)


@table.case(APP)
def reset_when_idle(traffic):
    """One request; then the client resets the connection."""
    http = traffic.http("app", version=TLS_1_3)
    gets(http)
    traffic.reset(http.sock)


@table.case(APP)
def websocket(traffic):
    """A websocket session over TLS, closed by the client."""
    client = traffic.websocket("app", version=TLS_1_3)
    client.echo(b"hello")
    client.close()


Tls = table.tests()

if __name__ == "__main__":
    unittest.main()
