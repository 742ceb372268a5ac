# SPDX-License-Identifier: MIT
"""Programs that thousands run: under load and shut down, they have no finding. Otherwise the gate would be switched off by the first who
tries it. lwsws comes with all plugins of its own; janus with its websocket transport."""

import concurrent.futures
import json
import unittest

import harness
import workload
from servers import Janus, Lwsws

BOUNDARY = "----" + 7 * "w"
FORM = "".join(f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
               for name, value in (("text", "hello"), ("send", "Send"))) + f"--{BOUNDARY}--\r\n"
POST = (f"POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(FORM)}\r\n\r\n{FORM}").encode()


def at_once(jobs, workers=8):
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return [job.result() for job in [pool.submit(job) for job in jobs]]


class RealProgram(harness.Scenario):
    def assert_no_finding(self, name):
        verdict = json.loads(self.wsitrace("check", "--format", "json", self.path(name)).out)
        self.assertEqual((verdict["verdict"], verdict["findings"], verdict["doubts"]), ("clean", [], []))


class LwswsStock(RealProgram):
    """Protocols that speak first, proxies, uploads, clients of themselves, an ssh server that nobody configured."""

    ROUNDS = 7

    def load(self, server):
        mirror = server.PROTOCOL
        for _ in range(self.ROUNDS):
            at_once([lambda: workload.keep_alive(server.app, "/", 13, 3),
                     lambda: workload.sequential(server.app, "/", 11),
                     lambda: workload.websockets(server.app, 5, 3, mirror, at_once=1),
                     lambda: [self.listener(server, name) for name in ("dumb-increment-protocol", "lws-status")],
                     lambda: [self.asked(server, POST) for _ in range(3)],
                     lambda: [self.asked(server, b"GET /loop/ws:/127.0.0.1 HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(3)],
                     lambda: [self.asked(server, b"GET /missing HTTP/1.0\r\n\r\n"), self.asked(server, b"GARBAGE\r\n\r\n")],
                     lambda: workload.silent(server.app, 3)])

    @staticmethod
    def listener(server, protocol):
        client = workload.WebSocket(server.app, protocol)
        for _ in range(3):
            client.receive()
        client.close()

    @staticmethod
    def asked(server, request):
        """Whatever it says, and however it ends that."""
        with workload.connect(server.app) as sock:
            sock.settimeout(5)
            try:
                sock.sendall(request)
                return sock.recv(65536)
            except OSError:
                return b""

    def check_preload(self, lws):
        server = Lwsws(self, lws, plugin=False, stock=True, run=self.traced)
        self.load(server)
        for sock in (workload.WebSocket(server.app, server.PROTOCOL).sock, workload.connect(server.app)):  # open at the shutdown
            self.addCleanup(sock.close)
        server.stop()
        names = [name for name in self.traces() if self.report(name).of_class("listener")]
        self.assertEqual(len(names), 1, self.traces())
        trace = self.report(names[0])
        self.assertGreater(len(trace.of_class("client")), self.ROUNDS * 30)
        served = {b["protocol"] for c in trace.connections for b in c["bindings"]}
        self.assertLessEqual({server.PROTOCOL, "dumb-increment-protocol", "lws-status", "protocol-post-demo", "client-loopback-test"},
                             served)
        self.assert_no_finding(names[0])

    def check_plugin(self, lws):
        server = Lwsws(self, lws, stock=True, pvo={"trace": self.path("out.wsitrace")})
        self.load(server)
        server.stop()
        self.assertGreater(len(self.report().of_class("client")), self.ROUNDS * 30)
        self.assert_no_finding("out.wsitrace")

    def test_preload_4_1_6(self):
        self.check_preload("4.1.6")

    def test_preload_4_3_5(self):
        self.check_preload("4.3.5")

    def test_plugin_4_1_6(self):
        self.check_plugin("4.1.6")

    def test_plugin_4_3_5(self):
        self.check_plugin("4.3.5")


class JanusUnderLoad(RealProgram):
    def test_sessions_at_once_refused_requests_and_some_left_open(self):
        janus = Janus(self)
        at_once([lambda: janus.session(5)] * 61 + [lambda: workload.fetch(janus.address, "/")] * 31 +
                [lambda: workload.silent(janus.address, 3)] * 5)
        for sock in (workload.WebSocket(janus.address, janus.PROTOCOL).sock, workload.connect(janus.address)):  # open at the shutdown
            self.addCleanup(sock.close)
        self.assertEqual(janus.stop().status, 0)
        trace = self.report("janus.wsitrace")
        self.assertGreater(len(trace.of_class("client")), 61 + 31)
        refused = [c for c in trace.of_class("client") if [t["status"] for t in c["transactions"]] == [403]]
        self.assertEqual([c["transactions"][0]["outcome"] for c in refused], ["completed"] * 31)
        self.assertEqual({c["close"]["reason"] for c in refused}, {"response_done"})
        self.assert_no_finding("janus.wsitrace")


if __name__ == "__main__":
    unittest.main()
