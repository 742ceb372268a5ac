# SPDX-License-Identifier: MIT
"""While an agent collects, `report`, `check`, `explain` and `top` answer about its rings: from the traces that it keeps, or they say
whom to ask. And the runbook's commands work as they are written."""

import json
import os
import pwd
import re
import shutil
import signal
import unittest

import harness
import workload
from agents import Agent, AgentScenario, Host

RUNBOOK = os.path.join(harness.ROOT, "dashboards", "prometheus", "RUNBOOK.md")
ENDED = 7
OPEN = 3


class Answers(AgentScenario):
    def observed(self, *options, name="http_host", **more):
        """An agent, and a host with ENDED connections and OPEN ones, all of them drained."""
        agent = Agent(self, *options, **more)
        host = Host(self, agent, name)
        host.sequential(ENDED)
        host.hold(OPEN)
        agent.await_total(ENDED + OPEN, "lws_transactions_total", program=name, outcome="completed")
        return agent, host

    def clients(self, *arguments):
        """The client connections of a JSON report."""
        def found():
            result = self.wsitrace("report", *arguments, "--format", "json")
            self.assertEqual((result.status, result.err), (0, ""), result)
            clients = [one for one in json.loads(result.out)["connections"] if one["class"] == "client"]
            return clients if len(clients) == ENDED + OPEN else None
        return harness.until(found, "the trace to have them all")

    def test_ring_and_directory_lead_to_the_trace_that_the_agent_keeps(self):
        agent, host = self.observed()
        for place in (agent.ring, agent.rings, os.path.relpath(agent.rings, self.directory)):
            for pid in ([], ["--pid", host.program.pid]):
                states = [one["state"] for one in self.clients(place, *pid)]
                self.assertEqual(states.count("closed"), ENDED)
        checked = self.wsitrace("check", agent.rings, "--settle", "0")
        self.assertEqual(checked.status, 3, checked)  # it goes on
        self.assertNotIn("0 opened", checked.out)
        self.assertEqual(self.wsitrace("explain", agent.ring).status, 0)
        for place in (agent.ring, agent.rings):
            top = self.wsitrace("top", place)
            self.assertEqual((top.status, top.err), (0, ""), top)
            self.assertEqual(len(re.findall(r"\bclient\b", top.out)), ENDED + OPEN, top)
        host.end(crash=False)
        agent.stop()

    def test_of_several_processes_one_is_to_be_named(self):
        agent, host = self.observed()
        other = Host(self, agent, "alpha")
        other.sequential(5)
        agent.await_total(5, "lws_connections_closed_total", program="alpha", **{"class": "client"})
        self.clients(agent.ring, "--pid", host.program.pid)
        result = self.wsitrace("report", agent.ring)
        self.assertEqual(result.status, 2)
        self.assert_one_line(result.err, f"{host.program.pid} (http_host)", f"{other.program.pid} (alpha)", "--pid")
        self.assertEqual(self.wsitrace("report", agent.ring, "--pid", 1).status, 2)
        other.end(crash=False)
        self.clients(agent.rings, "--pid", host.program.pid)
        harness.until(lambda: "ended: exit" in self.wsitrace("report", agent.rings, "--pid", other.program.pid).out, "its end")
        host.end(crash=False)
        agent.stop()

    def test_agent_without_traces_is_named_as_the_one_to_ask(self):
        agent, host = self.observed(traces=False)
        url = "http://{}:{}/".format(*agent.address)
        for command in ("report", "check", "explain", "top"):
            for place in (agent.ring, agent.rings):
                with self.subTest(command=command, place=place):
                    result = self.wsitrace(command, place)
                    self.assertEqual(result.status, 2, result)
                    self.assert_one_line(result.err, f"pid {agent.program.pid}, {url}", f"curl {url}api/report")
        agent.get("/api/report")  # as it is told
        host.end(crash=False)
        agent.stop()

    def test_what_a_killed_agent_left_is_read_from_the_ring(self):
        agent, host = self.observed()
        agent.kill()
        host.sequential(11)
        host.end(crash=True)
        result = self.wsitrace("report", agent.ring, "--class", "client", "--format", "json")
        self.assertEqual(result.status, 0, result)
        self.assertGreaterEqual(len(json.loads(result.out)["connections"]), 11)
        gone = self.wsitrace("report", agent.rings)
        self.assertEqual(gone.status, 2)
        self.assert_one_line(gone.err, "no agent collects")

    def test_ring_of_a_living_launcher_says_who_has_it_all(self):
        launcher = self.traced(self.host())
        address = launcher.address()
        ring_line = re.compile(r"(/\S+\.ring)$", re.MULTILINE)
        with open(f"/proc/{launcher.pid}/maps", encoding="utf-8") as maps:
            ring = ring_line.search(maps.read())[1]
        self.assertTrue(address)
        harness.until(lambda: self.wsitrace("report", ring).status == 2, "the launcher to have drained it")
        self.assert_one_line(self.wsitrace("report", ring).err, f"process {launcher.pid} has collected")
        launcher.stop()

    def test_runbook_commands_work_as_they_are_written(self):
        agent, host = self.observed()
        self.clients(agent.ring)
        with open(RUNBOOK, encoding="utf-8") as file:
            told = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", file.read())]
        commands = {span for span in told if re.match(r"wsitrace (report|check|explain|top|diff) ", span)}
        self.assertGreater(len(commands), 9, commands)
        [trace] = agent.trace_files()
        filled = {"/run/wsitrace": agent.rings, "PID": str(host.program.pid), "VHOST": "app", "ID": "1", "FILE": trace, "BEFORE": trace,
                  "AFTER": trace}
        for command in sorted(commands):
            with self.subTest(command=command):
                result = self.wsitrace(*(filled.get(word, word) for word in command.split()[1:]))
                self.assertIn(result.status, (0, 3) if "check" in command else (0,), result)
                self.assertEqual(result.err, "", result)
                self.assertTrue(result.out)
        host.end(crash=False)
        agent.stop()


class TakingOver(AgentScenario):
    """What an agent finds in its directory: whose it is, and what it says of it."""

    def setUp(self):
        super().setUp()
        self.rings = os.path.join("/dev/shm", os.path.basename(self.directory))  # where launchers have theirs, so that it can be moved
        os.mkdir(self.rings, mode=0o700)
        self.addCleanup(shutil.rmtree, self.rings)

    def left_behind(self, *options):
        """The pid of a launcher that was killed, that of its program, which goes on, and the program's address."""
        launcher = self.traced([self.path("bin", "alpha"), "--files", self.files, *options])
        address = launcher.address()
        with open(f"/proc/{launcher.pid}/maps", encoding="utf-8") as maps:
            ring = re.search(r"(/\S+\.ring)$", maps.read(), re.MULTILINE)[1]
        child = harness.child_of(launcher.pid, "alpha")
        launcher.send_signal(signal.SIGKILL)
        launcher.process.wait()
        os.rename(ring, os.path.join(self.rings, "left.ring"))
        return launcher.pid, child, address

    def test_it_says_whose_ring_it_took_over(self):
        launcher, child, _ = self.left_behind()
        agent = Agent(self, rings=self.rings)
        agent.await_total(1, "wsitrace_agent_rings", fate="taken_over")
        os.kill(child, signal.SIGKILL)
        told = [line for line in agent.stop().err.splitlines() if "taken over" in line]
        self.assertEqual(told, [f"wsitrace: {self.rings}/left.ring: taken over: its owner (pid {launcher}) is gone, "
                                f"alpha (pid {child}) records into it"])

    def test_ring_of_another_users_program_is_left_alone_unless_it_is_asked_for(self):
        nobody = pwd.getpwnam("nobody").pw_uid
        _, child, address = self.left_behind("--user", nobody)
        harness.until(lambda: os.stat(f"/proc/{child}").st_uid == nobody, "alpha to become nobody")
        agent = Agent(self, rings=self.rings)
        agent.await_total(1, "wsitrace_agent_rings", fate="refused")
        self.assertIn(f"left.ring: alpha (pid {child}) of user {nobody} records into it", agent.stop().err)
        asked = Agent(self, "--all-users", rings=self.rings)
        workload.sequential(address, "/dyn", 13)
        asked.await_total(13, "lws_connections_closed_total", program="alpha", **{"class": "client"})
        os.kill(child, signal.SIGKILL)
        asked.stop()


if __name__ == "__main__":
    unittest.main()
