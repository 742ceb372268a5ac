# SPDX-License-Identifier: MIT
"""A pid says who somebody is for as long as he lives, and in one pid namespace."""

import os
import re
import signal
import unittest

import harness
import workload
from agents import Agent, AgentScenario

# Runs in a pid namespace of its own: an orphan ends and is reaped by wsitrace, then a server gets its number.
REUSE = r"""
import os, sys, time
reader, writer = os.pipe()
if os.fork() == 0:
    os.close(reader)
    if os.fork() == 0:
        while os.getppid() == int(sys.argv[1]):
            time.sleep(0.001)
        os.write(writer, str(os.getpid()).encode())
    os._exit(0)
os.close(writer)
os.wait()
pid = int(os.read(reader, 20))
os.read(reader, 1)
while os.path.exists(f"/proc/{pid}"):
    time.sleep(0.001)
time.sleep(0.2)
for _ in range(1000):
    with open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write(str(pid - 1))
    child = os.fork()
    if child == 0:
        if os.getpid() != pid:
            os._exit(99)
        os.execv(sys.argv[2], sys.argv[2:])
    if child == pid:
        break
    os.waitpid(child, 0)
else:
    sys.exit("the number was not given out again")
print("reused", pid, flush=True)
import signal
signal.signal(signal.SIGINT, lambda *_: os.kill(pid, signal.SIGINT))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def in_pid_namespace(*command):
    """For root. What is started is the second process of the namespace: the first hands signals on to nobody."""
    return ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--", *command]


class GivenOutAgain(harness.Scenario):
    def setUp(self):
        super().setUp()
        self.assertEqual(os.getuid(), 0, "these tests make pid namespaces: run them as root")

    def test_end_of_another_process_is_not_taken_for_its_own(self):
        script = self.path("reuse.py")
        with open(script, "w", encoding="ascii") as file:
            file.write(REUSE)
        launcher = self.start(in_pid_namespace(harness.WSITRACE, "run", "-o", self.path("out.wsitrace"), "--", "sh", "-c",
                                               f"exec python3 '{script}' $$ \"$@\"", "sh", *self.host()))
        address = launcher.address()
        harness.until(lambda: "reused" in launcher.out, "the pid to be given out again")
        workload.sequential(address, "/dyn", 53)
        [server] = [pid for pid in self.descendants(launcher.pid) if self.name_of(pid) == "http_host"]
        os.kill(server, signal.SIGINT)
        result = launcher.wait()
        self.assertEqual(result.status, 5, result)
        trace = self.report()
        self.assert_settled(trace)
        self.assertEqual(len(trace.transactions()), 53)

    @staticmethod
    def name_of(pid):
        with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
            return comm.read().strip()

    def descendants(self, pid):
        found = []
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                for child in children.read().split():
                    found += [int(child), *self.descendants(int(child))]
        return found


class Namespaces(AgentScenario):
    """An agent, and a launcher in another pid namespace whose ring lies in the agent's directory."""

    def test_ring_of_a_launcher_that_lives_there_is_left_alone(self):
        self.assertEqual(os.getuid(), 0, "these tests make pid namespaces: run them as root")
        script = 'echo "$1" >/proc/sys/kernel/ns_last_pid; shift; "$@"; exit "$?"'
        launcher = self.start(in_pid_namespace("sh", "-c", script, "sh", self.unused_pid() - 1, harness.WSITRACE, "run", "-o",
                                               self.path("out.wsitrace"), "--", *self.host()))
        address = launcher.address()
        workload.sequential(address, "/dyn", 5)
        inner = harness.child_of(harness.child_of(launcher.pid, "sh"), "wsitrace")
        with open(f"/proc/{inner}/maps", encoding="utf-8") as maps:
            ring = re.search(r"(/\S+\.ring)$", maps.read(), re.MULTILINE)[1]
        self.addCleanup(lambda: os.path.exists(ring) and os.unlink(ring))
        rings = os.path.join("/dev/shm", os.path.basename(self.directory))
        os.mkdir(rings, mode=0o700)
        self.addCleanup(self.remove, rings)
        os.link(ring, os.path.join(rings, "theirs.ring"))
        agent = Agent(self, rings=rings)
        harness.until(lambda: agent.total("wsitrace_agent_rings", fate="left_to_owner") == 1 or "taken over" in agent.program.err,
                      "the agent to look at the ring")
        workload.sequential(address, "/dyn", 101)
        self.assertNotIn("taken over", agent.program.err)
        os.kill(harness.child_of(inner, "http_host"), signal.SIGINT)
        self.assertEqual(launcher.wait().status, 5)
        trace = self.report()
        self.assert_settled(trace)
        self.assertEqual(len(trace.transactions()), 106)
        agent.stop()

    @staticmethod
    def unused_pid():
        """A number that is nobody's out here."""
        with open("/proc/sys/kernel/pid_max", encoding="ascii") as most:
            return next(pid for pid in range(int(most.read()) - 100, 0, -1) if not os.path.exists(f"/proc/{pid}"))

    @staticmethod
    def remove(directory):
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))
        os.rmdir(directory)


if __name__ == "__main__":
    unittest.main()
