# SPDX-License-Identifier: MIT
"""The scenario table: websocket sessions. What each case must look like is in timelines/ws.txt, what the host does in hosts/table.h."""

import contextlib
import struct
import time
import unittest

import timelines
import workload

APP = timelines.table_host()
SHORT = timelines.table_host("--timeout", "1")
table = timelines.Table("ws")


def refused(traffic, protocol):
    sock = traffic.connect("app")
    try:
        workload.WebSocket(traffic.address("app"), protocol, sock=sock)
    except (workload.WorkloadError, ConnectionResetError):
        return
    finally:
        sock.close()
    raise AssertionError(f"the upgrade to {protocol} was not refused")


def until_gone(client):
    """Reads on until the server has closed."""
    with contextlib.suppress(workload.WorkloadError, ConnectionResetError):
        while True:
            client.receive()
    client.sock.close()


def closes(traffic, payload):
    client = traffic.websocket("app")
    client.echo(b"hello")
    client.send(payload, opcode=8)
    until_gone(client)


@table.case(APP)
def peer_closes_1000(traffic):
    """A message and its echo; the client closes with code 1000."""
    closes(traffic, struct.pack("!H", 1000))


@table.case(APP)
def peer_closes_1001(traffic):
    """The client goes away with code 1001 and a reason."""
    closes(traffic, struct.pack("!H", 1001) + b"bye")


@table.case(APP)
def peer_closes_without_code(traffic):
    """The client's close frame is empty."""
    closes(traffic, b"")


@table.case(APP)
def peer_closes_with_forbidden_code(traffic):
    """The client's close frame says 1006, which must not be sent; lws reports it to the program as 1002."""
    closes(traffic, struct.pack("!H", 1006))


@table.case(APP)
def peer_ends_without_close_frame(traffic):
    """The client's socket is closed (FIN) in the middle of the session."""
    client = traffic.websocket("app")
    client.echo(b"hello")
    workload.finish(client.sock)


@table.case(APP)
def peer_resets(traffic):
    """The client's socket is reset (RST) in the middle of the session."""
    client = traffic.websocket("app")
    client.echo(b"hello")
    traffic.reset(client.sock)


@table.case(APP)
def server_closes_1001(traffic):
    """The callback sets code 1001 by lws_close_reason() and returns -1; the client answers with the same."""
    client = traffic.websocket("app")
    client.send(b"leave")
    opcode, payload = client.receive()
    assert (opcode, payload[:2]) == (8, struct.pack("!H", 1001))
    client.send(payload, opcode=8)
    until_gone(client)


@table.case(SHORT, waits=True)
def server_closes_1001_unanswered(traffic):
    """The same, but the client does not answer."""
    client = traffic.websocket("app")
    client.send(b"leave")
    until_gone(client)


@table.case(APP)
def callback_returns_minus_one(traffic):
    """The callback returns -1 and says no reason."""
    client = traffic.websocket("app")
    client.send(b"drop")
    until_gone(client)


@table.case(APP)
def bad_opcode(traffic):
    """The client sends a frame of an opcode that does not exist; lws closes with 1002."""
    client = traffic.websocket("app")
    client.send(b"x", opcode=3)
    with contextlib.suppress(workload.WorkloadError, ConnectionResetError):
        client.send(client.receive()[1], opcode=8)
    until_gone(client)


@table.case(APP)
def unmasked_frame(traffic):
    """The client sends a frame that is not masked, which lws takes all the same."""
    client = traffic.websocket("app")
    client.sock.sendall(b"\x81\x05hello")
    assert client.receive() == (1, b"hello")
    client.close()


@table.case(SHORT, waits=True)
def no_pong(traffic):
    """lws pings after 1 s of silence; the client does not answer, lws hangs up after 2 s."""
    client = traffic.websocket("pinged")
    until_gone(client)


@table.case(APP)
def no_subprotocol(traffic):
    """The client names no subprotocol: protocols[0] gets the session."""
    client = traffic.websocket("app", protocol="")
    client.close()


@table.case(APP)
def unknown_subprotocol(traffic):
    """The client names a subprotocol that the vhost does not have."""
    refused(traffic, "unheard-of")


@table.case(APP)
def refused_by_protocol(traffic):
    """The protocol returns 1 from FILTER_PROTOCOL_CONNECTION."""
    refused(traffic, "refusing")


@table.case(APP)
def upgrade_after_requests(traffic):
    """Two requests, then the upgrade, on one connection."""
    http = traffic.http("app")
    assert http.get("/index.html")[0] == 200
    assert http.get("/dyn")[0] == 200
    client = workload.WebSocket(http.address, "echo", sock=http.sock)
    client.echo(b"hello")
    client.close()


@table.case(APP)
def idle_session(traffic):
    """Nothing is said for 200 ms between upgrade and close: a session, no transaction."""
    client = traffic.websocket("app")
    time.sleep(0.2)
    client.close()


Ws = table.tests()

if __name__ == "__main__":
    unittest.main()
