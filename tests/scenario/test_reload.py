# SPDX-License-Identifier: MIT
"""lwsws reloaded by SIGHUP while connections are open: the root process has the server that is there give up its listeners, and a second
later starts another one. The old one goes on with the connections that it has, so that two processes serve at the same time. Each
is told of in a trace of its own."""

import concurrent.futures
import os
import random
import signal
import socket
import unittest
import unittest.mock

import harness
import workload
from servers import Lwsws

KEEP_ALIVE, ONE_BY_ONE = 5, 23


class UnderRun:
    """A test as Lwsws needs it; what it starts runs under `wsitrace run`."""

    def __init__(self, test):
        self._test = test

    def start(self, command, **options):
        return self._test.traced(command, **options)

    def __getattr__(self, name):
        return getattr(self._test, name)


class Crowd:
    """Connections that stay open, and a websocket (lws-mirror-protocol sends to all what one has sent, so that there is one)."""

    def __init__(self, address):
        self.https = [workload.Http1(address) for _ in range(KEEP_ALIVE)]
        self.session = workload.WebSocket(address, Lwsws.PROTOCOL)
        self.ports = sorted(each.sock.getsockname()[1] for each in [*self.https, self.session])
        self.rounds = 0

    def drive(self):
        for http in self.https:
            assert http.get("/")[0] == 200
        self.session.echo(b"message")
        self.rounds += 1

    def leave(self):
        for http in self.https:
            http.finish()
        self.session.close()


def quiet_port():
    """A free port that the system gives to no client: for a second, between two servers, nobody listens there."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as given:
        lowest = int(given.read().split()[0])
    while True:
        with socket.socket() as sock:
            port = random.randrange(lowest // 2, lowest)
            try:
                sock.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]


def has_ended(pid):
    """Also when nobody has asked for its status yet: the root process of lwsws looks every two seconds."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


class Reload(harness.Scenario):
    """The same for each way in and version."""

    def reload(self, server, root):
        """Both servers' pids, and what the clients of each did."""
        [old] = children_of(root)
        before = Crowd(server.app)
        before.drive()
        os.kill(root, signal.SIGHUP)

        def successor():
            before.drive()
            return [pid for pid in children_of(root) if pid != old]
        [new] = harness.until(successor, "the new server process")
        harness.until(lambda: Lwsws._answers(server.app), "the new server to listen")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            load = pool.submit(workload.known, server.app, protocol=server.PROTOCOL, one_by_one=ONE_BY_ONE, at_once=1)
            harness.until(lambda: before.drive() or load.done(), "the new server to have answered all")
            load.result()
        after = Crowd(server.app)
        for _ in range(3):
            after.drive()
            before.drive()
        before.leave()
        after.drive()
        after.leave()
        for pid in (old, new):
            os.kill(pid, signal.SIGINT)
            harness.until(lambda pid=pid: has_ended(pid), "a server process to end")
        os.kill(root, signal.SIGTERM)
        server.program.wait()
        return (old, before), (new, after)

    def traces_by_pid(self):
        traces = [self.report(name) for name in self.traces()]
        for trace in traces:
            self.assert_settled(trace)
        return {trace.process["pid"]: trace for trace in traces if trace.connections}

    def assert_crowd(self, clients, crowd):
        """CLIENTS are those of CROWD, with all that it did."""
        self.assertEqual(sorted(self.port(each) for each in clients), crowd.ports)
        outcomes = sorted([t["outcome"] for t in each["transactions"]] for each in clients)
        self.assertEqual(outcomes, [["completed"] * crowd.rounds] * KEEP_ALIVE + [["upgraded"]])
        reasons = sorted(each["close"]["reason"] for each in clients)
        self.assertEqual(reasons, ["peer_closed"] * KEEP_ALIVE + ["peer_ws_close"])

    @staticmethod
    def port(connection):
        return int(connection["peer"].rsplit(":", 1)[1])

    @unittest.mock.patch.object(harness, "free_port", quiet_port)
    def check(self, lws, way):
        if way == "plugin":
            server = Lwsws(self, lws, pvo={"trace": self.path("%p.wsitrace")})
            root = server.program.pid
        else:
            server = Lwsws(UnderRun(self), lws, plugin=False)
            root = harness.child_of(server.program.pid, "lwsws")
        (old, before), (new, after) = self.reload(server, root)
        traces = self.traces_by_pid()
        self.assertEqual(set(traces), {old, new})
        self.assertEqual({trace.process["attach"] for trace in traces.values()}, {way})

        of_old = traces[old].of_class("client", "app")
        self.assert_crowd([each for each in of_old if each["transactions"]], before)
        self.assertEqual(len(of_old), len(before.ports) + 1, "and the connection that found it listening")
        self.assertEqual(len(traces[old].of_class("client", "observer")), 1, "likewise")
        self.assertEqual(self.ends_of_listeners(traces[old]), {"app": ("listener_stopped", "local"),
                                                               "observer": ("listener_stopped", "local")})

        of_new = traces[new].of_class("client", "app")
        self.assert_crowd([each for each in of_new if self.port(each) in after.ports], after)
        self.assertEqual({self.port(each) for each in of_new} & set(before.ports), set())
        self.assertEqual(len(of_new), len(after.ports) + workload.known_connections(ONE_BY_ONE) + 1)
        outcomes = [t["outcome"] for t in traces[new].transactions()]
        self.assertEqual(outcomes.count("completed"), KEEP_ALIVE * after.rounds + workload.KEEP_ALIVE_REQUESTS + ONE_BY_ONE)
        self.assertEqual(outcomes.count("upgraded"), 1 + workload.SESSIONS)
        self.assertEqual(len(outcomes), outcomes.count("completed") + outcomes.count("upgraded"))
        self.assertEqual(self.ends_of_listeners(traces[new]), {"app": ("context_destroyed", "local"),
                                                               "observer": ("context_destroyed", "local")})

    def ends_of_listeners(self, trace):
        listeners = trace.of_class("listener")
        self.assertEqual(len(listeners), 2)
        return {each["vhost"]: (each["close"]["reason"], each["close"]["by"]) for each in listeners}

    def test_plugin_4_1_6(self):
        self.check("4.1.6", "plugin")

    def test_plugin_4_3_5(self):
        self.check("4.3.5", "plugin")

    def test_run_4_1_6(self):
        self.check("4.1.6", "preload")

    def test_run_4_3_5(self):
        self.check("4.3.5", "preload")


if __name__ == "__main__":
    unittest.main()
