# SPDX-License-Identifier: MIT
"""What repeats itself without end costs a bounded number of events, and hides nothing else."""

import json
import os
import signal
import unittest

import harness

MANY = 20_011


class Lines(harness.Scenario):
    """lws 4.3.5 that may not bind logs so, in lws_create_context(), until it is ended."""

    FEW = 1_000  # events, of some seconds; without a bound it is ten thousand in one

    def test_port_that_it_may_not_bind(self):
        self.assertEqual(os.getuid(), 0, "this test gives up a right: run it as root")
        trace = self.path("out.wsitrace")
        launcher = self.start(["unshare", "--net", "--", "setpriv", "--bounding-set=-net_bind_service", harness.WSITRACE, "run", "-o", trace,
                               "--", *self.host("http_host", "--port", "80", lws="4.3.5")])
        host = harness.child_of(launcher.pid, "http_host")
        harness.until(lambda: launcher.err.count("ERROR on binding") + launcher.out.count("ERROR on binding") > MANY, "lws to repeat itself")
        harness.until(lambda: "lws repeated itself" in self.wsitrace("explain", trace).out, "the next line that is recorded")
        os.kill(host, signal.SIGKILL)
        result = launcher.wait()
        self.assertEqual(result.status, 128 + signal.SIGKILL)
        told = harness.Trace(json.loads(self.wsitrace("report", trace, "--format", "json").out))
        self.assertLess(told.loss["recorded"], self.FEW)
        self.assertEqual(told.loss["lost"], 0)
        answer = self.wsitrace("explain", trace).out
        self.assertRegex(answer, r"lws repeated itself: [1-9][\d,]{3,} more lines of its log")
        self.assertRegex(answer, r"lws logged that bind\(\) failed [\d,]+ times")
        self.assertIn("Permission denied", answer)


if __name__ == "__main__":
    unittest.main()
