# SPDX-License-Identifier: MIT
"""What somebody else left where wsitrace makes a file: links that lead elsewhere, files that are his."""

import os
import pwd
import signal
import threading
import time
import unittest

import harness
import workload
from agents import Agent, AgentScenario, Host

NOBODY = pwd.getpwnam("nobody")


class Traces(harness.Scenario):
    def setUp(self):
        super().setUp()
        self.assertEqual(os.getuid(), 0, "these tests have two users: run them as root")
        self.shared, self.elsewhere = self.path("shared"), self.path("elsewhere")
        for directory in (self.shared, self.elsewhere):
            os.mkdir(directory)
            os.chmod(directory, 0o777)

    def give_away(self, path):
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid, follow_symlinks=False)
        return path

    def link(self, name, target, stranger=True):
        path = os.path.join(self.shared, name)
        os.symlink(target, path)
        return self.give_away(path) if stranger else path

    def run_to(self, output, **options):
        program = self.start([harness.WSITRACE, "run", "-o", output, "--", harness.host_path("cycles_host"), "3", "1"], **options)
        return program.wait()

    def test_link_of_a_stranger_is_refused_whether_it_leads_somewhere_or_not(self):
        precious = os.path.join(self.elsewhere, "precious")
        with open(precious, "w", encoding="ascii") as file:
            file.write("precious")
        for name, target in (("dangling", os.path.join(self.elsewhere, "created-by-root")), ("leads", precious)):
            result = self.run_to(self.link(name, target))
            self.assertEqual(result.status, 2, result)
            self.assertIn("a symbolic link of another user", result.err)
            self.assertEqual(result.out, "", "the program ran")
        self.assertEqual(os.listdir(self.elsewhere), ["precious"])
        with open(precious, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")

    def test_file_of_a_stranger_is_refused(self):
        path = os.path.join(self.shared, "theirs")
        with open(path, "w", encoding="ascii") as file:
            file.write("theirs")
        os.chmod(self.give_away(path), 0o666)
        result = self.run_to(path)
        self.assertEqual(result.status, 2, result)
        self.assertIn("belongs to another user", result.err)
        self.assertEqual(os.path.getsize(path), 6)

    def test_file_of_ours_that_a_stranger_gave_another_name_is_refused(self):
        precious = os.path.join(self.elsewhere, "precious")
        with open(precious, "w", encoding="ascii") as file:
            file.write("precious")
        os.link(precious, os.path.join(self.shared, "innocent"))
        result = self.run_to(os.path.join(self.shared, "innocent"))
        self.assertEqual(result.status, 2, result)
        self.assertEqual(os.path.getsize(precious), 8)

    def test_report_does_not_follow_it_either(self):
        target = os.path.join(self.elsewhere, "created-by-root")
        result = self.start([harness.WSITRACE, "run", "-o", self.path("out.wsitrace"), "--format", "json=" + self.link("json", target), "--",
                             harness.host_path("cycles_host"), "3", "1"]).wait()
        self.assertEqual(result.status, 2, result)
        self.assertEqual(os.listdir(self.elsewhere), [])

    def test_name_that_run_chose_avoids_a_dangling_link(self):
        """PROGRAM.PID.wsitrace: the next number is easy to guess."""
        for pid in range(2, 200):
            self.link(f"cycles_host.{pid}.wsitrace", "../elsewhere/created")
        program = self.start(["unshare", "--pid", "--fork", "--mount-proc", "--", harness.WSITRACE, "run", "--",
                              harness.host_path("cycles_host"), "3", "1"], directory=self.shared)
        self.assertEqual(program.wait().status, 0, program.err)
        self.assertEqual(os.listdir(self.elsewhere), [])
        self.assertEqual(len([name for name in os.listdir(self.shared) if name.endswith("-2.wsitrace")]), 1)

    def test_own_links_and_own_files_are_used(self):
        own = os.path.join(self.elsewhere, "own")
        for _ in range(2):  # made, then overwritten
            link = self.link(f"link-{_}", "../elsewhere/own", stranger=False)
            self.assertEqual(self.run_to(link).status, 0)
            self.assertEqual(self.wsitrace("report", own).status, 0)

    def test_standard_output_is_used(self):
        for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            result = self.execute(["sh", "-c", f"'{harness.WSITRACE}' run -o {name} -- '{harness.host_path('cycles_host')}' 3 1 >/dev/null"])
            self.assertEqual((result.status, result.err), (0, ""), name)
        self.assertEqual(self.execute([harness.WSITRACE, "run", "-o", "/dev/null", "--", "true"]).status, 0)


class Agents(AgentScenario):
    def test_agent_avoids_links_in_its_directory_of_traces(self):
        elsewhere, traces = self.path("elsewhere"), self.path("traces")
        for directory in (elsewhere, traces):
            os.mkdir(directory)
            os.chmod(directory, 0o777)
        agent = Agent(self)
        host = Host(self, agent, name="alpha")
        stopping = threading.Event()
        pid = host.program.pid

        def lay_links():
            """For each millisecond of the seconds to come, as nobody could."""
            at = int(time.time() * 1000)
            while not stopping.is_set():
                now = int(time.time() * 1000)
                for ms in range(max(at, now), now + 300):
                    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03}Z"
                    try:
                        os.symlink(os.path.join(elsewhere, "created-by-root"), os.path.join(traces, f"agent-alpha.{pid}-{stamp}.wsitrace"))
                    except FileExistsError:
                        pass
                at = now + 300
        thread = threading.Thread(target=lay_links)
        thread.start()
        try:
            harness.until(lambda: len(os.listdir(traces)) > 300, "links for the next moments")
            host.sequential(3)
            agent.await_total(3, "lws_connections_closed_total", program="alpha", **{"class": "client"})
            harness.until(lambda: [name for name in os.listdir(traces) if os.path.isfile(os.path.join(traces, name))] or os.listdir(elsewhere),
                          "a trace")
        finally:
            stopping.set()
            thread.join()
        self.assertEqual(os.listdir(elsewhere), [])
        host.end(crash=False)
        agent.stop(signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
