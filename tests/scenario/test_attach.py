# SPDX-License-Identifier: MIT
"""How `wsitrace run` gets into programs of all kinds, what it passes on, and what it says when there is nothing to see."""

import os
import signal
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
