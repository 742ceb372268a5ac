# SPDX-License-Identifier: MIT
"""Traces without an end: their writer was killed, or somebody cut them. What precedes is told, and that it is not all."""

import json
import os
import signal
import unittest

import harness
import tracefile
import workload
from servers import Lwsws


class CutOff(harness.Scenario):
    def whole_trace(self, cycles):
        """The bytes of a finished trace: CYCLES contexts with a request each."""
        result = self.traced(self.host("cycles_host") + [str(cycles), "1"]).wait()
        self.assertEqual(result.status, 0, result)
        with open(self.path("out.wsitrace"), "rb") as trace:
            return trace.read()

    def write(self, data, name="cut.wsitrace"):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def assert_says_so(self, result, status):
        self.assertEqual(result.status, status, result)
        self.assert_one_line(result.err, "cut off after ", "what precedes is intact")

    def reported(self, path):
        result = self.wsitrace("report", path, "--format", "json")
        self.assert_says_so(result, 0)
        return harness.Trace(json.loads(result.out))

    def judged(self, path):
        result = self.wsitrace("check", path, "--format", "json")
        self.assert_says_so(result, 3)
        verdict = json.loads(result.out)
        self.assertEqual(verdict["verdict"], "inconclusive")
        return verdict

    def assert_all_commands_say_so(self, path):
        """Each command tells what there is."""
        for options in (("--format", "ndjson"), ("--format", "chrome"), ("--events",), ("--conn", "1"), ("--open",), ()):
            result = self.wsitrace("report", path, *options)
            self.assert_says_so(result, 0)
            self.assertTrue(result.out, options)
        for options in ((), ("--conn", "1")):
            result = self.wsitrace("explain", path, *options)
            self.assert_says_so(result, 0)
            self.assertTrue(result.out, options)
        self.assert_says_so(self.wsitrace("top", path), 0)
        self.assert_says_so(self.wsitrace("check", path), 3)
        whole = self.path("out.wsitrace")
        self.assert_says_so(self.wsitrace("diff", whole, path), 0)
        self.assert_says_so(self.wsitrace("diff", path, whole, "--fail-on", "leaks"), 3)

    def test_cut_at_any_byte_check_is_inconclusive_and_within_the_header_refused(self):
        data = self.whole_trace(1)
        path = self.write(data)
        for size in range(len(data) - 1, -1, -1):
            os.truncate(path, size)
            result = self.wsitrace("check", path)
            expected = 3 if size >= tracefile.HEADER.size else 2
            if result.status != expected or not result.err.startswith(f"wsitrace: {path}: "):
                self.fail(f"cut to {size} bytes: {result}")

    def test_cut_behind_any_chunk_every_command_tells_what_precedes(self):
        data = self.whole_trace(11)
        seen = []
        for kind, payload, offset in tracefile.chunks(data):
            for size in (offset, offset + 1, offset + tracefile.CHUNK.size + len(payload) - 1):
                with self.subTest(chunk=kind, size=size):
                    trace = self.reported(self.write(data[:size]))
                    seen.append(len(trace.of_class("client")))
                    self.assertIsNone(trace.process["ended"])
                    self.judged(self.path("cut.wsitrace"))
        self.assertEqual((seen, seen[0], seen[-1]), (sorted(seen), 0, 11))
        self.assert_all_commands_say_so(self.path("cut.wsitrace"))

    def test_finding_in_what_is_left_is_told(self):
        corpus = os.path.join(harness.BUILD, "tests", "corpus", "lws-4.3.5", "corpus_server")
        result = self.traced([corpus, "forgets_for_each_client"]).wait()
        self.assertEqual(result.status, 0, result)
        with open(self.path("out.wsitrace"), "rb") as trace:
            data = trace.read()
        [end] = [offset for kind, _, offset in tracefile.chunks(data) if kind == tracefile.END_CHUNK]
        [finding] = self.judged(self.write(data[:end]))["findings"]
        self.assertEqual((finding["kind"], finding["count"]), ("transaction_not_completed", 7))

    def assert_last_words_of_killed(self, trace, clients):
        path = self.path(trace)
        known = self.reported(path)
        self.assertEqual(len(known.of_class("client", "app")), clients)
        self.judged(path)

    def test_launcher_and_program_killed(self):
        program = self.traced(self.host())
        workload.sequential(program.address(), "/dyn", 7)
        harness.until(lambda: len(self.report().of_class("client")) == 7, "the trace to catch up")
        host = harness.child_of(program.pid, "http_host")
        program.send_signal(signal.SIGKILL)
        program.wait()
        os.kill(host, signal.SIGKILL)
        harness.until(lambda: harness.has_ended(host), "the host to be gone")
        self.assert_last_words_of_killed("out.wsitrace", 7)

    def test_plugin_in_lwsws_that_was_terminated(self):
        server = Lwsws(self, "4.3.5", pvo={"trace": self.path("plugin.wsitrace")})
        knocks = 1
        workload.sequential(server.app, "/", 7)
        harness.until(lambda: len(self.report("plugin.wsitrace").of_class("client", "app")) == 7 + knocks, "the trace to catch up")
        child = server.server_pid
        os.kill(child, signal.SIGTERM)
        harness.until(lambda: server.program.process.poll() is not None or harness.has_ended(child), "the child to be gone")
        self.assert_last_words_of_killed("plugin.wsitrace", 7 + knocks)


if __name__ == "__main__":
    unittest.main()
