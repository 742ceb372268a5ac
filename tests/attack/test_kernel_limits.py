# SPDX-License-Identifier: MIT
"""Limits and filters that the kernel enforces with a signal: what a program survives without wsitrace, it survives with it."""

import os
import re
import signal
import unittest

import harness
import workload
from agents import Agent


FEW_BYTES = 4096  # for what a host prints into a file: less than a trace needs


def limited(size, command):
    """COMMAND, which may make no file of more bytes than that."""
    return ["prlimit", f"--fsize={size}", *command]


class FileSize(harness.Scenario):
    """RLIMIT_FSIZE: a write beyond it ends whoever has not provided for SIGXFSZ."""

    def assert_says(self, result, *words):
        lines = [line for line in result.err.splitlines() if "File too large" in line]
        self.assertTrue(lines, result)
        for word in words:
            self.assertIn(word, lines[0])

    def test_run_runs_the_program_untraced(self):
        for size in (FEW_BYTES, 23 << 20):
            with self.subTest(size=size):
                result = self.execute(limited(size, [harness.WSITRACE, "run", "--", "true"]))
                self.assertEqual(result.status, 0, result)
                self.assert_says(result, "nothing will be recorded", "ulimit -f")

    def test_server_under_run_serves(self):
        program = self.start(limited(FEW_BYTES, [harness.WSITRACE, "run", "-o", self.path("out.wsitrace"), "--", *self.host()]))
        self.assertEqual(workload.fetch(program.address(), "/dyn")[0], 200)
        result = program.stop()
        self.assertEqual(result.status, 5, result)
        self.assert_says(result)

    def test_run_leaves_the_signal_to_the_program(self):
        """SIGXFSZ is the program's: it must meet it as without wsitrace."""
        write = ["sh", "-c", f"head -c 9000 /dev/zero >'{self.path('big')}'"]
        bare = self.execute(limited(4096, write))
        self.assertEqual(bare.status, 128 + signal.SIGXFSZ, bare)
        self.assertEqual(self.execute(limited(4096, [harness.WSITRACE, "run", "--", *write])).status, bare.status)

    def test_trace_that_grows_to_the_limit_is_cut_off(self):
        program = self.traced(["prlimit", f"--fsize={1 << 30}", *self.host()])
        address = program.address()
        self.execute(["prlimit", "--pid", str(program.pid), "--fsize=7000"])
        workload.sequential(address, "/dyn", 101)
        result = program.stop()
        self.assertEqual(result.status, 5, result)
        self.assert_says(result, "out.wsitrace")
        self.assertLessEqual(os.path.getsize(self.path("out.wsitrace")), 7000)

    def test_agent_refuses_to_start(self):
        os.mkdir(self.path("rings"), mode=0o700)
        result = self.execute(limited(100 << 10, [harness.WSITRACE, "agent", "--dir", self.path("rings"), "--listen", "127.0.0.1:0"]))
        self.assertEqual(result.status, 2, result)
        self.assert_says(result, "ulimit -f")
        self.assertEqual(os.listdir(self.path("rings")), [])

    def test_program_without_a_ring_leaves_no_notice_in_one(self):
        """The preload library writes why it cannot map a ring into the ring, behind its first bytes."""
        agent = Agent(self)
        program = self.start(limited(64, [harness.host_path("deny"), "shared-mmap", *self.host()]), env=agent.environment())
        self.assertEqual(workload.fetch(program.address(), "/dyn")[0], 200)
        program.send_signal(signal.SIGKILL)  # its last lines are more than it may print
        agent.stop()

    def test_program_with_wsitrace_in_it_serves(self):
        """Plugin and library make rings and traces in the program's own process."""
        commands = [(self.host("http_host", "--plugin", harness.plugin_dir(lws), self.path(f"{lws}.wsitrace"), lws=lws), lws)
                    for lws in harness.LWS]
        commands.append(([*self.host("link_host"), self.path("link.wsitrace")], "library"))
        for command, name in commands:
            with self.subTest(name):
                program = self.start(limited(FEW_BYTES, command), env=harness.RUNTIME)
                self.assertEqual(workload.fetch(program.address(), "/dyn")[0], 200)
                self.assertEqual(program.stop().status, 5)


class Seccomp(harness.Scenario):
    """A filter that ends the program when it calls what debuggers call."""

    def test_program_lives_and_is_recorded(self):
        for lws in ("", *harness.LWS):
            with self.subTest(lws=lws or "system"):
                program = self.traced([harness.host_path("deny"), "debug", *self.host(lws=lws)])
                workload.known(program.address(), one_by_one=11)
                self.assertEqual(program.stop().status, 5)
                self.assert_known_workload(self.report(), 11)

    def test_plugin_lives_and_is_recorded(self):
        for lws in harness.LWS:
            with self.subTest(lws=lws):
                command = self.host("http_host", "--plugin", harness.plugin_dir(lws), self.path("out.wsitrace"), lws=lws)
                program = self.start([harness.host_path("deny"), "debug", *command], env=harness.RUNTIME)
                workload.known(program.address(), one_by_one=11)
                self.assertEqual(program.stop().status, 5)
                self.assert_known_workload(self.report(), 11)


class LockedMemory(harness.Scenario):
    """mlockall(2) makes every page that may be accessed a real one."""

    MAX_MIB = 16  # of a ring file of 145 MiB: what one process with one thread has, and what is ready for others

    def assert_little_is_shared(self, pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            fields = dict(re.findall(r"^(\w+):\s+(\d+) kB$", status.read(), re.MULTILINE))
        self.assertGreater(int(fields["VmLck"]), 0)
        self.assertLess(int(fields["RssShmem"]), self.MAX_MIB * 1024)

    def ring_mib(self, pid):
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            path = re.search(r"(/\S+\.ring)$", maps.read(), re.MULTILINE)[1]
        return os.stat(path).st_blocks * 512 / (1 << 20)

    def test_program_does_not_fill_the_ring_file(self):
        program = self.traced(self.host("http_host", "--lock-memory"))
        workload.known(program.address(), one_by_one=11)
        self.assert_little_is_shared(harness.child_of(program.pid, "http_host"))
        self.assertLess(self.ring_mib(program.pid), self.MAX_MIB)
        self.assertEqual(program.stop().status, 5)
        self.assert_known_workload(self.report(), 11)

    def test_plugin_and_library_lock_what_they_use(self):
        plugins = [(f"plugin {lws}", self.host("http_host", "--lock-memory", "--plugin", harness.plugin_dir(lws), self.path("out.wsitrace"),
                                               lws=lws)) for lws in harness.LWS]
        for name, command in [*plugins, ("library", [*self.host("link_host", "--lock-memory"), self.path("out.wsitrace")])]:
            with self.subTest(name):
                program = self.start(command, env=harness.RUNTIME)
                workload.known(program.address(), one_by_one=11)
                self.assert_little_is_shared(program.pid)
                self.assertEqual(program.stop().status, 5)
                self.assert_known_workload(self.report(), 11)


if __name__ == "__main__":
    unittest.main()
