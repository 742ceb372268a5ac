# SPDX-License-Identifier: MIT
"""The scenario table: event loops that belong to the application (hosts/foreign_loop_host.c, loop_*.c).

Which loop turns must not be seen in a timeline, except when it does not turn. lws 4.1.6 has no `event_lib_custom`; there the poll
row is the application's own loop. Every way in can host all of them.
"""
import os
import unittest

import harness
import peers
import timeline_file
import timelines

table = timelines.Table("loops")
LOOPS = {"poll": timelines.VERSIONS, "uv": timelines.VERSIONS, "ev": timelines.VERSIONS, "glib": timelines.VERSIONS,
         "custom": ("4.3.5",)}
EARLY_MS = 200
FIRST_CALL = "With lws 4.1.6 that call initialises the plugins, so that ours sees only what comes of it."
running = {}


def tearDownModule():
    for peer in running.values():
        peer.close()


def echo_port(_):
    if "echoes" not in running:
        running["echoes"] = peers.Peer(peers.echoes)
    return str(running["echoes"].port)


def on(loop, *options):
    return timelines.Host("foreign_loop_host", "--loop", loop, *options, linked="foreign_loop_link_host", versions=LOOPS[loop])


def connects_late(test, connections):
    """The loop ran EARLY_MS after the connect call; nothing could come of it before."""
    [early] = [c for c in connections if c["origin"] == "outbound"]
    test.assertGreaterEqual(early["connected_ns"] - early["opened_ns"], EARLY_MS * 1_000_000, early)


def never_connects(test, connections):
    """It stays where the connect call has left it."""
    [early] = connections
    test.assertEqual((early["state"], early["connected_ns"], early["closed_ns"]), ("handshake", None, None), early)


def add_rows(loop):
    def serves(traffic):
        http = traffic.http()
        for number in range(3):
            assert http.get(f"/{number}")[0] == 200
        http.finish()
        websocket = traffic.websocket()
        for number in range(5):
            websocket.echo(b"message %d" % number)
        websocket.close()
        timelines.workload.finish(traffic.connect())

    def runs_later(traffic):
        traffic.program.values("early")

    def never_runs(traffic):
        assert traffic.program.wait().status == 0, traffic.program.wait()

    rows = [(serves, f"serves_on_{loop}", f"Loop {loop}: 3 requests on a connection, a websocket with 5 messages, a silent one.",
             on(loop), None),
            (runs_later, f"early_on_{loop}",
             f"Loop {loop}: a websocket connect call; the loop runs {EARLY_MS} ms later.\n{FIRST_CALL}",
             on(loop, "--connect-early", echo_port, "--run-after", str(EARLY_MS)), connects_late),
            (never_runs, f"never_on_{loop}",
             f"Loop {loop}: a websocket connect call; the loop never runs, the program ends.\n{FIRST_CALL}",
             on(loop, "--connect-early", echo_port, "--run-after", "never"), never_connects)]
    for function, name, words, host, check in rows:
        function.__name__, function.__doc__ = name, words
        table.case(host, alone=True, check=check)(function)


for each in LOOPS:
    add_rows(each)
Loops = table.tests()


class Same(unittest.TestCase):
    """What holds over all rows."""

    def test_expected_timelines_are_those_of_poll(self):
        blocks = timeline_file.File(os.path.join(harness.SOURCE, "timelines", "loops.txt"))
        for loop in LOOPS:
            for lws, way in on(loop).combinations():
                for row in ("serves", "early", "never"):
                    expected = blocks.expected(f"{row}_on_poll", lws, way)
                    self.assertIsNotNone(expected, (row, lws, way))
                    self.assertEqual(blocks.expected(f"{row}_on_{loop}", lws, way), expected, (row, loop, lws, way))


class Explain(harness.Scenario):
    """`wsitrace explain` on a connection that nobody serviced."""

    def test_it_says_that_nobody_serviced_it(self):
        host = [harness.host_path("foreign_loop_host"), "--loop", "uv", "--connect-early", echo_port(None), "--run-after", "never"]
        self.assertEqual(self.traced(host).wait().status, 0)
        told = self.wsitrace("explain", self.path("out.wsitrace"))
        self.assertEqual(told.status, 0, told)
        for word in ("loop", "never", "serviced"):
            self.assertIn(word, told.out)


if __name__ == "__main__":
    unittest.main()
