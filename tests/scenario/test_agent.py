# SPDX-License-Identifier: MIT
"""`wsitrace agent`: many programs, their ends and their traces, seen by one process."""

import collections
import json
import os
import random
import signal
import unittest

import harness
import workload
from agents import PROGRAMS, Agent, AgentScenario, Host

PROCESSES = 31
AT_ONCE = 11
SEED = 20261121
ANONYMOUS_KB = 1_000_000 if harness.SANITIZER else 100_000


class Many(AgentScenario):
    """Many processes that start, crash and end in random order."""

    def play(self, agent, draw):
        """Returns the hosts, which have all ended."""
        hosts, live = [], []
        actions = [lambda host: host.requests(draw.choice((3, 7, 23)), draw.choice((1, 2, 3))),
                   lambda host: host.sequential(draw.choice((5, 11, 17))),
                   lambda host: host.sessions(draw.choice((1, 2, 3))),
                   lambda host: host.hold(draw.choice((1, 2)))]
        while len(hosts) < PROCESSES or live:
            step = draw.random()
            if len(hosts) < PROCESSES and (not live or (step < 0.4 and len(live) < AT_ONCE)):
                live.append(Host(self, agent, draw.choice(PROGRAMS)))
                hosts.append(live[-1])
            elif step < 0.75:
                draw.choice(actions)(draw.choice(live))
            else:
                live.pop(draw.randrange(len(live))).end(crash=draw.random() < 0.5)
        return hosts

    def assert_sums(self, agent, hosts):
        for program in sorted({host.name for host in hosts}):
            did = sum((host.did for host in hosts if host.name == program), collections.Counter())
            accepted = {"program": program, "class": "client"}
            agent.await_total(did["opened"], "lws_connections_opened_total", origin="accepted", **accepted)
            agent.await_total(did["closed"], "lws_connections_closed_total", **accepted)
            agent.await_total(did["completed"], "lws_transactions_total", program=program, outcome="completed")
            agent.await_total(did["upgraded"], "lws_transactions_total", program=program, outcome="upgraded")
            agent.await_total(0, "lws_connections_open", **accepted)

    def test_totals_of_each_program_are_the_sum_of_what_its_processes_did(self):
        agent = Agent(self, "--max-bytes", "4kb", "--max-files", "1000")
        hosts = self.play(agent, random.Random(SEED))
        agent.await_total(PROCESSES, "wsitrace_agent_processes_ended_total")
        self.assert_sums(agent, hosts)
        crashed = sum(host.program.wait().status == -signal.SIGKILL for host in hosts)
        self.assertEqual(agent.total("wsitrace_agent_processes_ended_total", ended="unknown"), crashed)
        self.assertEqual(agent.total("wsitrace_agent_processes_ended_total", ended="exit"), PROCESSES - crashed)
        self.assertEqual(agent.total("wsitrace_events_lost_total"), 0)
        self.assertEqual(agent.total("wsitrace_agent_processes"), 0)
        self.assertLess(self.anonymous_kb(agent.program), ANONYMOUS_KB)
        self.assert_traces(agent, hosts)
        agent.stop()
        self.assertEqual(os.listdir(agent.rings), [])

    def assert_traces(self, agent, hosts):
        """Each can be read alone, belongs to one process, and together they hold all events."""
        recorded = agent.total("wsitrace_events_recorded_total")
        by_pid = collections.defaultdict(list)
        for path in agent.trace_files():
            trace = self.report_of(path)
            by_pid[trace.process["pid"]].append(trace)
        self.assertEqual(set(by_pid), {host.program.pid for host in hosts})
        self.assertGreater(sum(map(len, by_pid.values())), len(hosts), "no trace was rotated")
        self.assertEqual(sum(t.loss["recorded"] for traces in by_pid.values() for t in traces), recorded)
        for host in hosts:
            traces = by_pid[host.program.pid]
            self.assertEqual({t.process["program"] for t in traces}, {host.name})
            self.assertEqual([t.process["ended"] for t in traces].count("detached"), len(traces) - 1)

    def test_reports_keep_processes_apart(self):
        agent = Agent(self)
        hosts = [Host(self, agent, name) for name in PROGRAMS]
        for number, host in enumerate(hosts):
            host.sequential(3 + 2 * number)
        agent.await_total(sum(h.did["closed"] for h in hosts), "lws_connections_closed_total", **{"class": "client"})
        told = json.loads(agent.get("/api/report"))
        self.assertEqual(told["schema"], "wsitrace.reports/1")
        reports = {report["process"]["pid"]: report for report in told["reports"]}
        for host in hosts:
            report = reports[host.program.pid]
            self.assertEqual(report["process"]["program"], host.name)
            self.assertEqual(len([c for c in report["connections"] if c["class"] == "client"]), host.did["opened"])
        agent.stop()

    def test_rows_of_all_processes_are_one_table(self):
        agent = Agent(self)
        hosts = [Host(self, agent, name) for name in PROGRAMS]
        for number, host in enumerate(hosts):
            host.hold(number + 1)
        held = sum(h.did["opened"] for h in hosts)
        agent.await_total(held, "lws_connections_open", **{"class": "client"})
        page = json.loads(agent.get("/api/connections?class=client&limit=7"))
        self.assertEqual((page["total"], len(page["connections"])), (held, 7))
        rows = json.loads(agent.get("/api/connections?class=client"))["connections"]
        by_pid = collections.Counter((row["pid"], row["program"]) for row in rows)
        self.assertEqual(by_pid, {(h.program.pid, h.name): h.did["opened"] for h in hosts})
        one = json.loads(agent.get("/api/connections/" + rows[0]["key"]))
        self.assertEqual((one["id"], one["peer"]), (rows[0]["id"], rows[0]["peer"]))
        for host in hosts:
            host.end(crash=False)
        agent.stop()

    def test_image_that_executes_another_is_two_processes(self):
        agent = Agent(self)
        program = self.start(self.host("exec_host"), env=agent.environment())
        for life in (0, 1):
            workload.sequential(program.address(nth=life), "/dyn", 3 + 2 * life)
            program.send_signal(signal.SIGINT)
        self.assertEqual(program.wait().status, 0)
        agent.await_total(1, "wsitrace_agent_processes_ended_total", program="exec_host", ended="exec")
        agent.await_total(1, "wsitrace_agent_processes_ended_total", program="exec_host", ended="exit")
        agent.await_total(3 + 5, "lws_transactions_total", program="exec_host", outcome="completed")
        told = json.loads(agent.get("/api/report"))["reports"]
        self.assertEqual([report["totals"]["transactions"] for report in told], [3, 5])
        agent.stop()


class Traces(AgentScenario):
    def test_only_the_youngest_traces_are_kept(self):
        agent = Agent(self, "--max-bytes", "4kb", "--max-files", "3")
        mine = os.path.join(agent.traces, "mine.wsitrace")
        with open(mine, "w", encoding="ascii") as file:
            file.write("not the agent's")
        host = Host(self, agent)
        ever = set()

        def traces():
            return [path for path in agent.trace_files() if path != mine]

        def many():
            host.sequential(53)
            ever.update(traces())
            return len(ever) >= 5
        harness.until(many, "a fifth trace")  # sizes are looked at now and then: how much is in a trace by then is a matter of pace
        host.end(crash=False)
        agent.await_total(1, "wsitrace_agent_processes_ended_total")
        agent.stop()
        self.assertEqual(len(traces()), 3)
        self.assertTrue(os.path.exists(mine))
        reports = [self.report_of(path) for path in traces()]
        self.assertEqual(sorted(r.process["ended"] for r in reports), ["detached", "detached", "exit"])

    def test_a_trace_of_its_age_is_closed(self):
        agent = Agent(self, "--max-age", "1")
        host = Host(self, agent)
        harness.until(lambda: host.sequential(5) or len(agent.trace_files()) >= 2, "a second trace")
        host.end(crash=False)
        agent.stop()
        for path in agent.trace_files():
            self.report_of(path)


class Usage(AgentScenario):
    def refused(self, *arguments):
        result = self.wsitrace("agent", *arguments)
        self.assertEqual(result.status, 2, result)
        return result.err

    def test_second_agent_for_a_directory_is_refused(self):
        agent = Agent(self)
        err = self.refused("--dir", agent.rings, "--listen", "127.0.0.1:0")
        self.assert_one_line(err, "another agent looks after it")
        agent.await_total(1, "wsitrace_agent_rings", fate="made")
        agent.stop()

    def test_bad_usage_is_one_line(self):
        os.mkdir(self.path("d"))
        directory = self.path("d")
        self.assert_one_line(self.refused("--dir", directory), "nothing to do")
        self.assert_one_line(self.refused("--dir", self.path("missing"), "--listen", "127.0.0.1:0"), "missing")
        self.assert_one_line(self.refused("--dir", self.files + "/index.html", "--listen", "127.0.0.1:0"), "index.html")
        self.assert_one_line(self.refused("--dir", directory, "--traces", self.path("missing")), "missing")
        self.assert_one_line(self.refused("--dir", directory, "--traces", directory, "--max-bytes", "much"), "max-bytes")
        self.assert_one_line(self.refused("--dir", directory, "--listen", "127.0.0.1:0", "--ring", "../x"), "../x")
        self.assert_one_line(self.refused("--dir", directory, "--listen", "127.0.0.1:0", "--once"), "--once")

    def test_metrics_only_serves_no_connections(self):
        agent = Agent(self, "--metrics-only")
        agent.await_total(1, "wsitrace_agent_rings", fate="made")
        self.assertEqual(workload.fetch(agent.address, "/api/report")[0], 404)
        self.assertEqual(workload.fetch(agent.address, "/api/connections")[0], 404)
        agent.stop()

    def test_address_in_use_is_refused_and_nothing_is_left(self):
        agent = Agent(self)
        os.mkdir(self.path("d"))
        err = self.refused("--dir", self.path("d"), "--listen", "{}:{}".format(*agent.address))
        self.assertIn("in use", err)
        self.assertEqual(os.listdir(self.path("d")), [])
        agent.stop()


if __name__ == "__main__":
    unittest.main()
