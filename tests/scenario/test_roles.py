# SPDX-License-Identifier: MIT
"""Roles that few builds of lws have: CGI, HTTP proxy mounts, MQTT. lwsws 4.3.5 with a shell script and a proxy of a host of ours, and users
of mosquitto; under `wsitrace run` and with the plugin."""

import collections
import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import subprocess
import unittest

import certificates
import harness
import workload
from servers import Lwsws

SCRIPT = r"""#!/bin/sh
head() { printf "Content-Type: text/plain\r\n$1\r\n"; }
case "$PATH_INFO" in
/missing) head 'Status: 404\r\nContent-Length: 5\r\n'; echo gone ;;
/count) body=$(cat); head; echo "${#body}" ;;
*) head; echo hello ;;
esac
"""


class Roles(harness.Scenario):
    """RUN: under `wsitrace run`, otherwise with the plugin."""

    def lwsws(self, run, mounts, **options):
        self.assertTrue(harness.ROLES_LWS, "WSITRACE_ROLES_LWS names no prefix (deploy/bootstrap.sh --tests builds one)")
        if run:
            options.update(plugin=False, run=self.traced)
        else:
            options.update(pvo={"trace": self.path("out.wsitrace")})
        server = Lwsws(self, "4.3.5", prefix=harness.ROLES_LWS, mounts=mounts, first_vhost="plain", **options)
        self.addCleanup(self.end, server.server_pid)  # which leaves the group of its program
        return server

    @staticmethod
    def end(pid):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                is_left = comm.read().strip() == "lwsws"
            if is_left:
                os.kill(pid, signal.SIGKILL)

    def ask_all(self, requests, ask):
        """The answers to REQUESTS, asked for by eight at once, and how often each came."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return collections.Counter(pool.map(ask, requests))

    def read(self, run):
        """The report of the server; it is clean, and what listens is what was configured."""
        trace = self.report()
        verdict = json.loads(self.wsitrace("check", "--format", "json", self.path("out.wsitrace")).out)
        self.assertEqual((verdict["verdict"], verdict["findings"], verdict["doubts"]), ("clean", [], []))
        self.assertEqual(sorted(c["vhost"] for c in trace.of_class("listener")), ["app", "observer"] + ["plain"] * run)
        self.assertNotIn("unknown", {c["close"]["reason"] for c in trace.connections})
        self.assert_settled(trace)
        return trace

    @staticmethod
    def transactions(connections):
        return collections.Counter((t["method"], t["path"], t["status"], t["outcome"]) for c in connections for t in c["transactions"])

    @staticmethod
    def accepted(trace):
        """Those that asked for something: others only tried whether the server listens."""
        return [c for c in trace.of_class("client", "app") if c["origin"] in ("accepted", "stream") and c["transactions"]]


class Cgi(Roles):
    """Each request is a process; its pipes are lws's own, belong to the connection, and are no listeners."""

    GETS, MISSING, POSTS, STREAMS = 5, 11, 3, 7

    def mounts(self):
        with open(self.path("script"), "w", encoding="ascii") as script:
            script.write(SCRIPT)
        os.chmod(self.path("script"), 0o755)
        return [{"mountpoint": "/cgi", "origin": f"cgi://{self.path('script')}"}]

    def check(self, run):
        server = self.lwsws(run, self.mounts())
        answers = self.ask_all([("GET", "/cgi/")] * self.GETS + [("GET", "/cgi/missing")] * self.MISSING +
                               [("POST", "/cgi/count")] * self.POSTS, lambda request: self.ask(server.app, *request))
        self.assertEqual(answers, {(200, b"6\r\nhello\n\r\n0\r\n\r\n"): self.GETS, (404, b"gone\n"): self.MISSING,
                                   (200, b"4\r\n101\n\r\n0\r\n\r\n"): self.POSTS})
        server.stop()
        trace = self.read(run)
        asked = self.accepted(trace)
        self.assertEqual(self.transactions(asked), {("GET", "/cgi/", 200, "completed"): self.GETS,
                                                    ("GET", "/cgi/missing", 404, "completed"): self.MISSING,
                                                    ("POST", "/cgi/count", 200, "completed"): self.POSTS})
        self.assertEqual({c["close"]["reason"] for c in asked}, {"response_done"})
        self.assert_pipes(trace, asked)

    def assert_pipes(self, trace, asked):
        pipes = trace.of_class("internal", "app")
        self.assertEqual(collections.Counter(c["parent"] for c in pipes), {c["id"]: 3 for c in asked})
        self.assertLessEqual({c["close"]["reason"] for c in pipes}, {"response_done", "parent_closed"})

    @staticmethod
    def ask(address, method, path):
        http = workload.Http1(address)
        http.send(path, method=method, headers=["Content-Length: 101"] if method == "POST" else (), body="x" * 101 * (method == "POST"))
        answer = b""
        while data := http.sock.recv(65536):
            answer += data
        http.sock.close()
        head, body = answer.split(b"\r\n\r\n", 1)
        return int(head.split()[1]), body

    def test_under_run(self):
        self.check(True)

    def test_in_the_plugin(self):
        self.check(False)

    def test_streams(self):
        server = self.lwsws(True, self.mounts(), tls=certificates.made().server)
        url = f"https://127.0.0.1:{server.app[1]}/cgi/[1-{self.STREAMS}]"
        answers = subprocess.run(["curl", "-sS", "--http2", "--insecure", url], check=True, capture_output=True)
        self.assertEqual(answers.stdout, b"hello\n" * self.STREAMS)
        server.stop()
        trace = self.read(True)
        asked = self.accepted(trace)
        self.assertEqual({c["origin"] for c in asked}, {"stream"})
        self.assertEqual([t["status"] for c in asked for t in c["transactions"]], [200] * self.STREAMS)
        self.assertEqual({t["outcome"] for c in asked for t in c["transactions"]}, {"completed"})
        self.assert_pipes(trace, asked)


class Proxy(Roles):
    """A proxied request is one accepted and one outbound connection, the latter on the first vhost, whoever that is."""

    FILES, PAGES, MISSING, GONE = 13, 7, 3, 5

    def check(self, run):
        origin = self.traced(self.host(), trace="origin.wsitrace")
        origin_port, nobody = origin.address()[1], harness.free_port()
        server = self.lwsws(run, [{"mountpoint": f"/{name}", "origin": f"http://127.0.0.1:{port}/"}
                                  for name, port in (("proxy", origin_port), ("gone", nobody))])
        wanted = {("/proxy/index.html", 200): self.FILES, ("/proxy/dyn", 200): self.PAGES, ("/proxy/missing.html", 404): self.MISSING}
        answers = self.ask_all([path for (path, _), count in wanted.items() for _ in range(count)],
                               lambda path: (path, workload.fetch(server.app, path)[0]))
        self.assertEqual(answers, wanted)
        self.ask_all(["/gone/"] * self.GONE, lambda path: self.unanswered(server.app, path))
        server.stop()
        self.assertEqual(origin.stop().status, 5)
        trace = self.read(run)
        asked = self.accepted(trace)
        self.assertEqual(self.transactions(c for c in asked if c["transactions"][0]["path"] != "/gone/"),
                         {("GET", path, status, "completed"): count for (path, status), count in wanted.items()})
        outbound = [c for c in trace.of_class("client") if c["origin"] == "outbound"]
        self.assertEqual({c["vhost"] for c in outbound}, {"plain"})
        self.assertEqual({c["parent"] for c in outbound}, {c["id"] for c in asked})
        self.assert_proxied([c for c in outbound if c["transactions"]], asked, origin_port)
        failed = [c for c in outbound if not c["transactions"]]
        self.assertEqual([c["close"]["reason"] for c in failed], ["connect_failed"] * self.GONE)
        self.assertEqual(len(trace.of_class("client")), len(asked) + len(outbound) + self.silent(trace))
        self.assertEqual(trace.of_class("internal"), [])

    def assert_proxied(self, outbound, asked, origin_port):
        """Both sides tell the same, and so does the origin."""
        by_id = {c["id"]: c["transactions"][0] for c in asked}
        self.assertEqual(len(outbound), self.FILES + self.PAGES + self.MISSING)
        self.assertEqual({c["peer"] for c in outbound}, {f"127.0.0.1:{origin_port}"})
        for connection in outbound:
            [transaction] = connection["transactions"]
            front = by_id[connection["parent"]]
            self.assertEqual(("/proxy" + transaction["path"], transaction["status"], transaction["outcome"]),
                             (front["path"], front["status"], "completed"))
        seen = self.report("origin.wsitrace")
        self.assertEqual(sorted(c["peer"] for c in seen.of_class("client")), sorted(c["local"] for c in outbound))

    @staticmethod
    def silent(trace):
        return sum(c["origin"] == "accepted" and not c["transactions"] for c in trace.of_class("client"))

    @staticmethod
    def unanswered(address, path):
        """lws ends a body that it never began."""
        http = workload.Http1(address)
        http.send(path)
        got = http.sock.recv(65536)
        http.finish()
        return got

    def test_under_run(self):
        self.check(True)

    def test_in_the_plugin(self):
        self.check(False)


class Mqtt(harness.Scenario):
    """A connection to a broker is one outbound connection, its users are streams of it; nothing listens."""

    USERS, MESSAGES = 7, 5

    def broker(self):
        port = harness.free_port()
        with open(self.path("mosquitto.conf"), "w", encoding="ascii") as conf:
            conf.write(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stderr\n")
        self.mosquitto = self.start(["/usr/sbin/mosquitto", "-c", self.path("mosquitto.conf")])
        harness.until(lambda: Lwsws._answers(("127.0.0.1", port)), "mosquitto to listen")
        return port

    def host_of(self, port, *options):
        return [harness.host_path("mqtt_host", "4.3.5-roles"), *options, str(port), str(self.USERS), str(self.MESSAGES)]

    def assert_acknowledged(self, program):
        result = program.wait()
        self.assertEqual((result.status, result.out.split("\n")[:2]), (0, [f"acknowledged {self.USERS * self.MESSAGES}", "failed 0"]))

    def read(self):
        trace = self.report()
        verdict = json.loads(self.wsitrace("check", "--format", "json", self.path("out.wsitrace")).out)
        self.assertEqual((verdict["verdict"], verdict["findings"], verdict["doubts"]), ("clean", [], []))
        self.assert_settled(trace)
        self.assertEqual({c["class"] for c in trace.connections}, {"client"})
        return trace

    def assert_users(self, port, connections, reason):
        trace = self.read()
        carriers = [c for c in trace.connections if c["origin"] == "outbound"]
        users = [c for c in trace.connections if c["origin"] == "stream"]
        self.assertEqual((len(carriers), len(users), len(trace.connections)), (connections, self.USERS, connections + self.USERS))
        self.assertEqual({c["peer"] for c in carriers}, {f"127.0.0.1:{port}"})
        self.assertEqual(collections.Counter(c["parent"] for c in users), {c["id"]: self.USERS // connections for c in carriers})
        self.assertEqual({c["role"] for c in trace.connections}, {"mqtt"})
        self.assertEqual({c["vhost"] for c in trace.connections}, {"users"})
        self.assertEqual({c["close"]["reason"] for c in users}, {reason})
        told = [line for line in self.mosquitto.err.splitlines() if "New client connected" in line]
        self.assertEqual(len(told), connections)

    def test_users_of_one_connection(self):
        port = self.broker()
        self.assert_acknowledged(self.traced(self.host_of(port, "--shared")))
        self.assert_users(port, 1, "handler_closed")

    def test_a_connection_each(self):
        port = self.broker()
        self.assert_acknowledged(self.traced(self.host_of(port)))
        self.assert_users(port, self.USERS, "handler_closed")

    def test_left_to_the_end_of_the_context(self):
        port = self.broker()
        self.assert_acknowledged(self.traced(self.host_of(port, "--shared", "--leave-open")))
        self.assert_users(port, 1, "context_destroyed")

    def test_in_the_plugin(self):
        port = self.broker()
        options = ("--shared", "--plugin", harness.plugin_dir("4.3.5"), self.path("out.wsitrace"))
        self.assert_acknowledged(self.start(self.host_of(port, *options), env=harness.RUNTIME))
        self.assert_users(port, 1, "handler_closed")

    def test_no_broker(self):
        program = self.traced(self.host_of(harness.free_port()))
        self.assertEqual(program.wait().out.split("\n")[:2], ["acknowledged 0", f"failed {self.USERS}"])
        trace = self.read()
        self.assertEqual([c["origin"] for c in trace.connections], ["outbound"] * self.USERS)
        self.assertEqual({c["close"]["reason"] for c in trace.connections}, {"connect_failed"})

    # --- What explain says where a broker does not take a user ---

    def answered_by(self, answer):
        """What explain says of one user of a broker that sends ANSWER to its CONNECT, and hangs up."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            program = self.traced(self.host_of(listener.getsockname()[1]))
            accepted = [listener.accept()[0] for _ in range(self.USERS)]
            for connection in accepted:
                with connection:
                    self.assertEqual(connection.recv(1024)[0], 0x10)  # CONNECT
                    connection.sendall(answer)
                    if answer:
                        connection.recv(1024)  # until lws closes it
            self.assertEqual(program.wait().status, 1)
        return json.loads(self.wsitrace("explain", "--format", "json", self.path("out.wsitrace")).out)["diagnoses"]

    def test_broker_does_not_accept(self):
        for answer in (bytes([0x20, 2, 0, 5]), b"HTTP/1.1 400 Bad Request\r\n\r\n", b""):
            [told] = self.answered_by(answer)
            self.assertEqual((told["cause"], told["count"], told["certainty"]), ("answer_not_accepted", self.USERS, "likely"), told)
            self.assertIn("no CONNACK came that accepts this client", told["sentence"])
            self.assertIn("mqtt_cp", told["advice"])


if __name__ == "__main__":
    unittest.main()
