# SPDX-License-Identifier: MIT
"""Servers for hosts that connect to others. A Peer listens on a port of its own and plays one script with each connection; a script
says byte by byte what happens, so that what the host must have seen is known exactly.

    peer = Peer(closes_before_answer)
    ... a host connects to ("127.0.0.1", peer.port) ...
"""

import base64
import hashlib
import os
import socket
import ssl
import struct
import subprocess
import tempfile
import threading

import http2
import workload

RST = struct.pack("ii", 1, 0)
WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class Peer:
    """Plays SCRIPT(sock) with each connection. CERTIFICATE: (file, key) of a TLS server, ALPN what it agrees to."""

    def __init__(self, script, certificate=None, alpn=("h2", "http/1.1")):
        self.script, self.tls = script, None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
            self.tls.set_alpn_protocols(list(alpn))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._play, args=(sock,), daemon=True).start()

    def _play(self, sock):
        sock.settimeout(workload.TIMEOUT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            self.script(sock)
        except (OSError, EOFError):  # the host ended first; what it saw of that is in its timeline
            pass
        sock.close()

    def close(self):
        self.listener.close()


class Deaf:
    """A port on which nobody listens, and nobody else can for as long as this lives."""

    def __init__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]

    def close(self):
        self.sock.close()


def make_certificate(name="localhost"):
    """A directory with cert.pem and key.pem, self-signed."""
    directory = tempfile.TemporaryDirectory(prefix="wsitrace-certificate-")
    paths = [os.path.join(directory.name, file) for file in ("cert.pem", "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}", "-out", paths[0], "-keyout", paths[1]],
                   check=True, capture_output=True)
    return directory, paths


# What scripts are made of.

def read_until(sock, end=b"\r\n\r\n"):
    data = b""
    while not data.endswith(end):
        byte = sock.recv(1)
        if not byte:
            raise EOFError
        data += byte
    return data


def read_exactly(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def read_request(sock):
    """Head and body of a request."""
    head = read_until(sock).decode("latin-1")
    fields = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in head.split("\r\n")[1:] if line)}
    return head, read_exactly(sock, int(fields.get("content-length", "0"))), fields


def answer(sock, status="200 OK", body=b"hello", *headers, length=None):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + body)


def drain(sock):
    """Says goodbye, and waits for the host to have closed, too."""
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(65536):
        pass


# Scripts: http.

def answers_once(sock):
    read_request(sock)
    answer(sock, "200 OK", b"hello", "Connection: close")
    drain(sock)


def answers(sock):
    """Every request of a connection that is kept alive."""
    while True:
        read_request(sock)
        answer(sock)


def not_found(sock):
    read_request(sock)
    answer(sock, "404 Not Found", b"nope", "Connection: close")
    drain(sock)


def redirects(sock):
    """/first to /second, which is answered."""
    head, _, _ = read_request(sock)
    if head.startswith("GET /first "):
        answer(sock, "302 Found", b"", "Location: /second", "Connection: close")
    else:
        answer(sock, "200 OK", b"hello", "Connection: close")
    drain(sock)


def closes_before_answer(sock):
    read_request(sock)


def resets_before_answer(sock):
    read_request(sock)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)


def hangs(sock):
    read_request(sock)
    sock.recv(1)  # until the host has given up


def closes_mid_body(sock):
    read_request(sock)
    answer(sock, length=101)


# Scripts: websocket and raw.

def read_frame(sock):
    """Opcode and payload of a client's frame below 126 bytes."""
    head = read_exactly(sock, 2)
    mask = read_exactly(sock, 4)
    payload = read_exactly(sock, head[1] & 127)
    return head[0] & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def send_frame(sock, opcode, payload):
    sock.sendall(struct.pack("!BB", 0x80 | opcode, len(payload)) + payload)


def upgrade(sock, protocol=None):
    """Agrees to a websocket; PROTOCOL: to this subprotocol instead of the one that was asked for."""
    _, _, fields = read_request(sock)
    key = base64.b64encode(hashlib.sha1((fields["sec-websocket-key"] + WEBSOCKET).encode()).digest()).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {key}"]
    protocol = protocol or fields.get("sec-websocket-protocol")
    if protocol:
        lines.append(f"Sec-WebSocket-Protocol: {protocol}")
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())


def echoes(sock):
    """Sends messages back until the host sends a close frame, which it confirms."""
    upgrade(sock)
    while True:
        opcode, payload = read_frame(sock)
        send_frame(sock, opcode, payload)
        if opcode == 8:
            return drain(sock)


def echoes_and_closes(sock, messages=5, code=1001):
    """Sends MESSAGES messages back, then a close frame."""
    upgrade(sock)
    for _ in range(messages):
        send_frame(sock, *read_frame(sock))
    send_frame(sock, 8, struct.pack("!H", code))
    while read_frame(sock)[0] != 8:
        pass
    drain(sock)


def agrees_to_another_subprotocol(sock):
    upgrade(sock, "another")
    sock.recv(1)


def echoes_bytes(sock):
    while True:
        data = sock.recv(4096)
        if not data:
            return
        sock.sendall(data)


def echoes_bytes_and_closes(sock, messages=5):
    for _ in range(messages):
        sock.sendall(sock.recv(4096))
    drain(sock)


def talks_plainly(sock):
    """Where TLS was expected."""
    sock.recv(1)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    drain(sock)


# Scripts: h2, as far as an answer to a request without a body needs it (RFC 9113).

H2_MAX_CONCURRENT_STREAMS = 3  # an identifier of SETTINGS
H2_STATUS_200 = b"\x88"  # HPACK: entry 8 of the static table
H2_TO_SECOND = b"\x08\x03302\x0f\x1f\x07/second"  # values of entries 8, :status, and 46, location


def read_h2(sock):
    """Kind, flags, stream and payload of a frame."""
    head = read_exactly(sock, 9)
    length, kind, flags, stream = struct.unpack("!IBBI", b"\0" + head)
    return kind, flags, stream & 0x7fffffff, read_exactly(sock, length)


def redirects_stream(sock):
    """/first to /second, which is answered, each on a stream of its own."""
    read_until(sock, b"SM\r\n\r\n")
    sock.sendall(http2.frame(http2.SETTINGS, 0, 0, struct.pack("!HI", H2_MAX_CONCURRENT_STREAMS, 23)))
    while True:
        kind, flags, stream, block = read_h2(sock)
        if kind == http2.SETTINGS and not flags & http2.ACK:
            sock.sendall(http2.frame(http2.SETTINGS, http2.ACK, 0))
        if kind == http2.HEADERS and b"/first" in block:
            sock.sendall(http2.frame(http2.HEADERS, http2.END_HEADERS | http2.END_STREAM, stream, H2_TO_SECOND))
        elif kind == http2.HEADERS:
            sock.sendall(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, H2_STATUS_200))
            sock.sendall(http2.frame(http2.DATA, http2.END_STREAM, stream, b"hello"))


def streams(sock, goes_away_after=0):
    """Answers each request of an h2 connection; GOES_AWAY_AFTER so many (0: never) it sends GOAWAY and closes."""
    read_until(sock, b"SM\r\n\r\n")
    sock.sendall(http2.frame(http2.SETTINGS, 0, 0, struct.pack("!HI", H2_MAX_CONCURRENT_STREAMS, 23)))
    answered = 0
    while True:
        kind, flags, stream, _ = read_h2(sock)
        if kind == http2.SETTINGS and not flags & http2.ACK:
            sock.sendall(http2.frame(http2.SETTINGS, http2.ACK, 0))
        if kind == http2.HEADERS:
            sock.sendall(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, H2_STATUS_200))
            sock.sendall(http2.frame(http2.DATA, http2.END_STREAM, stream, b"hello"))
            answered += 1
            if answered == goes_away_after:
                sock.sendall(http2.frame(http2.GOAWAY, 0, 0, struct.pack("!II", stream, 0)))
                return drain(sock)
