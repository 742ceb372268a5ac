# SPDX-License-Identifier: MIT
"""Programs that load and unload libraries at times that nobody expects."""

import os
import signal
import unittest

import harness
import workload
from agents import PRELOAD


class Unloaded(harness.Scenario):
    """A module brings libwebsockets along, is unloaded with it, and another one brings another version to another place."""

    REQUESTS = (23, 11)

    def check(self, first, second, *launcher):
        modules = ":".join(harness.host_path("server_module.so", lws) for lws in (first, second))
        program = self.start([*launcher, harness.host_path("dlopen_host"), modules, "--files", self.files])
        child = harness.child_of(program.pid, "dlopen_host") if launcher else program.pid
        for life, requests in enumerate(self.REQUESTS):
            workload.sequential(program.address(nth=life), "/dyn", requests)
            workload.websockets(program.address(nth=life), 3, 2)
            os.kill(child, signal.SIGINT)
        result = program.wait()
        self.assertEqual(result.status, 0, result)
        self.assertIn("unloaded twice\n", result.out)

    def check_recorded(self, first, second):
        self.check(first, second, harness.WSITRACE, "run", "-o", self.path("out.wsitrace"), "--")
        trace = self.report()
        self.assert_settled(trace)
        self.assertEqual(len(trace.of_class("client")), sum(self.REQUESTS) + 2 * 3)
        self.assertEqual(trace.process["lws_version"], second or "4.1.6")

    def test_another_version_is_recorded_after_it(self):
        self.check_recorded("4.3.5", "4.1.6")

    def test_a_newer_version_is_recorded_after_it(self):
        self.check_recorded("4.1.6", "4.3.5")

    def test_the_same_version_in_another_file(self):
        self.check_recorded("", "4.1.6")

    def test_without_wsitrace_it_works(self):
        self.check("4.3.5", "4.1.6")


class Early(harness.Scenario):
    """A library's constructor makes the context, before that of the preload library runs."""

    def test_nothing_in_the_library_is_made_at_its_start(self):
        """What is, would forget what it was told before."""
        symbols = self.execute(["nm", PRELOAD])
        self.assertEqual(symbols.status, 0, symbols)
        self.assertNotIn("_GLOBAL__sub_I", symbols.out)

    def test_its_context_is_recorded(self):
        for lws in ("", *harness.LWS):
            with self.subTest(lws=lws or "system"):
                program = self.traced([harness.host_path("early_host", lws)], env={"EARLY_FILES": self.files})
                workload.known(program.address(), one_by_one=11)
                result = program.stop()
                self.assertEqual((result.status, result.err), (5, ""), result)
                trace = self.report()
                self.assert_settled(trace)
                self.assert_known_workload(trace, 11)


if __name__ == "__main__":
    unittest.main()
