#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What causes.py must not let pass, on a copy of the tables and pages."""
import pathlib
import shutil
import tempfile
import unittest

import causes

TABLE = "agent/diagnosis/cause_table.h"


class Tree(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = pathlib.Path(self.directory.name)
        (self.root / TABLE).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(causes.ROOT / TABLE, self.root / TABLE)
        shutil.copytree(causes.ROOT / causes.PAGES, self.root / causes.PAGES)

    def page(self, name):
        return self.root / causes.PAGES / f"{name}.md"

    def change(self, path, old, new):
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1))

    def assert_found(self, *words):
        found = list(causes.problems(self.root))
        for word in words:
            self.assertTrue(any(word in problem for problem in found), (word, found))

    def test_the_tree_as_it_is_passes(self):
        self.assertEqual(list(causes.problems(self.root)), [])

    def test_a_page_that_is_missing(self):
        self.page("timeout").unlink()
        self.assert_found("timeout.md is missing", "README.md is not what the pages say")

    def test_a_page_of_no_cause(self):
        shutil.copy(self.page("timeout"), self.page("boredom"))
        self.assert_found("boredom.md is about no cause")

    def test_a_new_row_of_a_table(self):
        self.change(self.root / TABLE, '  X(kTimeout, "timeout"', '  X(kBoredom, "boredom", kNote, "", "") \\\n  X(kTimeout, "timeout"')
        self.assert_found("boredom.md is missing")

    def test_another_severity(self):
        self.change(self.root / TABLE, '"timeout", kTrouble', '"timeout", kNote')
        self.assert_found('timeout.md must begin with "# timeout" and "Severity: note."', "README.md is not")

    def test_another_meaning_is_one_of_the_index(self):
        self.change(self.page("timeout"), "Severity: trouble.\n\n", "Severity: trouble.\n\nA timeout of somebody's fired and that was it. ")
        self.assert_found("README.md is not what the pages say")

    def test_a_part_that_is_missing(self):
        self.change(self.page("timeout"), "## How to fix it", "## And now")
        self.assert_found("timeout.md has the parts")

    def test_an_example_that_shows_something_else(self):
        self.change(self.page("timeout"), "\n  timeout, ", "\n  boredom, ")
        self.assert_found("timeout.md has no example")

    def test_a_page_that_is_too_long(self):
        self.page("timeout").write_text(self.page("timeout").read_text() + "More.\n" * causes.LINES.stop)
        self.assert_found("timeout.md has ")


if __name__ == "__main__":
    unittest.main()
