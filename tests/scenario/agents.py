# SPDX-License-Identifier: MIT
"""Agents for the scenario tests, and small servers that record into their rings and remember what was done with them."""

import collections
import json
import os
import re
import shutil
import signal

import harness
import test_known_workload
import workload

PRELOAD = os.path.join(harness.BUILD, "lib", "libwsitrace_preload.so")
PROGRAMS = ("alpha", "beta", "gamma", "delta", "epsilon")


class Agent:
    """An agent with a directory of rings, one of traces, and a server on a free port."""

    def __init__(self, test, *options, serve=True, rings=None, traces=True):
        self.test = test
        self.rings, self.traces = rings or test.path("rings"), test.path("traces")
        for directory in (self.rings, self.traces):
            os.makedirs(directory, mode=0o700, exist_ok=True)
        listen = ["--listen", "127.0.0.1:0"] if serve else []
        keep = ["--traces", self.traces] if traces else []
        self.program = test.start([harness.WSITRACE, "agent", "--dir", self.rings, *listen, *keep, *options])
        self.address = self._address() if serve else None

    def _address(self):
        def found():
            match = re.search(r"serving http://(127\.0\.0\.1):(\d+)/", self.program.err)
            if match is None and self.program.process.poll() is not None:
                raise AssertionError(str(self.program.wait()))
            return match
        match = harness.until(found, "the agent to serve")
        return (match[1], int(match[2]))

    @property
    def ring(self):
        return os.path.join(self.rings, "agent.ring")

    def environment(self, ring="agent"):
        """Variables of a program that is to record into RING."""
        runtime = harness.SANITIZER + ":" if harness.SANITIZER else ""
        return {**harness.RUNTIME, "LD_PRELOAD": runtime + PRELOAD, "WSITRACE_RING": os.path.join(self.rings, ring + ".ring")}

    def get(self, path):
        status, body = workload.fetch(self.address, path)
        self.test.assertEqual(status, 200, body)
        return body.decode()

    def metrics(self):
        return test_known_workload.metrics_of(self.get("/metrics"))

    def total(self, name, **labels):
        return test_known_workload.total(self.metrics(), name, **labels)

    def await_total(self, wanted, name, **labels):
        try:
            harness.until(lambda: self.total(name, **labels) == wanted, f"{name} {labels} to be {wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}, it is {self.total(name, **labels)}") from None

    def trace_files(self):
        return sorted(os.path.join(self.traces, name) for name in os.listdir(self.traces))

    def stop(self, number=signal.SIGTERM):
        result = self.program.stop(number)
        self.test.assertEqual(result.status, 0, result)
        return result

    def kill(self):
        self.program.send_signal(signal.SIGKILL)
        self.program.wait()


class Host:
    """A small server that records into an agent's ring, and what was done with it."""

    def __init__(self, test, agent, name="http_host", ring="agent"):
        self.name = name
        self.program = test.start([test.path("bin", name), "--files", test.files], env=agent.environment(ring))
        self.address = self.program.address()
        self.did = collections.Counter()
        self.open = []

    def requests(self, count, connections):
        workload.keep_alive(self.address, "/", count, connections)
        self.did.update(opened=connections, closed=connections, completed=count)

    def sequential(self, count):
        workload.sequential(self.address, "/dyn", count)
        self.did.update(opened=count, closed=count, completed=count)

    def sessions(self, count):
        for _ in range(count):
            session = workload.WebSocket(self.address)
            session.close()
        self.did.update(opened=count, closed=count, upgraded=count)

    def hold(self, count):
        """Connections that are open when the host ends."""
        for _ in range(count):
            http = workload.Http1(self.address)
            http.get("/")
            self.open.append(http)
        self.did.update(opened=count, completed=count)

    def end(self, crash):
        if crash:
            harness.at_rest(self.program.pid)  # it records an end just after the peer has seen it
            self.program.stop(signal.SIGKILL)
        else:
            self.program.stop(signal.SIGINT)
            self.did.update(closed=len(self.open))
        for http in self.open:
            http.sock.close()


class AgentScenario(harness.Scenario):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        for name in (*PROGRAMS, "http_host"):
            shutil.copy(harness.host_path("http_host"), self.path("bin", name))

    def report_of(self, trace):
        result = self.wsitrace("report", trace, "--format", "json")
        self.assertEqual(result.status, 0, result)
        return harness.Trace(json.loads(result.out))

    def anonymous_kb(self, program):
        with open(f"/proc/{program.pid}/status", encoding="ascii") as status:
            return int(re.search(r"RssAnon:\s+(\d+) kB", status.read())[1])
