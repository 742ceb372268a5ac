# SPDX-License-Identifier: MIT
"""Files that are no good trace: one clear line, exit status 2, in bounded time."""

import os
import random
import struct
import unittest

import harness
import tracefile


class BadInput(harness.Scenario):
    COMMANDS = (("report", "FILE", "--format", "json"), ("report", "FILE", "--format", "text"),
                ("report", "FILE", "--format", "ndjson"), ("check", "FILE"), ("explain", "FILE"), ("diff", "FILE", "FILE"),
                ("top", "FILE"))

    def setUp(self):
        super().setUp()
        result = self.traced(self.host("cycles_host") + ["11", "1"]).wait()
        self.assertEqual(result.status, 0, result)
        with open(self.path("out.wsitrace"), "rb") as trace:
            self.good = trace.read()

    def report_of(self, data, *options):
        with open(self.path("bad"), "wb") as file:
            file.write(data)
        return self.wsitrace("report", self.path("bad"), *options)

    def assert_refused(self, result):
        self.assertEqual(result.status, 2, result)
        self.assert_one_line(result.err)

    def test_good_trace_is_accepted(self):
        self.assertEqual(self.report_of(self.good).status, 0)

    def test_missing_file(self):
        self.assert_refused(self.wsitrace("report", self.path("nothing")))

    def test_directory(self):
        self.assert_refused(self.wsitrace("report", self.directory))

    def test_empty_file(self):
        self.assert_refused(self.report_of(b""))

    def test_foreign_files(self):
        for path in ("/bin/true", "/etc/passwd", harness.__file__):
            with self.subTest(path=path):
                result = self.wsitrace("report", path)
                self.assert_refused(result)
                self.assertIn(path, result.err)

    def test_random_bytes(self):
        self.assert_refused(self.report_of(random.Random(3).randbytes(65537)))

    def test_magic_and_nothing_more(self):
        for magic in (b"wsitrace", b"wsiring\0"):
            self.assert_refused(self.report_of(magic))
            self.assert_refused(self.report_of(magic + random.Random(5).randbytes(8191)))

    def test_future_version_names_both_versions(self):
        result = self.report_of(self.good[:8] + struct.pack("<I", 2) + self.good[12:])
        self.assert_refused(result)
        self.assertRegex(result.err, r"version 2")

    def test_future_version_of_a_ring(self):
        result = self.report_of(b"wsiring\0" + struct.pack("<I", 2) + bytes(16384))
        self.assert_refused(result)
        self.assertRegex(result.err, r"version 2")

    def test_truncated_within_its_header(self):
        for size in range(tracefile.HEADER.size):
            with self.subTest(size=size):
                self.assert_refused(self.report_of(self.good[:size]))

    def test_bit_flipped_anywhere(self):
        """Also in a chunk's length, unless the chunk would then reach beyond the end of the file: that looks cut off."""
        dice = random.Random(7)
        lengths = {at for _, _, offset in tracefile.chunks(self.good) for at in range(offset + 4, offset + 8)}
        covered = [at for at in range(tracefile.HEADER.size, len(self.good)) if at not in lengths]  # by checksums
        for _ in range(101):
            position, bit = dice.choice(covered), dice.randrange(8)
            with self.subTest(position=position, bit=bit):
                data = bytearray(self.good)
                data[position] ^= 1 << bit
                self.assert_refused(self.report_of(bytes(data)))

    def test_header_bit_flipped_anywhere_never_crashes(self):
        for position in range(tracefile.HEADER.size):
            for bit in (0, 3, 7):
                with self.subTest(position=position, bit=bit):
                    data = bytearray(self.good)
                    data[position] ^= 1 << bit
                    result = self.report_of(bytes(data))
                    self.assertIn(result.status, (0, 2), result)
                    if result.status == 2:
                        self.assert_one_line(result.err)

    def test_every_command_refuses_alike(self):
        for command in self.COMMANDS:
            with self.subTest(command=command):
                for data in (b"not a trace\n", self.good[:200] + bytes([self.good[200] ^ 1]) + self.good[201:]):
                    with open(self.path("bad"), "wb") as file:
                        file.write(data)
                    self.assert_refused(self.wsitrace(*(self.path("bad") if word == "FILE" else word for word in command)))

    def test_what_precedes_the_damage_is_still_reported(self):
        [end] = [offset for kind, _, offset in tracefile.chunks(self.good) if kind == tracefile.END_CHUNK]
        result = self.report_of(self.good[:end] + bytes([self.good[end] ^ 1]) + self.good[end + 1:])
        self.assert_refused(result)
        self.assertIn("app", result.out)


class BadUsage(harness.Scenario):
    """Every flag is checked at start."""

    def assert_usage(self, *arguments, why=""):
        with self.subTest(arguments=arguments):
            result = self.wsitrace(*arguments)
            self.assertEqual((result.status, result.out), (2, ""), result)
            self.assertRegex(result.err, r"\Awsitrace: [^\n]{1,300}\n\Z")
            self.assertIn(why, result.err)

    def test_nonsense_is_refused_before_anything_runs(self):
        never = ("--", "/bin/touch", self.path("ran"))
        self.assert_usage(why="subcommand is required")
        self.assert_usage("frobnicate", why="frobnicate: no such command")
        self.assert_usage("", why="no such command")
        self.assert_usage("report")
        self.assert_usage("report", "x", "--format", "yaml")
        self.assert_usage("report", "x", "--class", "frobnicate")
        for number in ("seven", "0", "-1", "1.5", "1e3", ""):
            self.assert_usage("report", "x", "--conn", number, why="--conn: not a whole number from 1 on")
        self.assert_usage("agent", "--listen", "127.0.0.1:99999", "--dir", self.directory, why="99999")
        self.assert_usage("agent", "--traces", self.directory, "--max-files", "0", why="--max-files: not a whole number")
        self.assert_usage("diff", "x")
        self.assert_usage("diff", "x", "y", "--format", "yaml")
        self.assert_usage("diff", "x", "y", "--fail-on", "frobnicate")
        self.assert_usage("run", "--serve", "127.0.0.1", *never)
        self.assert_usage("run", "--serve", "127.0.0.1:99999", *never)
        self.assert_usage("run", "--ring-size", "0", *never)
        self.assert_usage("run", "--ring-size", "many", *never)
        self.assert_usage("run", "--frobnicate", *never)
        self.assert_usage("run", "-o", self.path("nowhere", "out.wsitrace"), *never, why="No such file or directory")
        self.assert_usage("run", "-o", self.directory, *never, why="Is a directory")
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_help_ends_with_examples(self):
        for command in ((), ("run",), ("report",), ("check",), ("explain",), ("diff",)):
            result = self.wsitrace(*command, "--help")
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertIn("examples", result.out.lower())
            self.assertIn("wsitrace ", result.out.strip().splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
