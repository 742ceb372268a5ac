# SPDX-License-Identifier: MIT
"""The scenario table: HTTP/1. What each case must look like is in timelines/h1.txt, what the host does in hosts/table.h."""

import contextlib
import socket
import time
import unittest

import sockets
import timelines
import workload

# One process whose timeouts are far away, one that has short ones for the cases that wait for them.
APP = timelines.table_host()
SHORT = timelines.table_host("--timeout", "1", "--keepalive", "2")
table = timelines.Table("h1")
NEVER_DONE = "/slow?ms=3600000"  # the handler works for longer than the case lasts


def gets(http, path, status=200, **options):
    http.send(path, **options)
    answer = http.receive(body=options.get("method") != "HEAD")[0]
    assert answer == status, f"{path}: {answer} instead of {status}"


def waits_for_close(sock):
    """Until the server has closed, without a sign of ours."""
    with contextlib.suppress(ConnectionResetError):
        while sock.recv(65536):
            pass
    sock.close()


# Files, served by lws itself.

@table.case(APP)
def file_keep_alive(traffic):
    """Three requests for files, one after the other; the client closes. protocols[0] has no session data: lws never drops
    its last binding (settled_by_destroy)."""
    http = traffic.http("app")
    for _ in range(3):
        gets(http, "/index.html")
    http.finish()


@table.case(APP)
def file_keep_alive_session_data(traffic):
    """The same where protocols[0] has session data: lws drops its last binding when it closes."""
    http = traffic.http("own")
    for _ in range(3):
        gets(http, "/index.html")
    http.finish()


@table.case(APP)
def file_query(traffic):
    """The query is not part of the path."""
    http = traffic.http("app")
    gets(http, "/index.html?secret=23")
    http.finish()


@table.case(APP)
def file_head(traffic):
    """HEAD, then GET on the same connection."""
    http = traffic.http("app")
    gets(http, "/index.html", method="HEAD")
    gets(http, "/index.html")
    http.finish()


@table.case(APP)
def file_post(traffic):
    """POST with a body to a file, which lws answers with the file."""
    http = traffic.http("app")
    gets(http, "/index.html", method="POST", headers=["Content-Length: 7"], body="seven b")
    http.finish()


@table.case(APP)
def file_missing(traffic):
    """A file that is not there, then one that is."""
    http = traffic.http("app")
    gets(http, "/missing.html", 404)
    gets(http, "/index.html")
    http.finish()


@table.case(APP)
def file_connection_close(traffic):
    """The client asks for the connection to be closed after the answer."""
    http = traffic.http("app")
    gets(http, "/index.html", keep_alive=False)
    http.finish()


@table.case(APP)
def file_http_1_0(traffic):
    """HTTP/1.0: lws closes after the answer."""
    http = traffic.http("app")
    gets(http, "/index.html", version="1.0")
    http.finish()


@table.case(APP)
def file_redirected(traffic):
    """A mount that redirects (301), then the file that it leads to, on the same connection."""
    http = traffic.http("app")
    gets(http, "/old", 301)
    with contextlib.suppress(workload.WorkloadError, OSError):
        gets(http, "/index.html")
    http.finish()


@table.case(APP)
def file_by_another_protocol(traffic):
    """Files of a mount that belongs to a protocol which is not protocols[0]."""
    http = traffic.http("app")
    for _ in range(2):
        gets(http, "/other/index.html")
    http.finish()


@table.case(APP)
def file_pipelined_in_one_segment(traffic):
    """Three requests in one segment. lws answers the first and gives up on the rest."""
    http = traffic.http("app")
    http.sock.sendall(http.request("/index.html") * 3)
    waits_for_close(http.sock)


@table.case(APP)
def file_pipelined_apart(traffic):
    """Three requests, sent without waiting for answers. Files are served at once, so that no request waits for the one before."""
    http = traffic.http("app")
    for _ in range(3):
        http.send("/index.html")
        traffic.settle(http.sock)
    for _ in range(3):
        assert http.receive()[0] == 200
    http.finish()


@table.case(APP)
def file_pipelined_while_sent(traffic):
    """The second request arrives while a big file is on its way."""
    http = traffic.http("app")
    http.send("/big.html")
    sockets.stuffed(http.sock)
    http.send("/index.html")
    traffic.settle(http.sock)
    for _ in range(2):
        assert http.receive()[0] == 200
    http.finish()


@table.case(APP)
def file_reset_in_body(traffic):
    """The client resets the connection while a big file is on its way."""
    http = traffic.http("app")
    http.send("/big.html")
    sockets.stuffed(http.sock)
    traffic.reset(http.sock)


@table.case(APP)
def file_half_close(traffic):
    """The client has nothing more to say (FIN) right after its request."""
    http = traffic.http("app")
    http.sock.send(http.request("/index.html"), socket.MSG_MORE)  # one packet with the FIN
    http.finish()


@table.case(SHORT, waits=True)
def file_stalled_in_body(traffic):
    """The client reads nothing of a big file until lws has had enough."""
    sock = traffic.connect("app", receive_bytes=4096)
    sock.sendall(workload.Http1(traffic.address("app"), sock=sock).request("/big.html"))
    sockets.given_up(sock)
    waits_for_close(sock)


@table.case(SHORT, waits=True)
def idle_until_keepalive_timeout(traffic):
    """One request, then nothing until the keep-alive timeout."""
    http = traffic.http("app")
    gets(http, "/index.html")
    waits_for_close(http.sock)


# No request.

@table.case(APP)
def connect_and_close(traffic):
    """The client connects and closes without a word."""
    workload.finish(traffic.connect("app"))


@table.case(APP)
def garbage(traffic):
    """Bytes that are no request."""
    sock = traffic.connect("app")
    sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 7)
    waits_for_close(sock)


@table.case(SHORT, waits=True)
def connect_and_nothing(traffic):
    """The client connects and says nothing until lws has had enough."""
    waits_for_close(traffic.connect("app"))


@table.case(SHORT, waits=True)
def partial_request(traffic):
    """Half of a request, then nothing until lws has had enough."""
    sock = traffic.connect("app")
    sock.sendall(b"GET /index.html HTTP/1.1\r\nHost: loc")
    waits_for_close(sock)


# Handlers: callback mounts, on another protocol than protocols[0] ("/dyn") and on protocols[0] ("/job").

def handler_case(name, words, drive, host=APP, **options):
    """The case NAME for both mounts."""
    for vhost, mount in (("app", "/dyn"), ("own", "/job")):
        def function(traffic, vhost=vhost, mount=mount):
            drive(traffic, vhost, mount)
        function.__name__ = f"{mount[1:]}_{name}"
        function.__doc__ = words
        table.case(host, **options)(function)


def keep_alive(traffic, vhost, mount):
    http = traffic.http(vhost)
    for _ in range(3):
        gets(http, mount)
    http.finish()


def slow(traffic, vhost, mount):
    http = traffic.http(vhost)
    gets(http, mount)
    traffic.knock(http.address)  # until the host knows that it is done
    time.sleep(0.2)
    gets(http, mount + "/slow")
    http.finish()


def is_slow(test, connections):
    [connection] = connections
    first, second = connection["transactions"]
    ms = 1_000_000
    idle_ns = second["requested_ns"] - first["completed_ns"]
    took_ns = second["completed_ns"] - second["requested_ns"]
    test.assertGreaterEqual(idle_ns, 190 * ms, "the client's pause is no transaction")
    test.assertGreaterEqual(took_ns, 50 * ms, "the handler slept for 50 ms")
    test.assertGreaterEqual(second["completed_ns"] - second["handled_ns"], 50 * ms)
    if second["responded_ns"] is not None:
        test.assertGreaterEqual(second["responded_ns"] - second["handled_ns"], 50 * ms)


def pipelined_while_asleep(traffic, vhost, mount):
    http = traffic.http(vhost)
    http.send(mount + "/sleep?more")
    sockets.taken(http.sock)
    http.send(mount)
    for _ in range(2):
        assert http.receive()[0] == 200
    http.finish()


def pipelined_while_handled(traffic, vhost, mount):
    http = traffic.http(vhost)
    http.send(mount + NEVER_DONE)
    traffic.settle(http.sock)
    http.send(mount)
    traffic.settle(http.sock)
    http.finish()


def pipelined_in_one_segment(traffic, vhost, mount):
    http = traffic.http(vhost)
    http.sock.sendall(http.request(mount + "/sleep") * 3)
    traffic.settle(http.sock)
    http.finish()


def pipelined_halves(traffic, vhost, mount):
    http = traffic.http(vhost)
    http.sock.sendall(http.request(mount + "/halves") * 3)
    traffic.settle(http.sock)
    http.finish()


def connection_close(traffic, vhost, mount):
    http = traffic.http(vhost)
    gets(http, mount, keep_alive=False)
    http.finish()


def post(traffic, vhost, mount):
    http = traffic.http(vhost)
    for _ in range(2):
        gets(http, mount + "/body", method="POST", headers=["Content-Length: 7"], body="seven b")
    http.finish()


def chunked(traffic, vhost, mount):
    http = traffic.http(vhost)
    http.send(mount + "/body", method="POST", headers=["Transfer-Encoding: chunked"], body="7\r\nseven b\r\n0\r\n\r\n")
    traffic.settle(http.sock)
    http.finish()


def refuse(traffic, vhost, mount):
    http = traffic.http(vhost)
    http.send(mount + "/refuse")
    waits_for_close(http.sock)


def missing(traffic, vhost, mount):
    http = traffic.http(vhost)
    gets(http, mount + "/missing", 404)
    gets(http, mount)
    http.finish()


def reset_while_handled(traffic, vhost, mount):
    http = traffic.http(vhost)
    http.send(mount + NEVER_DONE)
    traffic.settle(http.sock)
    traffic.reset(http.sock)


def leave_while_handled(traffic, vhost, mount):
    http = traffic.http(vhost)
    http.send(mount + "/never")
    traffic.settle(http.sock)
    http.finish()


def wait_in_vain(traffic, vhost, mount):
    http = traffic.http(vhost)
    http.send(mount + "/never")
    waits_for_close(http.sock)


handler_case("keep_alive", "Three requests, one after the other; the client closes.", keep_alive)
handler_case("slow", "The handler answers at once, the client pauses for 200 ms, the handler takes 50 ms.", slow, check=is_slow)
handler_case("pipelined_while_asleep", "The second request arrives while the handler sleeps: it waits in the socket until the\n"
             "first is answered.", pipelined_while_asleep)
handler_case("pipelined_while_handled", "The second request arrives when the handler has returned, but not answered yet. lws takes it\n"
             "up at once, by the path of the first, and the first is never answered.", pipelined_while_handled)
handler_case("pipelined_in_one_segment", "Three requests in one segment, each answered in its callback. What lws makes of the others\n"
             "depends on its version.", pipelined_in_one_segment)
handler_case("pipelined_halves", "Three requests in one segment, each answered by halves: the head in the callback, the body later.",
             pipelined_halves)
handler_case("connection_close", "The client asks for the connection to be closed after the answer.", connection_close)
handler_case("post", "Two requests with a body, answered when it is complete.", post)
handler_case("chunked", "A chunked body, of which lws never says that it is complete; the client gives up.", chunked)
handler_case("refuse", "The handler returns 1.", refuse)
handler_case("missing", "The handler answers 404, then 200.", missing)
handler_case("reset_while_handled", "The client resets the connection while the handler works.", reset_while_handled)
handler_case("leave_while_handled", "The handler does not answer; the client leaves.", leave_while_handled)
handler_case("wait_in_vain", "The handler does not answer; the client waits until lws has had enough.", wait_in_vain, SHORT,
             waits=True)


# Filters.

@table.case(APP)
def request_refused_by_filter(traffic):
    """protocols[0] returns 1 from FILTER_HTTP_CONNECTION."""
    http = traffic.http("own")
    http.send("/job/forbidden")
    waits_for_close(http.sock)


@table.case(APP)
def connection_refused_by_filter(traffic):
    """protocols[0] returns 1 from FILTER_NETWORK_CONNECTION: lws closes the socket and never makes a connection of it."""
    waits_for_close(traffic.connect("no_network"))


@table.case(APP)
def connection_refused_when_new(traffic):
    """protocols[0] returns 1 from SERVER_NEW_CLIENT_INSTANTIATED."""
    sock = traffic.connect("no_new")
    sock.settimeout(1)
    with contextlib.suppress(socket.timeout):
        waits_for_close(sock)
    sock.close()


H1 = table.tests()

if __name__ == "__main__":
    unittest.main()
