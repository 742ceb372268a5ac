# SPDX-License-Identifier: MIT
"""A program's name, like all that a host says, is chosen by somebody else: no terminal obeys it, and no CI runner that reads the log."""

import os
import shutil

import harness

NAME = "::set-output name=x::y\u202e\u0085##[error]z"
MISLEADING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029"
OURS = ("error", "warning", "notice")  # annotations of --format github


class HostileNames(harness.Scenario):
    def told(self):
        """What the commands for people and for CI say of a run of a program of that name."""
        program = self.path(NAME)
        shutil.copy(harness.host_path("cycles_host"), program)
        out = self.path("out.wsitrace")
        yield "run", self.execute([harness.WSITRACE, "run", "-v", "--check", "-o", out, "--format", "github", "--", program, "3", "2"])
        for command in (("report",), ("report", "--events"), ("explain",), ("explain", "--verbose"), ("check",),
                        ("check", "--format", "github"), ("top",)):
            yield " ".join(command), self.wsitrace(*command, out, env={"GITHUB_STEP_SUMMARY": self.path("summary"), "LC_ALL": "C.UTF-8"})

    def test_nothing_turns_text_around_or_controls_a_terminal(self):
        for command, result in self.told():
            for line in (result.out + result.err).split("\n"):
                bad = [c for c in line if c in MISLEADING or c == "\x1b" or 0x7f <= ord(c) < 0xa0]
                self.assertEqual(bad, [], (command, line))

    def test_no_line_begins_with_a_command_of_a_ci_runner(self):
        seen = 0
        for command, result in self.told():
            for line in (result.out + result.err).split("\n"):
                seen += "set-output" in line
                self.assertNotIn("##[", line, command)
                if line.lstrip().startswith("::"):
                    self.assertIn(line.lstrip()[2:].split(" ")[0], OURS, (command, line))
        self.assertGreater(seen, 2, "the name is shown")
        self.assertTrue(os.path.exists(self.path("out.wsitrace")))
