# SPDX-License-Identifier: MIT
"""The scenario table: responses whose handler hangs up instead of calling lws_http_transaction_completed(). What was written whole is
completed, by whatever call. What each case must look like is in timelines/written.txt, what the host does in hosts/table.h."""

import unittest

import sockets
import timelines
import workload

APP = timelines.table_host(ways=("preload",))
table = timelines.Table("written")


def written_case(name, words, status, body_bytes=None):
    """The case NAME for both mounts: the peer gets STATUS and a body (of BODY_BYTES), then the end of the connection."""
    for vhost, mount in (("app", "/dyn"), ("own", "/job")):
        def function(traffic, vhost=vhost, mount=mount):
            sock = traffic.connect(vhost)
            sock.sendall(workload.Http1(traffic.address(vhost), sock=sock).request(f"{mount}/{name}"))
            answer = b""
            while piece := sock.recv(65536):
                answer += piece
            sock.close()
            head, body = answer.split(b"\r\n\r\n", 1)
            assert int(head.split()[1]) == status, head
            assert body_bytes is None or len(body) == body_bytes, answer
        function.__name__ = f"{mount[1:]}_{name}"
        function.__doc__ = words
        table.case(APP)(function)


written_case("final", "The handler says of its last write that it is the last, and hangs up.", 200, 4)
written_case("length", "The handler writes as much as its content-length promised, and hangs up.", 200, 4)
written_case("page", "The handler has lws write an error page, and hangs up.", 403)
written_case("moved", "The handler has lws write a redirect, and hangs up.", 302)
written_case("less", "The handler calls a write the last that is less than its content-length promised, and hangs up.", 200, 4)
written_case("part", "The handler writes, of what length and whether that was all nobody knows, and hangs up.", 200, 4)


@table.case(APP)
def dyn_huge(traffic):
    """The handler writes more at once than the socket takes, all of it, and hangs up; lws holds the rest when the client resets the
    connection."""
    sock = traffic.connect("app", receive_bytes=4096)
    sock.sendall(workload.Http1(traffic.address("app"), sock=sock).request("/dyn/huge"))
    assert sock.recv(4096)
    sockets.stuffed(sock)  # lws waits for room in it
    traffic.reset(sock)


Written = table.tests()

if __name__ == "__main__":
    unittest.main()
