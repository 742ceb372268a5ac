#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The room check must catch what it is there for: every case is one include put into an otherwise clean tree."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class Rooms(unittest.TestCase):
    def setUp(self):
        self.tree = pathlib.Path(tempfile.mkdtemp(prefix="wsitrace-rooms-"))
        self.addCleanup(shutil.rmtree, self.tree)
        self.put("agent/ARCHITECTURE.md", (ROOT / "agent/ARCHITECTURE.md").read_text())
        self.put("agent/base/clock.h", "#include <time.h>\n")

    def put(self, path, text):
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run_check(self):
        done = subprocess.run([sys.executable, HERE / "rooms.py", "--root", self.tree], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def refuses(self, path, line):
        self.put(path, f"// first line\n#include {line}\n")
        status, output = self.run_check()
        self.assertEqual(status, 1, output)
        self.assertIn(f"{path}:2:", output)

    def allows(self, path, line):
        self.put(path, f"#include {line}\n")
        status, output = self.run_check()
        self.assertEqual(status, 0, output)

    def test_clean_tree_passes(self):
        self.assertEqual(self.run_check()[0], 0)

    def test_hot_room_may_not_include_cold_one(self):
        self.refuses("agent/probe/x.cpp", '"agent/timeline/timeline.h"')

    def test_preload_may_not_include_the_collector(self):
        self.refuses("agent/entry/preload/x.cpp", '"agent/collect/collector.h"')

    def test_probe_may_not_include_the_reader(self):
        self.refuses("agent/probe/x.cpp", '"agent/ring/reader.h"')

    def test_probe_may_include_the_writer(self):
        self.allows("agent/probe/x.cpp", '"agent/ring/writer.h"')

    def test_arrow_may_not_point_backwards(self):
        self.refuses("agent/timeline/x.cpp", '"agent/export/json/report.h"')

    def test_lower_folder_belongs_to_its_room(self):
        self.refuses("agent/timeline/deep/x.cpp", '"agent/collect/collector.h"')

    def test_one_exporter_may_not_include_another(self):
        self.refuses("agent/export/json/x.cpp", '"agent/export/text/report.h"')

    def test_libwebsockets_is_only_for_those_who_need_it(self):
        self.refuses("agent/collect/x.cpp", "<libwebsockets.h>")
        (self.tree / "agent/collect/x.cpp").unlink()
        self.allows("agent/serve/x.cpp", "<libwebsockets.h>")

    def test_installed_headers_know_nothing_of_libwebsockets_but_one(self):
        self.allows("include/wsitrace/wsitrace.h", "<libwebsockets.h>")
        self.refuses("include/wsitrace/event.h", "<libwebsockets.h>")

    def test_table_may_not_open_libwebsockets_to_another_room(self):
        table = (ROOT / "agent/ARCHITECTURE.md").read_text()
        row = next(line for line in table.splitlines() if line.startswith("| `agent/collect/`"))
        self.put("agent/ARCHITECTURE.md", table.replace(row, row.replace("`zlib.h`", "`libwebsockets.h`")))
        status, output = self.run_check()
        self.assertEqual(status, 1)
        self.assertIn("may not see libwebsockets", output)

    def test_library_of_another_exporter_is_refused(self):
        self.refuses("agent/export/json/x.cpp", "<prometheus/registry.h>")

    def test_timeline_has_no_files(self):
        self.refuses("agent/timeline/x.cpp", "<fstream>")

    def test_timeline_has_no_descriptors(self):
        self.refuses("agent/timeline/x.cpp", "<unistd.h>")

    def test_timeline_has_no_clock(self):
        self.refuses("agent/timeline/x.cpp", '"agent/base/clock.h"')

    def test_timeline_has_no_standard_clock_either(self):
        self.refuses("agent/timeline/x.cpp", "<chrono>")

    def test_installed_headers_include_no_room(self):
        self.refuses("include/wsitrace/x.h", '"agent/base/clock.h"')

    def test_include_without_a_path_is_refused(self):
        self.refuses("agent/timeline/x.cpp", '"timeline.h"')

    def test_indented_include_is_seen(self):
        self.refuses("agent/probe/x.cpp", '"agent/cli/main.h"')
        self.put("agent/probe/x.cpp", '\n  #  include "agent/cli/main.h"\n')
        self.assertEqual(self.run_check()[0], 1)

    def test_unknown_room_is_refused(self):
        self.put("agent/cellar/x.cpp", "int x;\n")
        status, output = self.run_check()
        self.assertEqual(status, 1)
        self.assertIn("in no row of the room table", output)

    def test_second_library_of_an_exporter_is_refused(self):
        table = (ROOT / "agent/ARCHITECTURE.md").read_text()
        row = next(line for line in table.splitlines() if line.startswith("| `agent/export/json/`"))
        self.put("agent/ARCHITECTURE.md", table.replace(row, row.replace("`nlohmann/`", "`nlohmann/` `fmt/`")))
        status, output = self.run_check()
        self.assertEqual(status, 1)
        self.assertIn("more than one library", output)

    def test_table_may_not_let_one_exporter_include_another(self):
        table = (ROOT / "agent/ARCHITECTURE.md").read_text()
        row = next(line for line in table.splitlines() if line.startswith("| `agent/export/junit/`"))
        self.put("agent/ARCHITECTURE.md", table.replace(row, row.replace("`agent/text/`", "`agent/export/text/columns.h`")))
        status, output = self.run_check()
        self.assertEqual(status, 1)
        self.assertIn("exporters do not include each other", output)

    def test_circle_within_a_room_is_refused_though_no_header_is_in_it(self):
        for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
            self.put(f"agent/probe/{one}.h", "int x;\n")
            self.put(f"agent/probe/{one}.cpp", f'#include "agent/probe/{one}.h"\n#include "agent/probe/{other}.h"\n')
        status, output = self.run_check()
        self.assertEqual(status, 1, output)
        self.assertIn("agent/probe: 3 includes in a circle: a, b, c", output)

    def test_includes_that_lead_down_are_no_circle(self):
        self.put("agent/probe/a.h", '#include "agent/probe/b.h"\n')
        self.put("agent/probe/a.cpp", '#include "agent/probe/a.h"\n#include "agent/probe/c.h"\n')
        self.put("agent/probe/b.cpp", '#include "agent/probe/b.h"\n#include "agent/probe/c.h"\n')
        self.put("agent/probe/c.h", "int x;\n")
        self.assertEqual(self.run_check()[0], 0)

    def test_missing_table_is_an_error(self):
        self.put("agent/ARCHITECTURE.md", "no table\n")
        self.assertNotEqual(self.run_check()[0], 0)


if __name__ == "__main__":
    unittest.main()
