# SPDX-License-Identifier: MIT
"""Known workloads over raw sockets: every connection, request, session and message is counted before it is sent.

Each function ends only when the server has closed its side of every connection it opened, so that what a report says
afterwards can be compared exactly. As a program:

    python3 workload.py HOST:PORT [--path PATH] [--protocol NAME] [--at-once N] [--sequential N] [--pipelined N]
"""

import argparse
import base64
import contextlib
import os
import socket
import ssl
import struct
import sys
import threading
import time

import sockets

TIMEOUT_S = 90
KEEP_ALIVE_REQUESTS, KEEP_ALIVE_CONNECTIONS = 23, 5
SESSIONS = 7
MESSAGES = 11  # a session; prime, like every count here that may be
SILENT = 3
SEQUENTIAL = 1000


class WorkloadError(Exception):
    """The server did not answer as the workload needs it to."""


def connect(address, tls=False, alpn=()):
    sock = socket.create_connection(address, timeout=TIMEOUT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return secure(sock, alpn=alpn) if tls else sock


def tls_context(alpn=(), version=None, ciphers=None, authority=None, certificate=None):
    """A client's context. AUTHORITY: a file of certificates to verify the server by, CERTIFICATE: (file, key) of this client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if authority else ssl.CERT_NONE
    if authority:
        context.load_verify_locations(authority)
    if version:
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    if certificate:
        context.load_cert_chain(*certificate)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def secure(sock, context=None, sni="localhost", session=None, **options):
    """SOCK after a TLS handshake. OPTIONS: of tls_context(), unless there is a CONTEXT."""
    return (context or tls_context(**options)).wrap_socket(sock, server_hostname=sni, session=session)


def finish(sock):
    """Says goodbye and waits for the server to have closed, too."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
    try:
        while sock.recv(65536):
            pass
    except (ConnectionResetError, ssl.SSLError):
        pass
    sock.close()


class Http1:
    """One HTTP/1.1 connection; answers are read to their last byte."""

    def __init__(self, address, tls=False, sock=None):
        self.sock = sock or connect(address, tls)
        self.address = address
        self.buffer = bytearray()

    def request(self, path, keep_alive=True, method="GET", headers=(), body="", version="1.1"):
        lines = [f"{method} {path} HTTP/{version}", f"Host: {self.address[0]}:{self.address[1]}", *headers]
        if not keep_alive:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def send(self, path, keep_alive=True, method="GET", **options):
        self.sock.sendall(self.request(path, keep_alive, method, **options))

    def _fill(self):
        data = self.sock.recv(1 << 20)
        if not data:
            raise WorkloadError(f"closed in the middle of an answer after {bytes(self.buffer[:60])!r}")
        self.buffer += data

    def receive(self, body=True):
        """Status and body of the next answer; BODY: whether it has one (that to HEAD has not)."""
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        fields = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
        length = int(fields.get("content-length", "0")) if body else 0
        while len(self.buffer) < length:
            self._fill()
        text, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(lines[0].split()[1]), bytes(text)

    def get(self, path, keep_alive=True):
        self.send(path, keep_alive)
        return self.receive()

    def finish(self):
        finish(self.sock)


def fetch(address, path, tls=False):
    """One request on a connection of its own: status and body."""
    http = Http1(address, tls)
    try:
        return http.get(path, keep_alive=False)
    finally:
        http.finish()


def keep_alive(address, path="/", requests=KEEP_ALIVE_REQUESTS, connections=KEEP_ALIVE_CONNECTIONS, tls=False):
    """REQUESTS dealt over CONNECTIONS that are open at the same time; the requests one after the other."""
    https = [Http1(address, tls) for _ in range(connections)]
    for number in range(requests):
        status, _ = https[number % connections].get(path)
        if status != 200:
            raise WorkloadError(f"GET {path}: status {status}")
    for http in https:
        http.finish()


def silent(address, connections=SILENT):
    """Connections on which nothing is ever sent."""
    socks = [connect(address) for _ in range(connections)]
    time.sleep(0.05)
    for sock in socks:
        finish(sock)


def sequential(address, path="/", connections=SEQUENTIAL):
    """One connection after the other, one request each, so that the host uses its memory again and again."""
    for _ in range(connections):
        status, _ = fetch(address, path)
        if status != 200:
            raise WorkloadError(f"GET {path}: status {status}")


def pipelined(address, path, requests=3):
    """REQUESTS sent without waiting for answers, each when the one before was read (libwebsockets does not serve them in one segment)."""
    http = Http1(address)
    for _ in range(requests):
        http.send(path)
        sockets.taken(http.sock)
    statuses = [http.receive()[0] for _ in range(requests)]
    http.finish()
    return statuses


def ws_frame(payload, opcode=1):
    """A frame as a client sends it."""
    mask, size = os.urandom(4), len(payload)
    head = struct.pack("!BB", 0x80 | opcode, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x80 | opcode, 0xFE, size)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


class WebSocket:
    """A client as RFC 6455 wants it, for messages below 64 KiB."""

    def __init__(self, address, protocol="echo", path="/", tls=False, sock=None):
        """SOCK: a connection to use instead of one's own."""
        self.sock = sock or connect(address, tls)
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        if protocol:
            lines.append(f"Sec-WebSocket-Protocol: {protocol}")
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise WorkloadError(f"upgrade refused: {head[:60]!r}")

    def _fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise WorkloadError("websocket ended without a close frame")
        self.buffer += data

    def send(self, payload, opcode=1):
        self.sock.sendall(ws_frame(payload, opcode))

    def receive(self):
        """Opcode and payload of the next frame."""
        def need(count):
            while len(self.buffer) < count:
                self._fill()
        need(2)
        opcode, size, start = self.buffer[0] & 15, self.buffer[1] & 127, 2
        if size == 126:
            need(4)
            size, start = struct.unpack("!H", self.buffer[2:4])[0], 4
        need(start + size)
        payload, self.buffer = self.buffer[start:start + size], self.buffer[start + size:]
        return opcode, payload

    def echo(self, message):
        self.send(message)
        while True:
            opcode, payload = self.receive()
            if opcode < 8:
                break
        if payload != message:
            raise WorkloadError(f"sent {message!r}, got {payload!r}")

    def close(self, code=1000):
        self.send(struct.pack("!H", code), opcode=8)
        with contextlib.suppress(WorkloadError, ConnectionResetError):
            while self.receive()[0] != 8:
                pass
        finish(self.sock)


def websockets(address, sessions=SESSIONS, messages=MESSAGES, protocol="echo", at_once=SESSIONS):
    """SESSIONS, at most AT_ONCE of them at the same time, MESSAGES each, closed by the client with 1000."""
    for first in range(0, sessions, at_once):
        clients = [WebSocket(address, protocol) for _ in range(min(at_once, sessions - first))]
        for number in range(messages):
            for client in clients:
                client.echo(f"message {number}".encode())
        for client in clients:
            client.close()


def known(address, path="/", protocol="echo", one_by_one=SEQUENTIAL, at_once=SESSIONS):
    """The workload of the contract: 23 requests over 5 connections, 7 sessions, 3 silent, 1000 one after the other."""
    keep_alive(address, path)
    websockets(address, protocol=protocol, at_once=at_once)
    silent(address)
    sequential(address, path, one_by_one)


def known_connections(one_by_one=SEQUENTIAL):
    return KEEP_ALIVE_CONNECTIONS + SESSIONS + SILENT + one_by_one


class Load:
    """Keeps a server busy from threads of its own until stopped; what fails is expected to."""

    def __init__(self, address, path="/", protocol="echo", threads=3):
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(address, path, protocol, n), daemon=True)
                        for n in range(threads)]
        for thread in self.threads:
            thread.start()

    def _run(self, address, path, protocol, number):
        while not self.stopping.is_set():
            try:
                if number % 3 == 2:
                    websockets(address, 1, 3, protocol)
                else:
                    keep_alive(address, path, 3, 1)
            except (OSError, WorkloadError):
                time.sleep(0.002)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(TIMEOUT_S)


def main():
    parser = argparse.ArgumentParser(description="Sends the known workload to a web server.")
    parser.add_argument("address", metavar="HOST:PORT")
    parser.add_argument("--path", default="/")
    parser.add_argument("--protocol", default="echo", help="websocket protocol that echoes")
    parser.add_argument("--at-once", type=int, default=SESSIONS, metavar="N", help="websocket sessions at the same time")
    parser.add_argument("--pipelined", type=int, default=0, metavar="N", help="send N requests without waiting, too")
    parser.add_argument("--sequential", type=int, default=SEQUENTIAL, metavar="N")
    arguments = parser.parse_args()
    host, port = arguments.address.rsplit(":", 1)
    address, count = (host, int(port)), arguments.sequential
    known(address, arguments.path, arguments.protocol, count, arguments.at_once)
    if arguments.pipelined:
        pipelined(address, arguments.path, arguments.pipelined)
    print(f"sent {KEEP_ALIVE_REQUESTS} requests over {KEEP_ALIVE_CONNECTIONS} keep-alive connections, {SESSIONS} websocket "
          f"sessions, {SILENT} silent connections, {count} sequential ones, {arguments.pipelined} requests pipelined")
    return 0


if __name__ == "__main__":
    sys.exit(main())
