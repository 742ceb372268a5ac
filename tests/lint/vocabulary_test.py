#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A finding kind, a cause of trouble and a callback reason are each added by one row: in a copy of the tree only the two tables are edited,
and JSON, SARIF, metrics, the check of the documents and the types of the page know them."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
PARTS = ("CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "agent", "dashboards", "deploy", "include",
         "tests/CMakeLists.txt", "tests/lint")
TSC = ROOT / "dashboards/grafana/node_modules/typescript/bin/tsc"
TABLE = "agent/diagnosis/cause_table.h"
KIND = """#define WSITRACE_CAUSES(X) \\
  X(kDummyMade, "dummy_made", kFault, "{who} {was|were} dummies", "unmake it", kLeak, "a dummy was made") \\
"""
TROUBLE = """  X(kDummyMet, "dummy_met", kTrouble, "{who} met a dummy", "look away") \\
"""
REASON = """#define WSITRACE_CALLBACKS(X) \\
  X(DUMMY_REASON, 222, kRecorded) \\
"""


def cached(name):
    """A variable of the build's own configuration."""
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return line.partition("=")[2]
    return ""


class OneRow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="wsitrace_vocabulary_")
        cls.tree = pathlib.Path(cls.folder.name) / "tree"
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--", *PARTS],
                                capture_output=True, text=True, check=True).stdout.splitlines()
        for name in listed:
            if (ROOT / name).is_file():
                (cls.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, cls.tree / name)
        cls.edit(TABLE, "#define WSITRACE_CAUSES(X) \\\n", KIND)
        first = re.search(r"^  X\(k\w+, \"\w+\", kTrouble,", (cls.tree / TABLE).read_text(), re.MULTILINE)[0]
        cls.edit(TABLE, first, TROUBLE + first)
        cls.edit("agent/lws/callbacks.h", "#define WSITRACE_CALLBACKS(X) \\\n", REASON)
        cls.build()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def edit(cls, name, old, new):
        text = (cls.tree / name).read_text()
        if text.count(old) != 1:
            raise AssertionError(f"{name}: no table begins with {old.strip()}")
        (cls.tree / name).write_text(text.replace(old, new))

    # Only what the rooms of the two tables and their exporters need, as fast as it compiles.
    @classmethod
    def build(cls):
        (cls.tree / "tests/CMakeLists.txt").write_text("add_subdirectory(lint)\n")
        options = [f"-D{name}={cached(name)}" for name in ("CMAKE_C_COMPILER_LAUNCHER", "CMAKE_CXX_COMPILER_LAUNCHER",
                                                             "CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER", "CMAKE_PREFIX_PATH",
                                                             "WSITRACE_LWS_ROOT") if cached(name)]
        environment = {**os.environ, "CCACHE_BASEDIR": str(cls.tree), "CCACHE_NOHASHDIR": "1"}  # where ccache is used
        for command in (["cmake", "--preset", "release", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=-O0", "-DWSITRACE_PAGE=OFF",
                         "-DCMAKE_CXX_FLAGS_DEBUG=", *options],
                        ["cmake", "--build", "--preset", "release", "--parallel", "2", "--target", "vocabulary"]):
            done = subprocess.run(command, cwd=cls.tree, capture_output=True, text=True, env=environment)
            if done.returncode != 0:
                raise AssertionError(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")

    def check(self, *options):
        done = subprocess.run([sys.executable, "-B", "tests/lint/vocabulary.py", *options], cwd=self.tree, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_exporters_documents_and_page_follow(self):
        status, said = self.check()
        self.assertEqual(status, 1, said)
        self.assertIn("deploy/manual/check.md: lacks | `dummy_made` | a dummy was made |", said)
        self.assertIn("dashboards/web/src/vocabulary.ts: lacks", said)
        self.assertNotIn("the JSON of a check lacks", said)
        self.assertNotIn("lws_findings lacks", said)
        self.assertNotIn("SARIF lacks", said)
        self.assertEqual(self.check("--write")[0], 0)
        self.assertIn('"dummy_made"', (self.tree / "dashboards/web/src/vocabulary.ts").read_text())
        self.see_in_output()
        self.see_in_page_types()

    def see_in_output(self):
        out = subprocess.run([self.tree / "build/release/tests/lint/vocabulary"], capture_output=True, text=True, check=True).stdout
        for expected in ('"kind": "dummy_made"', '"message": "1 connection was dummies"', '"last_callback": "DUMMY_REASON"',
                         'lws_findings{kind=\\"dummy_made\\"}', 'wsitrace_events_recorded_total{kind=\\"DUMMY_REASON\\"} 1',
                         '"id": "dummy_made"', '"id": "dummy_met"'):
            self.assertIn(expected, out)

    def see_in_page_types(self):
        probe = self.tree / "dashboards/web/src/probe.ts"
        for kind, expected in (("dummy_made", 0), ("never_made", 2)):
            probe.write_text(f'import type {{ FindingKind }} from "./vocabulary";\nexport const kind: FindingKind = "{kind}";\n')
            done = subprocess.run(["node", TSC, "--noEmit", "--project", self.tree / "dashboards/web"], capture_output=True, text=True)
            self.assertEqual(done.returncode, expected, done.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--build", type=pathlib.Path, default=BUILD)
    options, rest = parser.parse_known_args()
    BUILD = ROOT / options.build
    unittest.main(argv=[sys.argv[0], *rest])
