# SPDX-License-Identifier: MIT
"""Clients of what wsitrace serves, on raw sockets: they say exactly what they are told to, and can stop anywhere."""

import base64
import hashlib
import json
import os
import socket
import struct
import time

import workload

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
TEXT, CLOSE = 1, 8


class Reply:
    """An HTTP response."""

    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:200]!r}"


def read_reply(sock, has_body=True):
    """The next response, or None when the server closes instead."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return None
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    reply = Reply(head, body)
    length = int(reply.headers.get("content-length", "0")) if has_body else 0
    while len(reply.body) < length:
        piece = sock.recv(1 << 20)
        if not piece:
            return None
        reply.body += piece
    return reply


def request(address, path, method="GET", headers=(), body=""):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def ask(address, path, method="GET", headers=(), body="", sock=None):
    """One request and its response, on a connection of its own unless there is a SOCK."""
    own = sock or workload.connect(address)
    own.sendall(request(address, path, method, headers, body))
    reply = read_reply(own, method != "HEAD")
    if sock is None:
        own.close()
    return reply


class LiveSocket:
    """A client of api/live. `refusal` is the response, when it was not let in."""

    def __init__(self, address, path="/api/live", protocols="wsitrace", headers=(), sock=None, receive_buffer=0):
        self.sock = sock or self._connect(address, receive_buffer)
        self.buffer, self.refusal = b"", None
        key = base64.b64encode(os.urandom(16)).decode()
        fields = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        if protocols:
            fields.append(f"Sec-WebSocket-Protocol: {protocols}")
        self.sock.sendall(request(address, path, headers=[*fields, *headers]))
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        reply = Reply(head, b"")
        if reply.status != 101:
            length = int(reply.headers.get("content-length", "0"))
            while len(self.buffer) < length:
                self._fill()
            reply.body = self.buffer
            self.refusal = reply
            return
        expected = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        if reply.headers["sec-websocket-accept"] != expected:
            raise workload.WorkloadError("the wrong key was accepted")
        self.headers, self.protocol = reply.headers, reply.headers.get("sec-websocket-protocol")

    @staticmethod
    def _connect(address, receive_buffer):
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(workload.TIMEOUT_S)
        sock.connect(address)
        return sock

    def _fill(self):
        data = self.sock.recv(1 << 20)
        if not data:
            raise workload.WorkloadError("the websocket ended")
        self.buffer += data

    def _take(self, count):
        while len(self.buffer) < count:
            self._fill()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def frame(self):
        """Whether it is the last of its message, opcode and payload of the next frame."""
        first, size = self._take(2)
        if size == 126:
            size = struct.unpack("!H", self._take(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._take(8))[0]
        return first & 0x80 != 0, first & 15, self._take(size)

    def message(self):
        """The next text message, as JSON."""
        final, opcode, text = self.frame()
        if opcode != TEXT:
            raise workload.WorkloadError(f"opcode {opcode}: {text!r}")
        while not final:
            final, opcode, more = self.frame()
            text += more
        return json.loads(text)

    def until(self, condition):
        """Reads messages until CONDITION(message) is true, and returns its value."""
        end = time.monotonic() + workload.TIMEOUT_S
        while time.monotonic() < end:
            message = self.message()
            value = condition(message)
            if value:
                return value
        raise workload.WorkloadError(f"waited {workload.TIMEOUT_S} s in vain; the last message: {message}")

    def send(self, payload, opcode=TEXT):
        self.sock.sendall(workload.ws_frame(payload, opcode))

    def close_code(self):
        """What the server closes with; messages before are skipped."""
        while True:
            _, opcode, payload = self.frame()
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0]

    def close(self):
        self.sock.close()


class Rows:
    """The rows that a client of api/live has, by key: what the page shows."""

    def __init__(self):
        self.rows, self.hellos = {}, 0

    def hear(self, message):
        if message["type"] == "hello":
            self.hellos += 1
            self.rows = {}
        for key in message.get("gone", ()):
            self.rows.pop(key, None)
        for row in message["rows"]:
            self.rows[row["key"]] = row
        return self
