# SPDX-License-Identifier: MIT
"""The scenario table: sockets and files that the application hands to lws (hosts/adopt_host.c), and datagrams (hosts/udp_host.c).

Every combination of version and way can host these.
"""
import os
import socket
import unittest

import timelines

table = timelines.Table("adopted")


def adopting(how, *options):
    return timelines.Host("adopt_host", how, *options, linked="adopt_link_host")


def fifo_of(run):
    path = os.path.join(run.directory, "fifo")
    os.mkfifo(path)
    return path


def echo(sock, message):
    sock.sendall(message)
    received = sock.recv(4096)
    assert received == message, received


def ended(sock):
    """The host closes its side; then so does this one."""
    received = sock.recv(4096)
    assert received == b"", received
    sock.close()


@table.case(adopting("http"), alone=True)
def adopted_http(traffic):
    """lws_adopt_socket_vhost: 3 requests, then the client closes."""
    http = traffic.http()
    for number in range(3):
        assert http.get(f"/{number}")[0] == 200
    http.finish()


@table.case(adopting("readbuf"), alone=True)
def adopted_with_bytes_read(traffic):
    """lws_adopt_socket_vhost_readbuf: the application has read all of the first request; a second one follows."""
    http = traffic.http()
    for number in range(2):
        assert http.get(f"/{number}")[0] == 200
    http.finish()


@table.case(adopting("http"), alone=True)
def adopted_silent(traffic):
    """lws_adopt_socket_vhost: the client sends nothing and closes its half."""
    sock = traffic.connect()
    sock.shutdown(socket.SHUT_WR)
    ended(sock)


@table.case(adopting("raw"), alone=True)
def adopted_raw_closed_by_peer(traffic):
    """LWS_ADOPT_SOCKET, raw: 5 messages each way, then the client closes."""
    sock = traffic.connect()
    for number in range(5):
        echo(sock, b"message %d" % number)
    sock.shutdown(socket.SHUT_WR)
    ended(sock)


@table.case(adopting("raw"), alone=True)
def adopted_raw_closed_by_us(traffic):
    """The same; the host closes."""
    sock = traffic.connect()
    for number in range(5):
        echo(sock, b"message %d" % number)
    sock.sendall(b"bye")
    ended(sock)


@table.case(adopting("child"), alone=True)
def adopted_children(traffic):
    """A raw connection, and two more with it as their parent; the host closes the first, and with it the others."""
    socks = []
    for _ in range(3):
        socks.append(traffic.connect())
        echo(socks[-1], b"message")
    socks[0].sendall(b"bye")
    for sock in socks:
        ended(sock)


@table.case(adopting("pipe"), alone=True)
def adopted_pipe_of_a_connection(traffic):
    """A raw connection, and a pipe with it as its parent; the host closes the first, and with it the other."""
    sock = traffic.connect()
    echo(sock, b"message")
    sock.sendall(b"bye")
    ended(sock)


@table.case(adopting("unknown"), alone=True)
def adopted_unknown_protocol(traffic):
    """LWS_ADOPT_SOCKET for a protocol that the vhost does not have: the call returns NULL, lws says nothing more."""
    ended(traffic.connect())


@table.case(adopting("fifo", fifo_of), alone=True)
def adopted_fifo(traffic):
    """LWS_ADOPT_RAW_FILE_DESC: a fifo into which 11 bytes are written; the writer closes it."""
    traffic.address()
    with open(os.path.join(traffic.run.directory, "fifo"), "wb") as fifo:
        fifo.write(b"eleven byte")
    traffic.program.values("closed")


@table.case(timelines.Host("udp_host", linked="udp_link_host"), alone=True)
def udp(traffic):
    """lws_create_adopt_udp: 7 datagrams each way; the socket lives until the context is destroyed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(20)
        for number in range(7):
            sock.sendto(b"message %d" % number, traffic.address())
            assert sock.recv(4096) == b"message %d" % number


Adopted = table.tests()

if __name__ == "__main__":
    unittest.main()
