# SPDX-License-Identifier: MIT
"""A verdict on each test of a program: the GoogleTest listener of wsitrace/gtest.h, in a real GoogleTest program (hosts/gtest_host.cpp)."""

import subprocess
import unittest
import xml.etree.ElementTree as tree

import harness


class Listener(harness.Scenario):
    def results(self, lws):
        """Failure messages of each test, by its name, and the status."""
        report = self.path("results.xml")
        ran = subprocess.run([harness.host_path("gtest_host", lws), f"--gtest_output=xml:{report}"], capture_output=True, text=True,
                             timeout=60, check=False)
        cases = tree.parse(report).getroot().iter("testcase")
        return {case.get("name"): [failure.get("message") for failure in case.iter("failure")] for case in cases}, ran

    def test_the_test_that_leaks_fails_and_no_other(self):
        for lws in ("", "4.1.6", "4.3.5"):
            with self.subTest(lws=lws):
                failures, ran = self.results(lws)
                self.assertEqual(ran.returncode, 1, ran)
                self.assertEqual({name: len(found) for name, found in failures.items()},
                                 {"ThatHangsUp": 0, "ThatForgets": 1, "ThatHangsUpForAnother": 0}, ran.stdout)
                for word in ("connection_left_open", "1 connection is still open", "vhost app"):
                    self.assertIn(word, failures["ThatForgets"][0])


if __name__ == "__main__":
    unittest.main()
