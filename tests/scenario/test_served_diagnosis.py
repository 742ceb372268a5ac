# SPDX-License-Identifier: MIT
"""What went wrong, as it is served: api/diagnosis says of each process what `wsitrace explain --format json` says of its trace."""

import contextlib
import json
import unittest

import harness
import workload
from agents import Agent, AgentScenario, Host
from live_client import ask
from served import LwswsServe, RunServe, Served, serving
from servers import Lwsws

NO_HTTP = b"\x16\x03\x01\x02\x00\x01" + b"\x01" * 61  # the first bytes of a TLS handshake, on a plain port


def refuse(address, times):
    """Makes lws refuse requests."""
    for _ in range(times):
        sock = workload.connect(address)
        sock.sendall(NO_HTTP)
        with contextlib.suppress(ConnectionResetError):
            while sock.recv(4096):
                pass
        sock.close()


def counts(document):
    return {one["cause"]: one["count"] for one in document["diagnoses"] if one["severity"] != "note"}


def unplaced(document):
    """DOCUMENT without the names of callbacks."""
    return {**document, "diagnoses": [{**one, "callback": None} for one in document["diagnoses"]]}


class Diagnoses(Served):
    def explained(self, trace):
        result = self.wsitrace("explain", trace, "--format", "json")
        self.assertEqual((result.status, result.err), (0, ""), result)
        return json.loads(result.out)

    def served(self):
        """The answer, or None before there is one."""
        reply = self.get("/api/diagnosis")
        if reply.status == 404:
            return None
        self.assertEqual((reply.status, reply.headers["content-type"]), (200, "application/json"), reply)
        return reply.json

    def awaited(self, wanted, look=lambda document: document):
        """The document, once its causes and counts are those WANTED, and it is what explain says of the trace."""
        def found():
            served = self.served()
            return served if served and counts(served) == wanted and served == look(self.explained(self.path("out.wsitrace"))) else None
        try:
            return harness.until(found, f"the diagnoses {wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.served()}\n{self.explained(self.path('out.wsitrace'))}") from None

    def assert_refused(self, *words):
        reply = self.get("/api/diagnosis")
        self.assertEqual((reply.status, reply.text.count("\n")), (404, 1), reply)
        for word in words:
            self.assertIn(word, reply.text)


class OfRun(Diagnoses, RunServe):
    def test_it_is_what_explain_says_while_the_program_runs(self):
        self.begin()
        self.awaited({})
        refuse(self.app, 3)
        served = self.awaited({"request_refused": 3})
        self.assertEqual((served["schema"], served["process"]["program"]), ("wsitrace.diagnosis/1", "http_host"))
        [one] = served["diagnoses"]
        self.assertEqual((one["severity"], one["callback"]["function"]), ("trouble", "callback_http"))
        refuse(self.app, 4)
        self.awaited({"request_refused": 7})
        self.assertEqual(self.get("/api/diagnosis?cause=timeout").status, 400)
        head = self.get("/api/diagnosis", method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_it_is_what_explain_and_check_say_when_the_program_has_ended(self):
        leaky = f"{harness.BUILD}/tests/corpus/lws-4.3.5/corpus_server forgets_for_each_client"
        self.program = self.traced(["sh", "-c", f"{leaky}; echo over 1; exec sleep 300"], "--serve", "127.0.0.1:0")
        self.at = serving(self.program)
        self.program.values("over")
        served = self.awaited({"transaction_not_completed": 7})
        checked = self.wsitrace("check", self.path("out.wsitrace"), "--format", "json")
        findings = json.loads(checked.out)["findings"]
        faults = [one for one in served["diagnoses"] if one["severity"] == "fault"]
        self.assertEqual([(one["cause"], one["count"], one["connections"]) for one in faults],
                         [(one["kind"], one["count"], one["connections"]) for one in findings])
        self.assertEqual(self.get("/api/findings").json["findings"][0]["count"], 7)

    def test_before_anything_is_recorded_it_says_so(self):
        self.program = self.traced(["sleep", "300"], "--serve", "127.0.0.1:0")
        self.at = serving(self.program)
        self.assert_refused("nothing was recorded yet")

    def test_trace_that_goes_nowhere_is_told(self):
        self.program = self.start([harness.WSITRACE, "run", "-o", "/dev/null", "--serve", "127.0.0.1:0", "--", *self.host()])
        self.at = serving(self.program)
        harness.until(lambda: "nothing was recorded" not in self.get("/api/diagnosis").text, "the first event")
        self.assert_refused("cannot be read", "not a regular file")


class OfPlugin:
    """lwsws, which knows no names of callbacks."""

    def test_it_is_what_explain_says_of_the_trace(self):
        self.server = Lwsws(self, self.LWS, pvo={"trace": self.path("out.wsitrace")})
        self.app, self.at = self.server.app, self.server.observer
        refuse(self.app, 5)
        self.awaited({"request_refused": 5}, unplaced)

    def test_without_a_trace_it_says_what_to_switch_on(self):
        self.begin()
        self.assert_refused("read from a trace", "plugin's option trace")


class OfPlugin416(OfPlugin, Diagnoses, LwswsServe):
    LWS = "4.1.6"


class OfPlugin435(OfPlugin, Diagnoses, LwswsServe):
    LWS = "4.3.5"


class OfAgent(Diagnoses, AgentScenario):
    def get(self, path, **options):
        return ask(self.agent.address, path, **options)

    def test_each_process_has_what_explain_says_of_its_trace(self):
        self.agent = Agent(self)
        hosts = {3: Host(self, self.agent, "alpha"), 5: Host(self, self.agent, "beta"), 0: Host(self, self.agent, "gamma")}
        for times, host in hosts.items():
            refuse(host.address, times)
        wanted = {host.program.pid: {"request_refused": times} if times else {} for times, host in hosts.items()}

        def found():
            served = self.served() or {"documents": []}
            by_pid = {one["process"]["pid"]: one for one in served["documents"]}
            return served if {pid: counts(one) for pid, one in by_pid.items()} == wanted else None
        served = harness.until(found, f"the diagnoses {wanted}")
        self.assertEqual((served["schema"], served["not_read"], len(served["documents"])), ("wsitrace.diagnoses/1", [], 3))
        hosts[5].end(crash=False)
        self.agent.await_total(1, "wsitrace_agent_processes_ended_total")

        def the_same():
            documents = self.served()["documents"]
            explained = [self.explained(trace) for trace in self.agent.trace_files()]
            return sorted(documents, key=str) == sorted(explained, key=str)
        harness.until(the_same, "the same as explain, also of the process that has ended")
        harness.until(found, "the diagnoses of all three")

    def test_agent_without_traces_says_what_to_switch_on(self):
        self.agent = Agent(self, traces=False)
        self.assert_refused("keeps none", "--traces DIR")


if __name__ == "__main__":
    unittest.main()
