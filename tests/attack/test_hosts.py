# SPDX-License-Identifier: MIT
"""Hosts that live under unusual conditions, or do what few do: with wsitrace they print, end and have open what they do without."""

import os
import pwd
import re
import shutil
import struct
import unittest

import harness
import workload
from test_harmless import without_ports

NOBODY = pwd.getpwnam("nobody")
ONE_BY_ONE = 23


class Compared(harness.Scenario):
    """Each row with the system's libwebsockets, 4.1.6 and 4.3.5, without and with preload."""

    def drive(self, program, name):
        address = program.address()
        workload.known(address, one_by_one=ONE_BY_ONE)
        pid = harness.child_of(program.pid, name) if harness.WSITRACE in program.arguments else program.pid
        for thread in os.listdir(f"/proc/{pid}/task"):
            harness.at_rest(thread)
        files = harness.open_files(pid)
        result = program.stop()
        return result.status, without_ports(result.out), result.err, files

    def check(self, *before, name="http_host", way=(), env=None, recorded=True):
        """The same without and with wsitrace, and, if RECORDED, all of it is."""
        for lws in ("", *harness.LWS):
            with self.subTest(lws=lws or "system"):
                command = [*before, *self.host(name, "--counts", *way, lws=lws)]
                untraced = self.drive(self.start(command, env=env), name)
                traced = self.drive(self.traced(command, env=env), name)
                self.assertEqual(untraced[0], 5, untraced)
                self.assertEqual(traced, untraced)
                if recorded:
                    trace = self.report()
                    self.assert_settled(trace)
                    self.assert_known_workload(trace, ONE_BY_ONE)

    def harsh(self, way):
        self.check(name="harsh_host", way=(way,))


class Matrix(Compared):
    def test_descriptors_closed_at_the_start(self):
        self.harsh("closefrom")

    def test_vfork(self):
        self.harsh("vfork")

    def beside(self):
        return os.path.join(harness.HOSTS, "beside.so")

    def test_another_library_was_loaded_first(self):
        self.check(env={"LD_PRELOAD": self.beside()})

    def test_auditor(self):
        self.check(env={"LD_AUDIT": self.beside()})

    def test_each_limit_by_itself(self):
        """Those of address space, file size and descriptors have tests of their own."""
        for limit in ("core=0", "cpu=60", "data=67108864", "memlock=0", "msgqueue=0", "nice=0", "rtprio=0", "rttime=1000000", "sigpending=0",
                      "stack=131072", "locks=0", "rss=1"):
            with self.subTest(limit=limit):
                self.check("prlimit", f"--{limit}")

    def test_filter_that_refuses_what_is_for_debuggers_or_logs_it(self):
        for how in ("peek", "log"):
            with self.subTest(how=how):
                self.check(harness.host_path("deny"), how)


class SmallStack(Compared):
    """A thread with a stack of 16 KiB, of which lws itself and OpenSSL leave little."""

    def test_it_serves(self):
        self.harsh("small-stack")


class MoreRights(harness.Scenario):
    """What the dynamic linker loads nothing into: the program runs as ever, and is told of."""

    def setUp(self):
        super().setUp()
        self.assertEqual(os.getuid(), 0, "these tests have two users: run them as root")
        self.program = self.path("more_rights")
        shutil.copy(harness.host_path("http_host"), self.program)
        self.shared = self.path("shared")
        os.mkdir(self.shared)
        os.chown(self.shared, NOBODY.pw_uid, NOBODY.pw_gid)

    def check(self):
        as_nobody = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups"]
        program = self.start([*as_nobody, harness.WSITRACE, "run", "-o", os.path.join(self.shared, "out.wsitrace"), "--", self.program, "--files",
                              self.files])
        workload.sequential(program.address(), "/dyn", 3)
        result = program.stop()
        self.assertEqual(result.status, 5, result)
        self.assertRegex(result.err, r"more_rights.*(nothing recorded|more rights)")
        self.assertEqual(len(re.findall("^wsitrace: ", result.err, re.MULTILINE)), 1, result)

    def test_setuid(self):
        os.chmod(self.program, 0o4755)
        self.check()

    def test_file_capabilities(self):
        revision, effective, net_bind_service = 0x02000000, 1, 1 << 10  # <linux/capability.h>
        os.setxattr(self.program, "security.capability", struct.pack("<5I", revision | effective, net_bind_service, 0, 0, 0))
        self.check()


if __name__ == "__main__":
    unittest.main()
