# SPDX-License-Identifier: MIT
"""Who may write to a ring file can cut it off. Nobody with more rights than that may be ended by it."""

import os
import pwd
import re
import signal
import unittest

import harness
import test_known_workload
import workload
from agents import PRELOAD, Agent, AgentScenario, Host

NOBODY = pwd.getpwnam("nobody")


def as_nobody(*command):
    return ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups", "--no-new-privs", *command]


def cut_off(path):
    """By who owns it."""
    os.truncate(path, 0)


class CutOff(AgentScenario):
    def setUp(self):
        super().setUp()
        self.assertEqual(os.getuid(), 0, "these tests have two users: run them as root")
        self.rings = self.path("rings")
        os.mkdir(self.rings, mode=0o700)
        os.chown(self.rings, NOBODY.pw_uid, NOBODY.pw_gid)

    def ring_of_nobody(self):
        """A ring of a lesser user's, for this user's programs."""
        agent = self.start(as_nobody(harness.WSITRACE, "agent", "--dir", self.rings, "--listen", "127.0.0.1:0"))
        ring = os.path.join(self.rings, "agent.ring")
        harness.until(lambda: "serving" in agent.err or agent.process.poll(), "the agent to serve")
        self.assertEqual(os.stat(ring).st_uid, NOBODY.pw_uid, agent.err)
        return agent, ring

    def host_into(self, ring, *before, **environment):
        return self.start([*before, *self.host()], env={**harness.RUNTIME, "LD_PRELOAD": PRELOAD, "WSITRACE_RING": ring, **environment})

    def test_program_of_root_does_not_record_into_it_and_lives(self):
        agent, ring = self.ring_of_nobody()
        program = self.host_into(ring)
        workload.sequential(program.address(), "/dyn", 3)
        cut_off(ring)
        workload.sequential(program.address(), "/dyn", 23)
        self.assertEqual(program.stop().status, 5)
        self.assertIsNone(agent.process.poll(), agent.err)

    def test_its_agent_says_why(self):
        agent, ring = self.ring_of_nobody()
        program = self.host_into(ring)
        workload.sequential(program.address(), "/dyn", 3)
        harness.until(lambda: "records nothing: the ring file belongs to another user" in agent.err, "the agent to say why")
        program.stop()

    def test_program_that_trusts_its_owner_records(self):
        agent, ring = self.ring_of_nobody()
        program = self.host_into(ring, WSITRACE_TRUST_RING="1")
        address = program.address()
        workload.sequential(address, "/dyn", 7)
        self.assertEqual(program.stop().status, 5)
        port = int(re.search(r"serving http://127\.0\.0\.1:(\d+)/", agent.err)[1])

        def closed():
            text = workload.fetch(("127.0.0.1", port), "/metrics")[1].decode()
            return test_known_workload.total(test_known_workload.metrics_of(text), "lws_connections_closed_total", **{"class": "client"}) == 7
        harness.until(closed, "the agent to count 7 connections")

    def test_ring_that_others_may_write_to_is_refused(self):
        agent = Agent(self, rings=self.path("own"))
        os.chmod(agent.ring, 0o666)
        program = self.host_into(agent.ring, WSITRACE_TRUST_RING="1")
        workload.sequential(program.address(), "/dyn", 3)
        cut_off(agent.ring)
        workload.sequential(program.address(), "/dyn", 3)
        self.assertEqual(program.stop().status, 5)
        agent.stop()

    def test_agent_of_root_that_took_it_over_lives(self):
        """--all-users; and it goes on with the rings of others."""
        first, ring = self.ring_of_nobody()
        program = self.host_into(ring, WSITRACE_TRUST_RING="1")
        workload.sequential(program.address(), "/dyn", 3)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        agent = Agent(self, "--all-users", "--ring", "other", rings=self.rings)
        agent.await_total(1, "wsitrace_agent_rings", fate="taken_over")
        workload.sequential(program.address(), "/dyn", 5)
        harness.until(lambda: agent.total("lws_connections_closed_total", program="http_host", **{"class": "client"}) >= 5,
                      "5 connections, beside those that the first agent did not get to")
        program.send_signal(signal.SIGKILL)  # what becomes of it is its own affair
        cut_off(ring)
        host = Host(self, agent, name="alpha", ring="other")
        host.sequential(11)
        agent.await_total(11, "lws_connections_closed_total", program="alpha", **{"class": "client"})
        host.end(crash=False)
        agent.stop()

    def test_launcher_and_agent_outlive_what_their_own_user_does(self):
        agent = Agent(self, rings=self.path("own"))
        cut_off(agent.ring)
        harness.turned(agent.program.pid)
        self.assertIn("wsitrace_agent_rings", agent.get("/metrics"))
        agent.stop()


if __name__ == "__main__":
    unittest.main()
