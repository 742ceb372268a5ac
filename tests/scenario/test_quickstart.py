# SPDX-License-Identifier: MIT
"""deploy/quickstart.sh does what its help says, and leaves nothing behind."""

import glob
import os
import re
import signal
import unittest
import urllib.request

import harness

QUICKSTART = os.path.join(harness.ROOT, "deploy", "quickstart.sh")


class Quickstart(harness.Scenario):
    def quickstart(self, *arguments):
        return self.start([QUICKSTART, *arguments], env={"TMPDIR": self.directory})

    def assert_nothing_left(self):
        self.assertEqual(glob.glob(self.path("wsitrace-quickstart.*")), [])

    def test_once_prints_timelines_verdict_and_urls_and_ends(self):
        result = self.quickstart("--once", "--build", harness.BUILD).wait(60)
        self.assertEqual((result.status, result.err), (0, ""), result)
        for word in ("peer_ws_close 1000", "stream", "verdict: clean", "/wsitrace/metrics", "/wsitrace/api/report"):
            self.assertIn(word, result.out)
        for thing in ("connections", "transactions"):
            said = re.findall(rf"(\d+) {thing}\b", result.out)
            self.assertEqual((len(said), len(set(said))), (2, 1), f"report and verdict on {thing}")
        self.assert_nothing_left()

    def test_without_once_it_serves_until_interrupted(self):
        program = self.quickstart("--build", harness.BUILD)
        harness.until(lambda: "Ctrl-C" in program.out, "quickstart to be up", 60)
        [url] = [word for word in program.out.split() if word.endswith("/wsitrace/metrics")]
        with urllib.request.urlopen(url, timeout=harness.PATIENCE_S) as response:
            self.assertIn(b"lws_connections_opened_total", response.read())
        os.killpg(program.pid, signal.SIGINT)  # what Ctrl-C does
        self.assertEqual(program.wait().status, 130)
        self.assert_nothing_left()
        with self.assertRaises(OSError):
            urllib.request.urlopen(url, timeout=1)

    def test_program_is_traced_and_its_status_passed_on(self):
        result = self.quickstart("--build", harness.BUILD, "--", harness.host_path("cycles_host"), "3", "2").wait(60)
        self.assertEqual(result.status, 0, result)
        self.assertIn("answered 6\n", result.out)
        self.assertIn("6 transactions", result.out)
        self.assertEqual(len(self.traces()), 1)

    def test_nonsense_is_refused(self):
        for arguments in (["--frobnicate"], ["--"], ["--build"], ["--build", self.path("nothing"), "--once"]):
            with self.subTest(arguments=arguments):
                result = self.quickstart(*arguments).wait()
                self.assertEqual((result.status, result.out), (2, ""), result)
                self.assertIn("wsitrace: quickstart: ", result.err)


if __name__ == "__main__":
    unittest.main()
