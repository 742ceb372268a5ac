# SPDX-License-Identifier: MIT
"""Whether a peer closed its side (FIN) or reset the connection (RST): the kernel knows, until lws closes its own side."""

import socket
import struct
import unittest

import harness
import workload

HTTP_CLOSED, HTTP_RESET, WS_CLOSED, WS_RESET = 3, 5, 2, 7
PAGE = (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b" 200 ", b"</html>\n")
UPGRADE = (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: echo\r\n\r\n")
SESSION = (UPGRADE, b" 101 ", b"\r\n\r\n")


def leave(address, request, end, by_reset):
    """Reads the answer up to its END, so that only BY_RESET makes the kernel send a RST."""
    sock = workload.connect(address)
    sock.sendall(request)
    answer = b""
    while not answer.endswith(end):
        answer += sock.recv(65536)
    if by_reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    return answer


class HowPeersLeave(harness.Scenario):
    def check(self, lws):
        program = self.traced(self.host(lws=lws))
        for count, (request, status, end), by_reset in ((HTTP_CLOSED, PAGE, False), (HTTP_RESET, PAGE, True),
                                                        (WS_CLOSED, SESSION, False), (WS_RESET, SESSION, True)):
            for _ in range(count):
                self.assertIn(status, leave(program.address(), request, end, by_reset))
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
