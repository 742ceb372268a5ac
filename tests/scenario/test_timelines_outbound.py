# SPDX-License-Identifier: MIT
"""The scenario table: outbound connections. The host is hosts/client_host.c, the peer a script of peers.py.

Every combination of version and way can host these: what wsitrace must see goes through the callbacks and one call of the program.
"""
import unittest

import peers
import timelines

table = timelines.Table("outbound")
running = {}  # peers and what else lives as long as this module's tests


def tearDownModule():
    for thing in running.values():
        (thing[0].cleanup if isinstance(thing, tuple) else thing.close)()


def certificate():
    if "certificate" not in running:
        running["certificate"] = peers.make_certificate()
    return running["certificate"][1]


def peer(script, tls=False):
    key = (script, tls)
    if key not in running:
        running[key] = script() if script is peers.Deaf else peers.Peer(script, certificate() if tls else None)
    return running[key]


def url(scheme, script, path="/", host="127.0.0.1"):
    """An option: a URL of that script's peer."""
    return lambda _: f"{scheme}://{host}:{peer(script, scheme in ('https', 'wss')).port}{path}"


def ca(_):
    return certificate()[0]


def client(*options, **restricted):
    return timelines.Host("client_host", *options, linked="client_link_host", **restricted)


def outbound(*options, **facts):
    """A case: client_host with OPTIONS ends by itself; each of its lines must begin as RESULTS (one for each URL) say."""
    results = facts.pop("results")
    restricted = {limit: facts.pop(limit) for limit in ("versions", "ways") if limit in facts}

    def add(words):
        def drive(traffic):
            result = traffic.program.wait()
            lines = result.out.splitlines()
            assert result.status == 0 and len(lines) == len(results), result
            for number, (line, expected) in enumerate(zip(lines, results), 1):
                assert line.startswith(f"{number} {expected}"), result
        drive.__name__, drive.__doc__ = words.__name__, words.__doc__
        return table.case(client(*options, **restricted), alone=True, **facts)(drive)
    return add


OK = "completed status 200 bytes 5"


def connected(test, connections):
    """TCP was connected after the connection was first seen and before the request went out."""
    for connection in connections:
        times = [connection["opened_ns"], connection["connected_ns"], connection["transactions"][0]["requested_ns"]]
        test.assertNotIn(None, times, connection)
        test.assertEqual(times, sorted(times), connection)


def not_connected(test, connections):
    for connection in connections:
        test.assertIsNone(connection["connected_ns"], connection)


@outbound(url("http", peers.answers_once, "/ok?secret=23"), results=[OK], check=connected)
def http_ok():
    """One request; the server answers and closes, as it has announced."""


@outbound("--leave-open", url("http", peers.answers, "/kept"), results=[OK], check=connected)
def http_kept_alive():
    """One request; lws keeps the connection, and the program destroys the context."""


@outbound(*[url("http", peers.answers_once, f"/{n}") for n in range(3)], results=[OK] * 3, check=connected)
def three_at_once():
    """Three requests at the same time: three connections."""


@outbound("--leave-open", "--pipeline", *[url("http", peers.answers, f"/{n}") for n in range(3)], results=[OK] * 3,
          check=connected)
def shared_at_once():
    """LCCSCF_PIPELINE: three requests at the same time share one socket, which one wsi hands on to the next."""


@outbound("--leave-open", "--pipeline", "--one-by-one", *[url("http", peers.answers, f"/{n}") for n in range(3)], results=[OK] * 3,
          check=connected)
def shared_one_by_one():
    """LCCSCF_PIPELINE: each request when the one before is answered, on its idle connection."""


@outbound("--pipeline", *[url("http", peers.closes_before_answer, f"/{n}") for n in range(3)], results=[""] * 3,
          ways=("preload",))
def shared_and_closed():
    """LCCSCF_PIPELINE: three requests at the same time; the server closes the shared socket without an answer. lws frees those that are
    queued behind the first one with it."""


@outbound("--post", "101", url("http", peers.answers_once, "/form"), results=[OK], check=connected)
def post():
    """A POST with a body of 101 bytes."""


@outbound(url("http", peers.not_found, "/nowhere"), results=["completed status 404 bytes 4"], check=connected)
def not_found():
    """The server answers 404 and closes."""


@outbound(url("http", peers.redirects, "/first"), results=[OK])
def redirect():
    """302 to another path of the same server, which lws follows with the same wsi on a new socket."""


@outbound(url("http", peers.Deaf), results=["failed status 0"], check=not_connected)
def refused():
    """Nobody listens."""


# An empty label: the resolver refuses the name without asking anybody.
@outbound("http://nobody..invalid:80/", results=[""], check=not_connected)
def unknown_host():
    """The name cannot be resolved. 4.1.6 says nothing about it but NULL from the connect call."""


@outbound(url("http", peers.closes_before_answer, "/closes"), results=["failed status 0"], check=connected)
def closed_before_answer():
    """The server closes instead of answering."""


@outbound(url("http", peers.resets_before_answer, "/resets"), results=["failed status 0"], check=connected)
def reset_before_answer():
    """The server resets the connection instead of answering."""


@outbound("--timeout", "1", url("http", peers.hangs, "/hangs"), results=[""], check=connected)
def hangs():
    """The server takes the request and never answers; lws's timeout is 1 s."""


@outbound(url("http", peers.closes_mid_body, "/cut"), results=["closed early status 200 bytes 5"], check=connected)
def closed_mid_body():
    """The server announces 101 bytes, sends 5 and closes."""


@outbound("--subprotocol", "echo", "--messages", "5", url("ws", peers.echoes, "/chat"), results=["closed status 101"], check=connected)
def ws_closed_by_us():
    """A websocket, 5 messages each way, closed by the host with 1000."""


@outbound("--subprotocol", "echo", "--messages", "5", "--peer-closes", url("ws", peers.echoes_and_closes, "/chat"),
          results=["closed status 101"], check=connected)
def ws_closed_by_peer():
    """A websocket, 5 messages each way, closed by the server with 1001."""


@outbound(url("ws", peers.not_found, "/nowhere"), results=["failed status 0"], check=connected)
def ws_404():
    """The server answers 404 to the upgrade."""


@outbound("--subprotocol", "echo", url("ws", peers.agrees_to_another_subprotocol, "/chat"), results=["failed status 0"],
          check=connected)
def ws_other_subprotocol():
    """The server agrees to a subprotocol that was not asked for."""


@outbound("--subprotocol", "echo", "--refuse", url("ws", peers.echoes, "/chat"), results=["failed status 101"], check=connected)
def ws_refused_by_us():
    """CLIENT_ESTABLISHED returns -1."""


@outbound("--subprotocol", "echo", "--messages", "3", "--leave-open", url("ws", peers.echoes, "/chat"),
          results=["left open status 101"], check=connected)
def ws_open_at_the_end():
    """A live websocket when the context is destroyed."""


@outbound("--messages", "5", url("raw", peers.echoes_bytes), results=["closed status 0"])
def raw_closed_by_us():
    """Bytes without a protocol: 5 messages each way, closed by the host."""


@outbound("--messages", "5", "--peer-closes", url("raw", peers.echoes_bytes_and_closes), results=["closed status 0"])
def raw_closed_by_peer():
    """The same, closed by the server."""


@outbound("--self-signed", "--alpn", "http/1.1", url("https", peers.answers_once, "/tls", "localhost"), results=[OK], check=connected)
def tls_ok_self_signed():
    """TLS with a certificate that nobody vouches for, which the program allows."""


@outbound("--ca", ca, "--alpn", "http/1.1", url("https", peers.answers_once, "/tls", "localhost"), results=[OK], check=connected)
def tls_ok_verified():
    """TLS with a certificate that the program trusts."""


@outbound("--alpn", "http/1.1", url("https", peers.answers_once, "/tls", "localhost"), results=["failed status 0"])
def tls_refused():
    """The certificate is self-signed, which the program does not allow."""


@outbound("--self-signed", lambda _: f"https://localhost:{peer(peers.talks_plainly).port}/", results=["failed status 0"])
def tls_to_a_plain_server():
    """The server does not speak TLS."""


# lws 4.1.6 as an h2 client fails every few times by itself, watched or not: no row for it.
def h2(*options, paths, **facts):
    return outbound("--self-signed", "--alpn", "h2,http/1.1", *options,
                    *[url("https", peers.streams, path, "localhost") for path in paths], results=[OK] * len(paths),
                    versions=("4.3.5",), **facts)


@h2("--leave-open", paths=["/alone"])
def h2_one_stream():
    """h2: one request, which is a stream of its connection; the context is destroyed before lws has let go of it."""


@h2("--pipeline", "--one-by-one", paths=["/0", "/1", "/2"])
def h2_streams_one_by_one():
    """h2: three requests, each when the one before is answered, as streams of one connection."""


@outbound("--self-signed", "--alpn", "h2,http/1.1", url("https", peers.redirects_stream, "/first", "localhost"), results=[OK],
          versions=("4.3.5",))
def h2_redirect():
    """h2: 302 to another path, which lws follows: the stream becomes a connection of its own, and carries a stream for the new request."""


@h2("--pipeline", paths=["/0", "/1", "/2"])
def h2_streams_at_once():
    """h2: three requests at the same time."""


Outbound = table.tests()

if __name__ == "__main__":
    unittest.main()
