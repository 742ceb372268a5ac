# SPDX-License-Identifier: MIT
"""`run --stacks`: who made and bound what leaked. `run --session-memory`: memory of the program's own that is left on a connection."""

import json
import os
import shutil
import subprocess
import unittest

import harness
from test_check_formats import Gate

KEPT, FORGOTTEN = 3, 7


class Asked(Gate):
    def command(self, kept=KEPT, forgotten=FORGOTTEN, lws=""):
        return [*self.host("stacks_host", lws=lws, files=False), str(kept), str(forgotten)]

    def asked(self, *options, command=None):
        return self.gate(command or self.command(), *options)

    def finding(self, trace="out.wsitrace"):
        verdict = json.loads(self.wsitrace("check", "--format", "json", self.path(trace)).out)
        finding, = verdict["findings"]
        return finding

    def kinds(self):
        lines = self.wsitrace("report", "--events", self.path("out.wsitrace")).out.splitlines()
        return {word for line in lines for word in line.split() if word in ("stack", "user_left")}


class Stacks(Asked):
    def assert_names_the_forgetful(self, frames):
        functions = [frame["function"] for frame in frames]
        self.assertLess(functions.index("adopt_one"), functions.index("forget_promise"))
        self.assertLess(functions.index("forget_promise"), functions.index("main"))
        self.assertNotIn("keep_promise", functions)
        frame = frames[functions.index("forget_promise")]
        self.assertEqual(os.path.basename(frame["file"]), "stacks_host.c")
        with open(os.path.join(harness.SOURCE, "hosts", "stacks_host.c"), encoding="utf-8") as source:
            self.assertIn("adopt_one(context)", source.readlines()[frame["line"] - 1])

    def test_finding_names_function_file_and_line_on_every_version(self):
        for lws in ("", *harness.LWS):
            with self.subTest(lws=lws or "system"):
                result = self.asked("--stacks", "--session-memory", command=self.command(lws=lws))
                self.assertEqual(result.status, 1, result)
                finding = self.finding()
                self.assertEqual((finding["kind"], finding["count"]), ("session_memory_left", FORGOTTEN))
                for stack in ("created", "bound"):
                    self.assert_names_the_forgetful(finding["stacks"][stack])
                self.assertIn("forget_promise", result.err)
                os.remove(self.path("out.wsitrace"))

    def test_report_has_the_stack_of_each_connection(self):
        self.asked("--stacks")
        clients = sorted(self.report().of_class("client"), key=lambda connection: connection["id"])
        functions = [{frame["function"] for frame in c["stacks"]["created"]} for c in clients]
        self.assertEqual(["keep_promise" in names for names in functions], [True] * KEPT + [False] * FORGOTTEN)
        self.assertEqual(["forget_promise" in names for names in functions], [False] * KEPT + [True] * FORGOTTEN)

    def test_sarif_has_them_too(self):
        self.asked("--stacks", "--session-memory", "--format", "sarif=" + self.path("out.sarif"))
        result, = self.sarif()["results"]
        places = {frame["location"]["message"]["text"] for stack in result["stacks"] for frame in stack["frames"]}
        self.assertLessEqual({"adopt_one", "forget_promise"}, places)

    def test_without_the_option_nothing_of_it_is_recorded(self):
        self.asked("--session-memory")
        self.assertEqual(self.kinds(), {"user_left"})
        self.assertIsNone(self.finding()["stacks"])
        self.assertNotIn("stacks", self.report().of_class("client")[0])

    def test_program_without_symbols_keeps_module_and_offset(self):
        command = self.command()
        stripped = shutil.copy(command[0], self.path("stripped"))
        subprocess.run(["strip", stripped], check=True)
        self.asked("--stacks", "--session-memory", command=[stripped, *command[1:]])
        frames = [frame for frame in self.finding()["stacks"]["created"] if frame["module"] == stripped]
        self.assertGreater(len(frames), 2)
        for frame in frames:
            self.assertIsNotNone(frame["offset"])
            self.assertIsNone(frame["file"])
        self.assertNotIn("forget_promise", {frame["function"] for frame in frames})

    def test_file_that_is_another_now_names_nothing(self):
        command = self.command()
        copy = shutil.copy(command[0], self.path("replaced"))
        self.asked("--stacks", "--session-memory", command=[copy, *command[1:]])
        self.assertIn("forget_promise", {frame["function"] for frame in self.finding()["stacks"]["created"]})
        os.replace(shutil.copy(self.host("many_host")[0], self.path("another")), copy)
        frames = [frame for frame in self.finding()["stacks"]["created"] if frame["module"] == copy]
        self.assertEqual({frame["function"] for frame in frames}, {None})
        os.remove(copy)
        self.assertEqual({frame["function"] for frame in self.finding()["stacks"]["created"] if frame["module"] == copy}, {None})

    def test_the_program_notices_nothing(self):
        plain = self.execute(self.command())
        traced = self.traced(self.command(), "--stacks", "--session-memory").wait()
        self.assertEqual((traced.status, traced.out), (plain.status, plain.out))


class Places(Asked):
    """Where the sources lie, for those who show a finding beside the line of code."""

    def setUp(self):
        super().setUp()
        self.workspace = self.path("work space")
        os.makedirs(self.path(self.workspace, "s\u00e9 %"))
        self.source = shutil.copy(os.path.join(harness.SOURCE, "hosts", "stacks_host.c"), self.path(self.workspace, "s\u00e9 %"))

    def compiled(self, source):
        """Without CMake and ccache, each of which has its own way to write names of sources into the debug information."""
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libwebsockets"], check=True, capture_output=True, text=True)
        subprocess.run(["cc", "-g", "-O1", "-o", self.path("stacks_host"), source, "-I", os.path.join(harness.SOURCE, "hosts"),
                        *flags.stdout.split()], check=True, cwd=self.workspace)
        return [self.path("stacks_host"), str(KEPT), str(FORGOTTEN)]

    def told(self, command, **where):
        """The annotation, and the places of the sarif file that lead to the source."""
        result = self.gate(command, "--stacks", "--session-memory", "--format", "github", "--format", "sarif=" + self.path("out.sarif"),
                           **where)
        self.assertEqual(result.status, 1, result)
        run = self.sarif()
        bases = run["originalUriBaseIds"]
        artifacts = [frame["location"].get("physicalLocation", {}).get("artifactLocation") for finding in run["results"]
                     for stack in finding["stacks"] for frame in stack["frames"]]
        places = set()
        for artifact in filter(None, artifacts):
            if artifact["uri"].endswith("stacks_host.c"):
                base = bases[artifact["uriBaseId"]]["uri"] if "uriBaseId" in artifact else ""
                places.add((artifact["uri"], base))
        return next(line for line in result.out.splitlines() if line.startswith("::error ")), places

    def test_source_below_the_current_directory_has_its_path_from_there(self):
        for source in (self.source, os.path.relpath(self.source, self.workspace), "./s\u00e9 %/../s\u00e9 %/stacks_host.c"):
            with self.subTest(source):
                annotation, places = self.told(self.compiled(source), directory=self.workspace)
                self.assertEqual(places, {("s%C3%A9%20%25/stacks_host.c", f"file://{self.directory}/work%20space/")})
                self.assertRegex(annotation, r"^::error file=s\u00e9 %25/stacks_host\.c,line=\d+,title=wsitrace%3A session_memory_left::")

    def test_workspace_of_github_goes_before_the_current_directory(self):
        _, places = self.told(self.compiled(self.source), env={"GITHUB_WORKSPACE": self.workspace + "/"})
        self.assertEqual(places, {("s%C3%A9%20%25/stacks_host.c", f"file://{self.directory}/work%20space/")})

    def test_source_elsewhere_has_its_whole_path_and_no_place_in_the_review(self):
        elsewhere = self.path("work")  # of whose name that of the sources' folder begins
        os.mkdir(elsewhere)
        annotation, places = self.told(self.compiled(self.source), env={"GITHUB_WORKSPACE": elsewhere})
        self.assertEqual(places, {(f"file://{self.directory}/work%20space/s%C3%A9%20%25/stacks_host.c", "")})
        self.assertTrue(annotation.startswith("::error title="), annotation)


class SessionMemory(Asked):
    def test_only_what_is_left_is_found_and_only_when_asked(self):
        self.assertEqual(self.asked().status, 0)
        self.assertEqual(self.kinds(), set())
        result = self.asked("--session-memory")
        self.assertEqual(result.status, 1, result)
        finding = self.finding()
        self.assertEqual((finding["kind"], finding["vhost"], finding["protocol"], finding["count"]),
                         ("session_memory_left", "app", "promise", FORGOTTEN))
        self.assertEqual(self.asked("--session-memory", command=self.command(KEPT, 0)).status, 0)


if __name__ == "__main__":
    unittest.main()
