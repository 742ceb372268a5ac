# SPDX-License-Identifier: MIT
"""How `wsitrace run` gets into programs of all kinds, what it passes on, and what it says when there is nothing to see."""

import os
import re
import shutil
import signal
import sys
import unittest

import harness
import workload


class NothingToSee(harness.Scenario):
    """Programs that a preload library cannot observe say so, and run as ever."""

    def test_program_without_lws_is_told_apart(self):
        result = self.traced([harness.host_path("no_lws")]).wait()
        self.assertEqual((result.status, result.out), (7, "no websockets here\n"))
        self.assert_one_line(result.err, "no_lws", "libwebsockets")

    def test_statically_linked_lws_is_told_apart(self):
        program = self.traced(self.host("static_host"))
        workload.known(program.address(), one_by_one=11)
        result = program.stop()
        self.assertEqual(result.status, 5)
        self.assert_one_line(result.err, "static_host", "static")

    def check_is_inconclusive(self, trace, *words):
        result = self.wsitrace("check", self.path(trace))
        self.assertEqual(result.status, 3, result)
        for word in words:
            self.assertIn(word, result.out)

    def test_statically_linked_lws_whose_loop_brings_a_shared_one_is_told_apart(self):
        """The loop's plugin calls the shared library about connections of the static one: that is no observation."""
        program = self.traced([*self.host("static_host"), "--loop", "uv-alone"], "--check")
        workload.known(program.address(), one_by_one=11)
        os.kill(harness.child_of(program.pid, "static_host"), signal.SIGINT)
        result = program.wait()
        self.assertEqual(result.status, 5)
        [line] = [line for line in result.err.splitlines() if line.startswith("wsitrace: ")]
        self.assert_one_line(line, "static_host", "nothing recorded", "linked statically", "wsitrace/wsitrace.h")
        self.assertEqual(self.report().connections, [])
        self.check_is_inconclusive("out.wsitrace", "linked statically")

    def test_program_with_an_lws_of_its_own_beside_an_observed_one_is_told(self):
        module = harness.host_path("server_module.so")
        program = self.traced([harness.host_path("both_host"), module, "--files", self.files], "--check")
        for life in range(2):
            workload.known(program.address("port", life), one_by_one=11 if life == 0 else 23)
            os.kill(harness.child_of(program.pid, "both_host"), signal.SIGINT)
        result = program.wait()
        self.assertEqual(result.status, 3, result)
        [line] = [line for line in result.err.splitlines() if line.startswith("wsitrace: ")]
        self.assert_one_line(line, "both_host", "PID", "linked statically", "wsitrace/wsitrace.h")
        self.assert_known_workload(self.report(), 23)
        self.check_is_inconclusive("out.wsitrace", "linked statically")

    def test_program_that_cannot_be_found_is_127(self):
        result = self.traced(["/nowhere/to/be/found"]).wait()
        self.assertEqual((result.status, result.out), (127, ""))
        self.assert_one_line(result.err, "/nowhere/to/be/found")

    def test_program_that_cannot_be_executed_is_126(self):
        result = self.traced([os.path.join(self.files, "index.html")]).wait()
        self.assertEqual((result.status, result.out), (126, ""))
        self.assert_one_line(result.err, "index.html")

    def test_no_program_is_a_usage_error(self):
        result = self.wsitrace("run")
        self.assertEqual(result.status, 2)
        self.assertTrue(result.err)


# Starts the program that its arguments name twice: as it is, and when that listens, with an environment of its own.
TWICE = """
import signal, subprocess, sys
first = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
print(first.stdout.readline(), end="", flush=True)
second = subprocess.Popen(sys.argv[1:], env={})
def end(number, frame):
    for each in (first, second): each.send_signal(signal.SIGINT)
signal.signal(signal.SIGINT, end)
first.stdout.read()
sys.exit(first.wait() - second.wait())
"""


class Told(harness.Scenario):
    def our_lines(self, result):
        return [line for line in result.err.splitlines() if line.startswith("wsitrace: ")]


class Unobserved(Told):
    """Processes that use libwebsockets where the preload library does not get: that others were observed is no answer for them."""

    def test_child_with_an_environment_of_its_own_is_told(self):
        program = self.traced([sys.executable, "-c", TWICE, *self.host()], "--check")
        workload.known(program.address("port", 0), one_by_one=23)
        workload.known(program.address("port", 1), one_by_one=11)
        harness.until(lambda: "environment of its own" in program.err, "the launcher to look at the child")
        os.kill(harness.child_of(program.pid, os.path.basename(sys.executable)), signal.SIGINT)
        result = program.wait()
        self.assertEqual(result.status, 3, result)
        [line] = self.our_lines(result)
        self.assert_one_line(line, "http_host (PID ", "environment of its own", "LD_PRELOAD")
        [doubt] = [line for line in result.err.splitlines() if line.startswith("doubt: ")]
        self.assertIn("http_host (PID ", doubt)
        self.assertIn("environment of its own", doubt)
        self.assert_known_workload(self.report(), 23)

    def test_program_with_an_environment_of_its_own_is_told(self):
        program = self.traced(["env", "-i", *self.host()])
        workload.known(program.address(), one_by_one=11)
        harness.until(lambda: program.err, "the launcher to look at the program")
        result = program.stop()
        self.assertEqual(result.status, 5)
        self.assert_one_line(result.err, "http_host (PID ", "nothing recorded", "environment of its own")

    def test_workers_of_a_pre_forking_daemon_are_judged_and_the_others_do_not_matter(self):
        program = self.traced(self.host("prefork_host"), "--check", "-v")
        workload.known(program.address(), one_by_one=23)
        result = program.stop()
        self.assertEqual(result.status, 0, result)
        self.assertIn("no leaks: ", result.err)
        trace = self.report()
        self.assertEqual((trace.process["program"], trace.process["ended"]), ("prefork_host", "exit"))
        self.assert_known_workload(trace, 23)


class AnotherRoot(Told):
    """The same, where the program has a root directory of its own; not under sanitizers, which want /proc there."""

    def root_directory(self):
        """A directory with a host and what it needs, to be its root."""
        root = self.path("root")
        os.mkdir(root)
        [host, *_] = self.host(files=False)
        needed = re.findall(r"(/\S+) \(0x", harness.subprocess.run(["ldd", host], capture_output=True, text=True, check=True).stdout)
        for path in [host, *needed]:
            inside = root + (path if path != host else "/host")
            os.makedirs(os.path.dirname(inside), exist_ok=True)
            shutil.copy(path, inside)
        os.mkdir(os.path.join(root, "dev"))
        with open(os.path.join(root, "dev", "urandom"), "wb") as numbers:
            numbers.write(os.urandom(65536))
        return root

    def test_program_in_another_root_directory_is_told_and_told_how_to_mend_it(self):
        root = self.root_directory()
        program = self.traced(["chroot", root, "/host"])
        workload.known(program.address(), "/dyn", one_by_one=11)
        harness.until(lambda: self.our_lines(program), "the launcher to look at the program")
        result = program.stop()
        self.assertEqual(result.status, 5)
        [line] = self.our_lines(result)
        library = os.path.join(harness.BUILD, "lib", "libwsitrace_preload.so")
        self.assert_one_line(line, "host (PID ", "nothing recorded", root, library, "mount --bind", "/dev/shm/")
        # What the line says, done.
        os.makedirs(root + os.path.dirname(library))
        shutil.copy(library, root + library)
        rings = os.path.dirname(re.search(r"/dev/shm/\S+", line).group(0) + "/x")
        mount = f"mkdir -p {root}{rings} && mount --bind {rings} {root}{rings} && exec \"$@\""
        program = self.start(["unshare", "-m", "sh", "-c", mount, "sh", harness.WSITRACE, "run", "-o", self.path("inside.wsitrace"), "--",
                              "chroot", root, "/host"])
        workload.known(program.address(), "/dyn", one_by_one=11)
        self.assertEqual(program.stop().status, 5)
        self.assert_known_workload(self.report("inside.wsitrace"), 11)


class Passing(harness.Scenario):
    """The launcher passes on what is not its own."""

    def test_status_of_the_program(self):
        result = self.traced(["/bin/sh", "-c", "exit 23"]).wait()
        self.assertEqual(result.status, 23)

    def test_signal_of_the_program_is_128_and_its_number(self):
        program = self.traced(self.host())
        program.address()
        os.kill(harness.child_of(program.pid, "http_host"), signal.SIGKILL)
        result = program.wait()
        self.assertEqual(result.status, 128 + signal.SIGKILL)
        self.assertEqual(self.report().process["ended"], "signal")

    def test_sigterm_to_the_launcher_reaches_the_program(self):
        program = self.traced(self.host())
        program.address()
        self.assertEqual(program.stop(signal.SIGTERM).status, 5)

    def test_standard_input_and_output(self):
        reader, writer = os.pipe()
        os.write(writer, b"through\n")
        os.close(writer)
        launcher = harness.subprocess.run(
            [harness.WSITRACE, "run", "-o", self.path("cat.wsitrace"), "--", "cat"], stdin=reader,
            capture_output=True, cwd=self.directory, timeout=harness.PATIENCE_S, check=False)
        os.close(reader)
        self.assertEqual((launcher.returncode, launcher.stdout), (0, b"through\n"))

    def test_default_name_of_the_trace_has_program_and_pid(self):
        program = self.start([harness.WSITRACE, "run", "--", *self.host()])
        program.address()
        pid = harness.child_of(program.pid, "http_host")
        program.stop()
        self.assertEqual(self.traces(), [f"http_host.{pid}.wsitrace"])
        self.assertEqual(self.report(self.traces()[0]).process["pid"], pid)

    def test_host_inherits_no_descriptor_of_the_launcher(self):
        traced, untraced = self.traced(self.host()), self.start(self.host())
        traced.address(), untraced.address()
        pid = harness.child_of(traced.pid, "http_host")
        self.assertEqual(harness.open_files(pid), harness.open_files(untraced.pid))
        self.assertEqual((traced.stop().status, untraced.stop().status), (5, 5))

    def test_ring_is_removed_when_all_is_drained(self):
        program = self.traced(self.host())
        program.address()
        launcher = program.pid
        program.stop()
        self.assertEqual(rings_of(launcher), [])


def rings_of(launcher_pid):
    """Ring files that a launcher has left, wherever they may lie."""
    found = []
    for base in ("/dev/shm", os.environ.get("TMPDIR", "/tmp"), "/tmp"):
        directory = os.path.join(base, f"wsitrace-{os.getuid()}")
        if os.path.isdir(directory):
            found += [os.path.join(directory, n) for n in os.listdir(directory) if n.endswith(f".{launcher_pid}.ring")]
    return sorted(set(found))


class Processes(harness.Scenario):
    """More than one process, program image or library image."""

    def others(self):
        return [name for name in self.traces() if name != "out.wsitrace"]

    def test_program_behind_a_shell_is_seen(self):
        program = self.traced(["/bin/sh", "-c", '"$@"; exit $?', "sh", *self.host()])
        workload.keep_alive(program.address(), requests=5, connections=1)
        os.kill(harness.child_of(harness.child_of(program.pid, "sh"), "http_host"), signal.SIGINT)
        self.assertEqual(program.wait().status, 5)
        traces = [self.report(name) for name in self.traces()]
        [trace] = [t for t in traces if t.process["program"] == "http_host"]
        self.assert_settled(trace)
        self.assertEqual(len(trace.transactions()), 5)

    def test_child_with_a_context_of_its_own_has_a_trace_of_its_own(self):
        program = self.traced(self.host("fork_host"))
        parent, child = program.address(), program.address("child port")
        workload.known(parent, one_by_one=101)
        workload.known(child, "/dyn", one_by_one=23)
        [child_pid] = program.values("child pid")
        self.assertEqual(program.stop().status, 0)
        self.assertEqual(self.others(), [f"out.{child_pid}.wsitrace"])
        of_parent, of_child = self.report(), self.report(self.others()[0])
        self.assertEqual(of_child.process["pid"], child_pid)
        self.assert_settled(of_parent)
        self.assertEqual(of_child.loss["lost"], 0)
        self.assert_known_workload(of_parent, 101)
        self.assert_known_workload(of_child, 23)

    def test_child_that_serves_an_inherited_context_has_the_connections_in_its_trace(self):
        program = self.traced(self.host("fork_host") + ["inherit"])
        workload.known(program.address(), one_by_one=101)
        [child_pid] = program.values("child pid")
        self.assertEqual(program.stop().status, 0)
        traces = {t.process["pid"]: t for t in map(self.report, self.traces())}
        of_child = traces.pop(child_pid)
        self.assert_settled(of_child)
        self.assert_known_workload(of_child, 101)
        self.assertEqual(len(of_child.of_class("listener")), 1)
        [of_parent] = traces.values()
        self.assertEqual((len(of_parent.of_class("client")), of_parent.loss["lost"]), (0, 0))

    def test_program_that_executes_itself_has_a_trace_per_life(self):
        program = self.traced(self.host("exec_host"))
        workload.known(program.address(), one_by_one=23)
        os.kill(harness.child_of(program.pid, "exec_host"), signal.SIGINT)
        second = program.address("port", 1)
        workload.known(second, "/dyn", one_by_one=11)
        self.assertEqual(program.stop().status, 0)
        self.assertEqual(len(self.traces()), 2, self.traces())
        first_life, second_life = self.report(), self.report(self.others()[0])
        self.assertEqual(first_life.process["pid"], second_life.process["pid"])
        self.assert_settled(first_life)
        self.assert_settled(second_life)
        self.assert_known_workload(first_life, 23)
        self.assert_known_workload(second_life, 11)

    def check_dlopen(self, lws):
        module = harness.host_path("server_module.so", lws)
        program = self.traced([harness.host_path("dlopen_host"), module, "--files", self.files])
        pid = None
        for life in range(2):
            workload.known(program.address("port", life), one_by_one=23)
            pid = harness.child_of(program.pid, "dlopen_host")
            os.kill(pid, signal.SIGINT)
        result = program.wait()
        self.assertEqual(result.status, 0, result)
        self.assertIn("unloaded twice", result.out)
        trace = self.report()
        self.assert_settled(trace)
        self.assertEqual(len(trace.of_class("client")), 2 * workload.known_connections(23))
        self.assertEqual(len(trace.of_class("listener")), 2)

    def test_lws_that_comes_and_goes_by_dlopen(self):
        self.check_dlopen("")

    def test_lws_4_3_5_that_comes_and_goes_by_dlopen(self):
        self.check_dlopen("4.3.5")


if __name__ == "__main__":
    unittest.main()
