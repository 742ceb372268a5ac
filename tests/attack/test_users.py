# SPDX-License-Identifier: MIT
"""One agent for programs of several users, who trust neither it nor each other."""

import os
import pwd
import re
import shutil
import signal
import unittest

import harness
import test_known_workload
import workload
from agents import PRELOAD, Agent, AgentScenario

USERS = ("nobody", "daemon")


def as_user(name, *command):
    user = pwd.getpwnam(name)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs", *command]


class Users(AgentScenario):
    def setUp(self):
        super().setUp()
        self.assertEqual(os.getuid(), 0, "these tests have several users: run them as root")
        self.rings = self.path("rings")
        os.mkdir(self.rings)
        os.chmod(self.rings, 0o711)
        self.agent = self.start_agent()

    def start_agent(self):
        return Agent(self, *(option for name in USERS for option in ("--user", name)), rings=self.rings)

    def ring(self, user):
        return os.path.join(self.rings, user + ".ring")

    def host(self, user, *before, **environment):  # pylint: disable=arguments-differ,arguments-renamed
        return self.start([*before, self.path("bin", "http_host"), "--files", self.files],
                          env={**harness.RUNTIME, "LD_PRELOAD": PRELOAD, "WSITRACE_RING": self.ring(user), **environment})

    def host_of(self, user):
        return self.host(user, *as_user(user))

    def await_closed(self, agent, user, count):
        agent.await_total(count, "lws_connections_closed_total", program=f"http_host@{user}", **{"class": "client"})

    def test_each_is_recorded_and_known_by_its_user(self):
        for user, requests in zip(USERS, (7, 11)):
            program = self.host_of(user)
            workload.sequential(program.address(), "/dyn", requests)
            self.assertEqual(program.stop().status, 5)
            self.await_closed(self.agent, user, requests)
        self.agent.stop()
        names = sorted(os.path.basename(path) for path in self.agent.trace_files())
        self.assertEqual([re.sub(r"\.\d+-.*", "", name) for name in names], ["agent-http_host@daemon", "agent-http_host@nobody"])

    def test_none_can_read_or_write_what_another_records(self):
        for user, other in (USERS, USERS[::-1]):
            self.assertEqual((os.stat(self.ring(user)).st_uid, os.stat(self.ring(user)).st_mode & 0o777), (pwd.getpwnam(user).pw_uid, 0o600))
            for command in (f"cat '{self.ring(other)}'", f"echo >>'{self.ring(other)}'", f"ln -s / '{self.rings}/x'", f"rm -f '{self.ring(user)}'"):
                self.assertNotEqual(self.execute(as_user(user, "sh", "-c", command)).status, 0, command)

    def test_one_that_cuts_its_ring_off_harms_itself_only(self):
        victim, culprit = (self.host_of(user) for user in USERS)
        for program in (victim, culprit):
            workload.sequential(program.address(), "/dyn", 3)
        self.assertEqual(self.execute(as_user(USERS[1], "truncate", "-s", "0", self.ring(USERS[1]))).status, 0)
        workload.sequential(victim.address(), "/dyn", 23)
        self.await_closed(self.agent, USERS[0], 26)
        self.assertEqual(victim.stop().status, 5)
        self.agent.stop()

    def test_agent_that_comes_back_goes_on_with_the_rings_and_replaces_what_was_spoilt(self):
        program = self.host_of(USERS[0])
        workload.sequential(program.address(), "/dyn", 3)
        self.await_closed(self.agent, USERS[0], 3)
        self.agent.kill()
        os.chmod(self.ring(USERS[1]), 0o666)
        with open(self.path("elsewhere"), "w", encoding="ascii") as file:
            file.write("precious")
        workload.sequential(program.address(), "/dyn", 5)
        agent = self.start_agent()
        self.assertIn("others may write to it", agent.program.err)
        self.assertEqual(os.stat(self.ring(USERS[1])).st_mode & 0o777, 0o600)
        workload.sequential(program.address(), "/dyn", 11)
        harness.until(lambda: agent.total("lws_connections_closed_total", program=f"http_host@{USERS[0]}", **{"class": "client"}) >= 16,
                      "what was recorded without an agent and with the next one")
        agent.stop()

    def test_process_of_another_user_is_not_taken_for_one_of_this_user(self):
        program = self.host(USERS[0], WSITRACE_TRUST_RING="1")  # root's
        workload.sequential(program.address(), "/dyn", 3)
        harness.until(lambda: "which is another user's" in self.agent.program.err, "the agent to say so")
        self.assertEqual(self.agent.total("lws_connections_closed_total", program=f"http_host@{USERS[0]}"), 0)
        program.stop()

    def test_agent_that_has_nothing_but_the_right_to_give_files_away(self):
        self.agent.stop()
        own = self.path("own")
        os.mkdir(own)
        os.chmod(own, 0o711)
        games = pwd.getpwnam("games")
        os.chown(own, games.pw_uid, games.pw_gid)
        few = [f"--reuid={games.pw_uid}", f"--regid={games.pw_gid}", "--clear-groups", "--bounding-set=-all,+chown", "--inh-caps=-all,+chown",
               "--ambient-caps=-all,+chown"]
        agent = self.start(["setpriv", *few, harness.WSITRACE, "agent", "--dir", own, "--listen", "127.0.0.1:0", "--user", USERS[0]])
        harness.until(lambda: "serving" in agent.err or agent.process.poll(), "the agent to serve")
        self.rings = own
        program = self.host_of(USERS[0])
        workload.sequential(program.address(), "/dyn", 13)
        address = ("127.0.0.1", int(re.search(r"serving http://127\.0\.0\.1:(\d+)/", agent.err)[1]))

        def closed():
            metrics = test_known_workload.metrics_of(workload.fetch(address, "/metrics")[1].decode())
            return test_known_workload.total(metrics, "lws_connections_closed_total", program=f"http_host@{USERS[0]}", **{"class": "client"})
        harness.until(lambda: closed() == 13, "13 connections")
        self.assertEqual(program.stop().status, 5)
        self.assertEqual(agent.stop(signal.SIGTERM).status, 0)

    def test_traces_of_one_do_not_make_those_of_another_go(self):
        self.agent.stop()
        shutil.rmtree(self.agent.traces)
        agent = Agent(self, "--max-files", "2", *(option for name in USERS for option in ("--user", name)), rings=self.rings)
        for user in (USERS[0], *(USERS[1] for _ in range(5))):
            program = self.host_of(user)
            workload.sequential(program.address(), "/dyn", 1)
            program.stop()
        self.await_closed(agent, USERS[1], 5)
        agent.stop()
        kept = [re.search(r"@(\w+)", path)[1] for path in agent.trace_files()]
        self.assertEqual(sorted(kept), ["daemon", "daemon", "nobody"])


class Refused(harness.Scenario):
    def refuse(self, mode, word, *before):
        rings = self.path("rings")
        os.makedirs(rings, exist_ok=True)
        os.chmod(rings, mode)
        result = self.execute([*before, harness.WSITRACE, "agent", "--dir", rings, "--listen", "127.0.0.1:0", "--user", USERS[0]])
        self.assertEqual(result.status, 2, result)
        self.assertIn(word, result.err)
        self.assertEqual(os.listdir(rings), [])

    def test_directory_that_others_may_write_to(self):
        self.refuse(0o1777, "others may write to it")

    def test_directory_that_users_cannot_reach(self):
        self.refuse(0o700, "users cannot reach rings in it")

    def test_agent_that_may_not_give_files_away(self):
        self.refuse(0o711, "CAP_CHOWN", "setpriv", "--bounding-set=-chown")

    def test_user_that_there_is_not(self):
        result = self.execute([harness.WSITRACE, "agent", "--dir", self.directory, "--listen", "127.0.0.1:0", "--user", "no/such"])
        self.assertEqual(result.status, 2, result)
        self.assertIn("no such user: no/such", result.err)


if __name__ == "__main__":
    unittest.main()
