# SPDX-License-Identifier: MIT
"""`wsitrace diff`: the same workload twice differs in nothing that is selected; what got worse is found and named."""

import json
import os
import signal

import harness
import workload

SEQUENTIAL, PATIENT, HASTY = 31, 2, 13  # requests one by one; clients that leave in the middle of an answer
CYCLES = 5


class Diff(harness.Scenario):
    def setUp(self):
        super().setUp()
        with open(os.path.join(self.files, "large.txt"), "wb") as large:
            large.write(bytes(17_000_000))

    def record(self, trace, hasty=PATIENT, end=signal.SIGINT):
        program = self.traced(self.host(), trace=trace)
        address = program.address()
        workload.known(address, "/dyn", one_by_one=SEQUENTIAL)
        for _ in range(hasty):
            http = workload.Http1(address)
            http.send("/large.txt")
            http.sock.recv(1009)
            http.sock.close()
        workload.fetch(address, "/dyn")  # the server has turned to what came before
        if end == signal.SIGKILL:
            os.kill(harness.child_of(program.pid), end)
            self.assertEqual(program.wait().status, 128 + end)
        else:
            program.stop(end)

    def cycles(self, trace, lws):
        result = self.traced(self.host("cycles_host", CYCLES, 1, lws=lws), trace=trace).wait()
        self.assertEqual(result.status, 0, result)

    def diff(self, before, after, *rules, form="text"):
        options = [word for rule in rules for word in ("--fail-on", rule)]
        return self.wsitrace("diff", self.path(before), self.path(after), "--format", form, *options)

    def test_the_same_workload_again_is_no_worse(self):
        self.record("before")
        self.record("after")
        selected = ("findings", "leaks", "lost", "open", "outcome", "outcome<0", "status", "vhost", "protocol", "class", "sessions",
                    "connections>0%", "latency:transaction.p50>10s")
        result = self.diff("before", "after", *selected)
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertTrue(result.out.endswith(f"no worse: {len(selected)} rules held\n"), result)

    def test_a_trace_beside_itself_has_not_changed_at_all(self):
        self.record("before")
        result = self.diff("before", "before", "findings", "close", "latency")
        clients = workload.known_connections(SEQUENTIAL) + PATIENT + 1
        self.assertEqual(result.status, 0, result)
        self.assertIn(f"nothing changed: {clients + 1} connections, ", result.out)

    def test_more_aborted_requests_are_found_and_named(self):
        self.record("before")
        self.record("after", HASTY)
        result = self.diff("before", "after", "findings", "outcome:aborted>10%", "status:5xx")
        self.assertEqual(result.status, 1, result)
        self.assertIn(f"broken: outcome:aborted>10%: outcome:aborted {PATIENT} -> {HASTY}\n", result.out)
        self.assertIn("held: findings\n", result.out)
        self.assertEqual(self.diff("before", "after").status, 0)
        self.assertEqual(self.diff("after", "before", "outcome:aborted").status, 0)

    def test_a_leak_is_found_and_named(self):
        self.cycles("before", "4.1.6")
        self.cycles("after", "4.3.5")
        result = self.diff("before", "after", "leaks", "findings", form="json")
        self.assertEqual(result.status, 1, result)
        report = json.loads(result.out)
        self.assertEqual((report["schema"], report["exit_status"]), ("wsitrace.diff/1", 1))
        self.assertEqual([(rule["rule"], rule["result"]) for rule in report["rules"]], [("leaks", "broken"), ("findings", "broken")])
        worst = report["changes"][0]
        self.assertEqual((worst["what"], worst["before"], worst["after"], worst["relative"]),
                         ("findings:descriptor_left", 0, CYCLES, None))

    def test_a_host_that_was_killed_is_not_judged_by_what_it_left(self):
        self.record("before")
        self.record("after", end=signal.SIGKILL)
        result = self.diff("before", "after", "leaks")
        self.assertEqual(result.status, 3, result)
        self.assertIn("not judged: leaks (after: ", result.out)
        self.assertEqual(self.diff("before", "after", "status:5xx", "outcome:aborted").status, 0)

    def test_what_is_wrong_is_one_line(self):
        self.cycles("before", "4.1.6")
        with open(self.path("foreign"), "w", encoding="ascii") as file:
            file.write("no trace\n")
        for before, after, rule in (("before", "nothing", "leaks"), ("nothing", "before", "leaks"), ("before", "foreign", "leaks"),
                                    ("before", "before", "frobs"), ("before", "before", "close:late"),
                                    ("before", "before", "latency:tls.p95"), ("before", "before", "leaks>many")):
            result = self.diff(before, after, rule)
            self.assertEqual((result.status, result.out), (2, ""), result)
            self.assert_one_line(result.err)
