# SPDX-License-Identifier: MIT
"""The scenario table: HTTP/2. What each case must look like is in timelines/h2.txt, what the host does in hosts/table.h."""

import contextlib
import socket
import struct
import time
import unittest

import http2
import sockets
import timelines
import workload

APP = timelines.tls_host()
SHORT = timelines.tls_host("--timeout", "1", "--keepalive", "2")
PLAIN = timelines.table_host("--h2")
table = timelines.Table("h2")
NEVER_DONE = "/dyn/slow?ms=3600000"  # the handler works for longer than the case lasts


def connected(traffic, vhost="app"):
    return http2.Http2(traffic.connect(vhost, alpn=["h2"]))


def until_gone(h2):
    """Reads on until the server has closed, and leaves it the time to see that this side has, too, before it is told to end."""
    with contextlib.suppress(workload.WorkloadError, OSError):
        h2.until(lambda: False)
    h2.sock.close()
    time.sleep(1)


@table.case(APP)
def get_dynamic(traffic):
    """One request, answered by a callback."""
    h2 = connected(traffic)
    h2.get(1, "/dyn")
    h2.finish()


@table.case(APP)
def get_dynamic_first_protocol(traffic):
    """One request, answered by the callback of protocols[0]."""
    h2 = connected(traffic, "own")
    h2.get(1, "/job")
    h2.finish()


@table.case(APP)
def get_file(traffic):
    """One request for a file."""
    h2 = connected(traffic)
    h2.get(1, "/index.html")
    h2.finish()


@table.case(APP)
def head_of_file(traffic):
    """HEAD, which lws answers, but does not end the stream."""
    h2 = connected(traffic)
    h2.send(h2.request(1, "/index.html", method="HEAD"))
    h2.until(lambda: h2.answered(1))
    h2.finish()


@table.case(APP)
def missing_file(traffic):
    """A file that is not there."""
    h2 = connected(traffic)
    h2.get(1, "/missing.html")
    h2.finish()


@table.case(APP)
def missing_by_handler(traffic):
    """The handler answers 404."""
    h2 = connected(traffic)
    h2.get(1, "/dyn/missing")
    h2.finish()


@table.case(APP)
def post(traffic):
    """A request with a body, answered when it is complete. lws 4.3.5 does not show it to the filter."""
    h2 = connected(traffic)
    h2.get(1, "/dyn/body", method="POST", body=b"seven b", headers=[("content-length", "7")])
    h2.finish()


@table.case(APP)
def three_streams_at_once(traffic):
    """Three requests in one packet, each answered half a second later. Streams are concurrent by design, so none is pipelined."""
    h2 = connected(traffic)
    h2.send(*(h2.request(stream, "/dyn/slow?ms=500") for stream in (1, 3, 5)))
    h2.until(lambda: all(h2.ended(stream) for stream in (1, 3, 5)))
    h2.finish()


def are_concurrent(test, connections):
    spans = [(t["requested_ns"], t["completed_ns"]) for c in connections for t in c["transactions"]]
    test.assertEqual(len(spans), 3)
    test.assertLess(max(begin for begin, _ in spans), min(end for _, end in spans), "all three at the same time")
    for begin, end in spans:
        test.assertGreaterEqual(end - begin, 500_000_000, "the handler waited for 500 ms")


table.cases[-1].check = are_concurrent


@table.case(APP)
def three_streams_one_after_the_other(traffic):
    """A file, a callback, a file."""
    h2 = connected(traffic)
    h2.get(1, "/index.html")
    h2.get(3, "/dyn")
    h2.get(5, "/index.html")
    h2.finish()


@table.case(APP)
def handler_refuses(traffic):
    """The handler returns 1, of which lws tells the client nothing; then another request."""
    h2 = connected(traffic)
    h2.send(h2.request(1, "/dyn/refuse"))
    traffic.settle(h2.sock)
    h2.get(3, "/dyn")
    h2.finish()


def reset(h2, stream):
    h2.send(http2.frame(http2.RST_STREAM, stream=stream, payload=struct.pack("!I", http2.CANCEL)))


@table.case(APP)
def stream_reset_while_handled(traffic):
    """RST_STREAM while the handler works, which lws does not let it know: it answers all the same."""
    h2 = connected(traffic)
    with traffic.standing_still():
        h2.send(h2.request(1, "/dyn/slow?ms=500"))
        reset(h2, 1)
    h2.until(lambda: h2.ended(1))
    h2.finish()


@table.case(APP)
def stream_reset_before_answer(traffic):
    """RST_STREAM for a request that the handler does not answer, then another request."""
    h2 = connected(traffic)
    h2.send(h2.request(1, "/dyn/never"))
    traffic.settle(h2.sock)
    reset(h2, 1)
    traffic.settle(h2.sock)
    h2.send(h2.request(3, "/dyn"))
    traffic.settle(h2.sock)
    h2.finish()


@table.case(APP)
def stream_reset_in_body(traffic):
    """RST_STREAM while a big file is on its way, then another request, for which the socket has no room. The client goes before
    there is any."""
    h2 = connected(traffic)
    h2.send(h2.request(1, "/big.html"))
    h2.until(lambda: h2.answered(1))
    sockets.stuffed(h2.sock)
    reset(h2, 1)
    traffic.settle(h2.sock)
    h2.send(h2.request(3, "/dyn"))
    traffic.settle(h2.sock)
    h2.sock.shutdown(socket.SHUT_WR)
    sockets.given_up(h2.sock)  # before that, reading would make room
    h2.finish()


@table.case(APP)
def goaway_by_client(traffic):
    """GOAWAY while the handler works; then the client closes."""
    h2 = connected(traffic)
    h2.send(h2.request(1, NEVER_DONE))
    traffic.settle(h2.sock)
    h2.send(http2.frame(http2.GOAWAY, payload=struct.pack("!II", 1, 0)))
    traffic.settle(h2.sock)
    h2.finish()


@table.case(APP)
def client_leaves(traffic):
    """The client's socket is closed while the handler works."""
    h2 = connected(traffic)
    h2.send(h2.request(1, NEVER_DONE))
    traffic.settle(h2.sock)
    h2.finish()


@table.case(APP)
def headers_never_ended(traffic):
    """HEADERS without END_HEADERS, then the client closes."""
    h2 = connected(traffic)
    h2.send(h2.request(1, "/dyn", flags=0))
    traffic.settle(h2.sock)
    h2.finish()


@table.case(APP)
def no_stream(traffic):
    """The two introduce themselves, and the client closes."""
    connected(traffic).finish()


@table.case(SHORT, waits=True)
def idle_until_timeout(traffic):
    """One request, then nothing until lws has had enough."""
    h2 = connected(traffic)
    h2.get(1, "/dyn")
    until_gone(h2)


@table.case(SHORT, waits=True)
def handler_never_answers(traffic):
    """The handler does not answer; the client waits until lws has had enough."""
    h2 = connected(traffic)
    h2.send(h2.request(1, "/dyn/never"))
    until_gone(h2)


def websocket(h2, stream, protocol="echo"):
    """Extended CONNECT (RFC 8441)."""
    assert h2.settings.get(http2.ENABLE_CONNECT_PROTOCOL) == 1
    fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":path", "/"), (":scheme", "https"),
              (":authority", "localhost"), ("sec-websocket-protocol", protocol), ("sec-websocket-version", "13")]
    h2.send(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, http2.block(fields)))
    h2.until(lambda: h2.answered(stream) or h2.ended(stream))


def say(h2, stream, payload, opcode=1, flags=0):
    h2.send(http2.frame(http2.DATA, flags, stream, workload.ws_frame(payload, opcode)))


def heard(h2, stream):
    return b"".join(payload for kind, _, payload in h2.frames[stream] if kind == http2.DATA)


@table.case(APP)
def websocket_over_h2(traffic):
    """A websocket session on a stream: a message, its echo, and the client's close frame with 1000."""
    h2 = connected(traffic)
    websocket(h2, 1)
    say(h2, 1, b"hello")
    h2.until(lambda: b"hello" in heard(h2, 1))
    say(h2, 1, struct.pack("!H", 1000), opcode=8)
    h2.until(lambda: h2.ended(1) or b"\x88" in heard(h2, 1))
    traffic.settle(h2.sock)
    h2.finish()


@table.case(APP)
def websocket_over_h2_cut_off(traffic):
    """A websocket session on a stream whose connection is closed by the client."""
    h2 = connected(traffic)
    websocket(h2, 1)
    say(h2, 1, b"hello")
    h2.until(lambda: b"hello" in heard(h2, 1))
    h2.finish()


@table.case(PLAIN)
def prior_knowledge(traffic):
    """h2 without TLS, from the first byte."""
    h2 = http2.Http2(traffic.connect("app"))
    h2.get(1, "/dyn")
    h2.get(3, "/index.html")
    h2.finish()


H2 = table.tests()

if __name__ == "__main__":
    unittest.main()
