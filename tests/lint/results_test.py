#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No test that failed, crashed or did not run may count as passed: tests/results.py on what ctest and GoogleTest leave."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

RESULTS = pathlib.Path(__file__).resolve().parent.parent / "results.py"
RAN = '<testcase name="{}" status="run"/>'
FAILED = '<testcase name="{}" status="fail"><failure/><system-out>why</system-out></testcase>'
UNIT_RAN = '<testcase name="{}" classname="Ring" status="run" result="completed"/>'
UNIT_FAILED = '<testcase name="{}" classname="Ring" status="run" result="completed"><failure message="why"/></testcase>'
UNIT_SKIPPED = '<testcase name="{}" classname="Ring" status="run" result="skipped"><skipped/></testcase>'
UNIT_DISABLED = '<testcase name="{}" classname="Ring" status="notrun" result="suppressed"/>'


class Results(unittest.TestCase):
    def told(self, ctest, ring=None):
        """The lines of the results file. CTEST: its cases; RING: what unit_ring wrote."""
        with tempfile.TemporaryDirectory() as directory:
            junit, results = os.path.join(directory, "ctest.xml"), os.path.join(directory, "results.txt")
            pathlib.Path(junit).write_text(f"<testsuite>{''.join(ctest)}</testsuite>", encoding="utf-8")
            if ring is not None:
                pathlib.Path(directory, "ring.xml").write_text(ring, encoding="utf-8")
            subprocess.run([sys.executable, RESULTS, junit, "dev", results, "--unit", directory], check=True, capture_output=True)
            return pathlib.Path(results).read_text(encoding="utf-8").splitlines()

    @staticmethod
    def ring(*cases):
        return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"

    def test_each_unit_test_counts(self):
        self.assertEqual(self.told([RAN.format("unit.ring")], self.ring(UNIT_RAN.format("A"), UNIT_RAN.format("B"))),
                         ["passed dev.unit.Ring.A", "passed dev.unit.Ring.B"])

    def test_what_failed_or_did_not_run_failed(self):
        cases = [UNIT_RAN.format("A"), UNIT_FAILED.format("B"), UNIT_SKIPPED.format("C"), UNIT_DISABLED.format("D")]
        self.assertEqual(self.told([FAILED.format("unit.ring")], self.ring(*cases)),
                         ["passed dev.unit.Ring.A", *(f"failed dev.unit.Ring.{name}" for name in "BCD")])

    def test_program_that_crashed_or_ran_nothing_failed(self):
        for left in (None, "", "<testsuites><testsuite>", self.ring()):
            for case in (RAN, FAILED):
                with self.subTest(left=left, case=case):
                    self.assertEqual(self.told([case.format("unit.ring")], left), ["failed dev.unit.ring (did not come to its end)"])

    def test_program_that_failed_after_its_tests_failed(self):
        self.assertEqual(self.told([FAILED.format("unit.ring")], self.ring(UNIT_RAN.format("A"))),
                         ["passed dev.unit.Ring.A", "failed dev.unit.ring (failed after its tests)"])

    def test_others_count_as_ctest_tells(self):
        skipped = '<testcase name="c" status="notrun"><skipped/></testcase>'
        self.assertEqual(self.told([RAN.format("a"), FAILED.format("b"), skipped]), ["passed dev.a", "failed dev.b", "failed dev.c"])

    def test_nothing_at_all_failed(self):
        self.assertEqual(self.told([]), ["failed dev.(no test ran)"])


if __name__ == "__main__":
    unittest.main()
