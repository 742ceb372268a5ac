# SPDX-License-Identifier: MIT
"""Whether a peer closed its side (FIN) or reset the connection (RST): the kernel knows, until lws closes its own side."""

import contextlib
import socket
import struct
import unittest

import harness
import workload

HTTP_CLOSED, HTTP_RESET, WS_CLOSED, WS_RESET = 3, 5, 2, 7
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: echo\r\n\r\n")


def leave(address, request, by_reset):
    """Reads all that is sent, so that only BY_RESET makes the kernel send a RST."""
    sock = workload.connect(address)
    sock.sendall(request)
    sock.settimeout(0.1)
    answer = sock.recv(65536)
    with contextlib.suppress(socket.timeout):
        while True:
            answer += sock.recv(65536)
    if by_reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    return answer


class HowPeersLeave(harness.Scenario):
    def check(self, lws):
        program = self.traced(self.host(lws=lws))
        for count, request, by_reset, status in ((HTTP_CLOSED, GET, False, b" 200 "), (HTTP_RESET, GET, True, b" 200 "),
                                                 (WS_CLOSED, UPGRADE, False, b" 101 "), (WS_RESET, UPGRADE, True, b" 101 ")):
            for _ in range(count):
                self.assertIn(status, leave(program.address(), request, by_reset))
        trace, all_of_them = self.path("out.wsitrace"), HTTP_CLOSED + HTTP_RESET + WS_CLOSED + WS_RESET
        harness.until(lambda: self.wsitrace("report", trace).out.count("closed: peer_closed") == all_of_them, "the ends")
        program.stop()
        text = " ".join(self.wsitrace("explain", trace).out.split())
        self.assertIn(f"{HTTP_RESET + WS_RESET} closed by the peer with a reset (RST), {HTTP_CLOSED + WS_CLOSED} closed by the peer ", text)
        for count, how in ((WS_CLOSED, "the peer closed its side (FIN)"), (WS_RESET, "the peer reset the connection (RST)")):
            self.assertIn(f"{count} websocket sessions ended without a close frame: {how} ", text)

    def test_debian(self):
        self.check("")

    def test_416(self):
        self.check("4.1.6")

    def test_435(self):
        self.check("4.3.5")


if __name__ == "__main__":
    unittest.main()
