# SPDX-License-Identifier: MIT
"""An HTTP/2 client that does only what it is told (RFC 9113, 8441): frames by hand, headers as literals, no flow control."""

import struct

import workload

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CANCEL = 8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HUGE = 0x7FFF0000
ENABLE_CONNECT_PROTOCOL = 8


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def block(fields):
    """A header block: literals that are not indexed, without Huffman; names and values below 127 bytes."""
    return b"".join(b"\x00" + b"".join(bytes([len(part)]) + part.encode() for part in field) for field in fields)


class Http2:
    """One connection over SOCK, on which the two sides have introduced themselves."""

    def __init__(self, sock):
        self.sock, self.buffer, self.settings = sock, b"", {}
        self.frames = {}  # by stream: [(kind, flags, payload)]
        unlimited = struct.pack("!HI", 4, HUGE)  # SETTINGS_INITIAL_WINDOW_SIZE
        self.sock.sendall(PREFACE + frame(SETTINGS, payload=unlimited) + frame(WINDOW_UPDATE, payload=struct.pack("!I", HUGE)))
        self.until(lambda: self.settings and (SETTINGS, ACK, b"") in self.frames.get(0, []))

    def send(self, *frames):
        self.sock.sendall(b"".join(frames))

    def until(self, condition):
        """Reads frames until CONDITION()."""
        while not condition():
            while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
                data = self.sock.recv(1 << 20)
                if not data:
                    raise workload.WorkloadError("h2: closed by the server")
                self.buffer += data
            size = int.from_bytes(self.buffer[:3], "big")
            kind, flags, stream = struct.unpack("!BBI", self.buffer[3:9])
            payload, self.buffer = self.buffer[9:9 + size], self.buffer[9 + size:]
            self.frames.setdefault(stream, []).append((kind, flags, payload))
            if kind == SETTINGS and not flags & ACK:
                self.settings = {"received": True, **dict(struct.iter_unpack("!HI", payload))}
                self.send(frame(SETTINGS, ACK))
            if kind == PING and not flags & ACK:
                self.send(frame(PING, ACK, payload=payload))

    def request(self, stream, path, method="GET", body=b"", headers=(), flags=END_HEADERS):
        """The frames of a request."""
        fields = [(":method", method), (":path", path), (":scheme", "https"), (":authority", "localhost"), *headers]
        if not body:
            return frame(HEADERS, flags | END_STREAM, stream, block(fields))
        return frame(HEADERS, flags, stream, block(fields)) + frame(DATA, END_STREAM, stream, body)

    def ended(self, stream):
        """Whether the server has ended STREAM, or reset it."""
        return any(kind == RST_STREAM or (kind in (DATA, HEADERS) and flags & END_STREAM)
                   for kind, flags, _ in self.frames.get(stream, []))

    def get(self, stream, path, **options):
        self.send(self.request(stream, path, **options))
        self.until(lambda: self.ended(stream))

    def answered(self, stream):
        return any(kind == HEADERS for kind, _, _ in self.frames.get(stream, []))

    def finish(self):
        workload.finish(self.sock)
