# SPDX-License-Identifier: MIT
"""The scenario table: vhosts that share a port, a unix socket, vhosts and contexts that end before the process (hosts/vhosts_host.c).

"front" is made first and owns the listener of both; the Host header says whose a request is. lws 4.1.6 does not end a vhost that has
connections when it is asked to: it lives on with them, and lws_context_destroy crashes if the vhost gave its listener away, so that
these rows end without. 4.3.5 closes the vhost's connections at once; it crashes when a vhost that shares a listener has none, so
that such a row is there for 4.1.6 only. No version takes connections that moved to another vhost off the count of the first one,
which is therefore never freed and goes on to answer to its name.
"""

import os
import signal
import socket
import unittest

import timelines
import workload

VERSIONS_4_1 = ("4.1.6", timelines.SYSTEM)
table = timelines.Table("vhosts")


def vhosts_host(*options, versions=timelines.VERSIONS):
    return timelines.Host("vhosts_host", *timelines.in_files("--files"), *options, linked="vhosts_host_linked", versions=versions)


def unix_path(run):
    return os.path.join(run.directory, "local.sock")


SHARED = vhosts_host()
UNIX = vhosts_host("--unix", unix_path)
FRONT_ENDS = vhosts_host("--destroy", "front", "--end", lambda run: "leave" if run.lws in VERSIONS_4_1 else "destroy")
FRONT_ENDS_EMPTY = vhosts_host("--destroy", "front", versions=VERSIONS_4_1)
FRONT_ENDS_FULL = vhosts_host("--destroy", "front", versions=("4.3.5",))
BACK_ENDS = vhosts_host("--destroy", "back")
LOCAL_ENDS = vhosts_host("--unix", unix_path, "--destroy", "local")
TWO = vhosts_host("--contexts", "2")
IMPATIENT = vhosts_host("--destroy", "front", "--keepalive", "2", "--end", "leave", versions=VERSIONS_4_1)
IMPATIENT_TWO = vhosts_host("--destroy", "front", "--keepalive", "2", "--contexts", "2", "--end", "leave")


class Client(workload.Http1):
    """A keep-alive connection that says to whom it speaks in each request."""

    def gets(self, vhost, path="/index.html"):
        self.ask(vhost, path)
        status, _ = self.receive()
        assert status == 200, f"{path} of {vhost}: {status}"

    def ask(self, vhost, path):
        self.address = (vhost, self.address[1])
        self.send(path)


def client(traffic, name=""):
    return Client(traffic.address(name), sock=traffic.connect(name))


def requests(traffic, *vhosts, name=""):
    """A request to each of VHOSTS, one after the other on one connection; the client closes."""
    http = client(traffic, name)
    for vhost in vhosts:
        http.gets(vhost)
    http.finish()


def websocket(traffic, vhost, name=""):
    session = workload.WebSocket((vhost, traffic.address(name)[1]), sock=traffic.connect(name))
    session.echo(b"message")
    return session


def unix_socket(traffic):
    """A connection to the unix socket; it has no port to be found by, so its case is alone."""
    traffic.address()
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(workload.TIMEOUT_S)
    sock.connect(unix_path(traffic.run))
    return sock


def stays_open(traffic, *clients):
    traffic.run.left_open = clients  # the host closes them, when it ends


def destroys(traffic, number=signal.SIGUSR1):
    traffic.program.send_signal(number)
    traffic.program.values("destroyed")


def is_ended(*socks):
    """lws has closed these."""
    for sock in socks:
        while sock.recv(1 << 20):
            pass
        sock.close()


def end_with(traffic, vhost, *clients):
    """VHOST is destroyed: lws closes these. Where it does not, they go on, and the clients close."""
    if traffic.run.lws not in VERSIONS_4_1:
        return is_ended(*[each.sock for each in clients])
    for each in clients:
        if isinstance(each, Client):
            each.gets(vhost)
            each.finish()
        else:
            each.echo(b"again")
            each.close()
    return None


# Vhosts on one port.

def add_requests(name, words, *vhosts):
    def drive(traffic):
        requests(traffic, *vhosts)
    drive.__name__, drive.__doc__ = name, words
    table.case(SHARED)(drive)


add_requests("owner_of_the_listener", "Three requests to front.", "front", "front", "front")
add_requests("moved_by_the_first_request", "Three requests to back, over front's listener.", "back", "back", "back")
add_requests("moved_by_a_later_request", "Front, back, back, on one connection.", "front", "back", "back")
add_requests("moved_and_back", "Front, back, front, on one connection, which ends where it began.", "front", "back", "front")
add_requests("unknown_vhost", "A Host that no vhost has, then back, then unknown again. lws takes the first vhost of this port.",
             "nobody", "back", "nobody")


@table.case(SHARED)
def silent(traffic):
    """No request, so that it stays with the owner of the listener."""
    workload.finish(traffic.connect())


@table.case(SHARED)
def websocket_moved(traffic):
    """A websocket to back; the client closes."""
    websocket(traffic, "back").close()


@table.case(SHARED)
def websocket_moved_later(traffic):
    """A request to front, then the upgrade to a websocket of back on the same connection."""
    http = client(traffic)
    http.gets("front")
    session = workload.WebSocket(("back", http.address[1]), sock=http.sock)
    session.echo(b"message")
    session.close()


# A unix socket.

@table.case(UNIX, alone=True)
def unix_requests(traffic):
    """Three requests over the unix socket of vhost local."""
    http = Client(("local", 0), sock=unix_socket(traffic))
    for _ in range(3):
        http.gets("local")
    http.finish()


@table.case(UNIX, alone=True)
def unix_websocket(traffic):
    """A websocket over the unix socket."""
    session = workload.WebSocket(("local", 0), sock=unix_socket(traffic))
    session.echo(b"message")
    session.close()


@table.case(UNIX, alone=True)
def unix_silent(traffic):
    """Nothing is said over the unix socket."""
    workload.finish(unix_socket(traffic))


@table.case(UNIX, alone=True)
def unix_beside_tcp(traffic):
    """One request over each of them, to local, front and back."""
    clients = []
    for vhost in ("local", "front", "back"):
        clients.append(Client(("local", 0), sock=unix_socket(traffic)) if vhost == "local" else client(traffic))
        clients[-1].gets(vhost)
    for http in clients:
        http.finish()


# A vhost is destroyed.

def five(traffic):
    """Idle and websocket of front and of back, and one that has said nothing."""
    clients = [client(traffic), websocket(traffic, "front"), client(traffic), websocket(traffic, "back"), client(traffic)]
    clients[0].gets("front")
    clients[2].gets("back")
    return clients


@table.case(FRONT_ENDS, alone=True)
def front_destroyed(traffic):
    """A connection and a websocket of front, the same of back, a silent one; front is destroyed. What is left goes on: a request,
    a message. Then a new connection asks for back, another one for front."""
    idle, session, other_idle, other_session, unheard = five(traffic)
    destroys(traffic)
    end_with(traffic, "front", idle, session, unheard)
    other_idle.gets("back")
    other_session.echo(b"again")
    requests(traffic, "back")
    requests(traffic, "front")
    other_idle.finish()
    other_session.close()


@table.case(FRONT_ENDS, alone=True)
def front_destroyed_and_freed(traffic):
    """A connection, a websocket and a silent connection of front, none of back; front is destroyed. Where it is gone, back answers to
    its name, too."""
    idle, session, unheard = client(traffic), websocket(traffic, "front"), client(traffic)
    idle.gets("front")
    destroys(traffic)
    end_with(traffic, "front", idle, session, unheard)
    requests(traffic, "back")
    requests(traffic, "front")


@table.case(FRONT_ENDS_EMPTY, alone=True)
def front_destroyed_empty(traffic):
    """Front is destroyed when its only connection has ended; then back gets one."""
    requests(traffic, "front")
    destroys(traffic)
    requests(traffic, "back")


@table.case(FRONT_ENDS, alone=True)
def front_destroyed_in_a_response(traffic):
    """Front is destroyed while it sends a big file."""
    http = client(traffic)
    http.ask("front", "/big.html")
    http.sock.recv(1, socket.MSG_PEEK)
    destroys(traffic)
    if traffic.run.lws in VERSIONS_4_1:
        assert http.receive()[0] == 200
        http.finish()
    else:
        is_ended(http.sock)


@table.case(FRONT_ENDS_FULL, alone=True)
def front_destroyed_left_open(traffic):
    """Front is destroyed, and with it what it has; what back has stays open until the context is destroyed."""
    idle, session, other_idle, other_session, unheard = five(traffic)
    destroys(traffic)
    end_with(traffic, "front", idle, session, unheard)
    stays_open(traffic, other_idle, other_session)


@table.case(BACK_ENDS, alone=True)
def back_destroyed(traffic):
    """The same five connections; back is destroyed. Front goes on, and so does the listener."""
    idle, session, other_idle, other_session, unheard = five(traffic)
    destroys(traffic)
    end_with(traffic, "back", other_idle, other_session)
    for http in (idle, unheard, client(traffic)):
        http.gets("front")
        http.finish()
    session.echo(b"again")
    session.close()


@table.case(BACK_ENDS, alone=True)
def back_destroyed_empty(traffic):
    """Back is destroyed when it has no connection, and has no listener of its own."""
    http = client(traffic)
    http.gets("front")
    destroys(traffic)
    http.gets("front")
    http.finish()


@table.case(IMPATIENT, waits=True)
def front_destroyed_but_lives_on(traffic):
    """Front is destroyed, but has an idle connection. That ends by its keep-alive timeout."""
    http = client(traffic)
    http.gets("front")
    destroys(traffic)
    is_ended(http.sock)


@table.case(IMPATIENT_TWO, waits=True)
def front_of_another_context(traffic):
    """Two contexts have a vhost front with an idle connection. That of the first is destroyed; the other one waits for its
    keep-alive timeout."""
    https = []
    for name in ("", "second"):
        https.append(client(traffic, name))
        https[-1].gets("front")
    destroys(traffic)
    is_ended(*[http.sock for http in https])


@table.case(LOCAL_ENDS, alone=True)
def local_destroyed(traffic):
    """The vhost of the unix socket is destroyed, which nobody else listens to. One of its connections is idle; one of front stays."""
    local = Client(("local", 0), sock=unix_socket(traffic))
    local.gets("local")
    front = client(traffic)
    front.gets("front")
    destroys(traffic)
    end_with(traffic, "local", local)
    front.gets("front")
    front.finish()


@table.case(LOCAL_ENDS, alone=True)
def local_destroyed_unused(traffic):
    """The same vhost is destroyed before anybody has connected to it; one connection of front stays."""
    front = client(traffic)
    front.gets("front")
    destroys(traffic)
    front.gets("front")
    front.finish()


# Two contexts.

@table.case(TWO, alone=True)
def two_contexts(traffic):
    """Each context has a connection, a websocket and a silent connection; the clients close them all."""
    for name in ("", "second"):
        for vhost in ("front", "back"):
            requests(traffic, vhost, name=name)
            websocket(traffic, vhost, name).close()
        workload.finish(traffic.connect(name))


@table.case(TWO, alone=True)
def first_context_destroyed(traffic):
    """Both contexts have a connection and a websocket open when the first is destroyed; the second goes on, takes a new
    connection, and is destroyed, too, with one open."""
    clients = {}
    for name in ("", "second"):
        clients[name] = [client(traffic, name), websocket(traffic, "back", name)]
        clients[name][0].gets("front")
    destroys(traffic, signal.SIGUSR2)
    is_ended(*[each.sock for each in clients[""]])
    idle, session = clients["second"]
    idle.gets("back")
    session.echo(b"again")
    idle.finish()
    late = client(traffic, "second")
    late.gets("front")
    stays_open(traffic, session, late)


Vhosts = table.tests()

if __name__ == "__main__":
    unittest.main()
