# SPDX-License-Identifier: MIT
"""Each format of --format, in each command that takes it, by the real program: what is written is read back, and is the same whichever
command has written it. The formats are those that the help lists; one without a reader here fails."""

import json
import os
import re
import xml.etree.ElementTree as ElementTree

import harness
import workload
from terminal import Terminal

SEQUENTIAL = 31


def lines_of_json(content):
    return [json.loads(line) for line in content.decode().splitlines()]


def packets(content):
    """The packets of a Perfetto trace: field 1 of the one message, each with its length in front."""
    count, at = 0, 0
    while at < len(content):
        if content[at] != 0x0a:
            raise AssertionError(f"byte {at} begins no packet")
        at, length, shift = at + 1, 0, 0
        while True:
            length |= (content[at] & 0x7f) << shift
            at, shift = at + 1, shift + 7
            if content[at - 1] < 0x80:
                break
        at += length
        count += 1
    if at != len(content):
        raise AssertionError(f"the last packet is cut off: {at} of {len(content)}")
    return count


# What a report must say of a trace with CLIENTS connections of clients, and more.
REPORTS = {
    "text": lambda content, clients: content.decode().count("\n") > clients and b"pid" in content,
    "json": lambda content, clients: sum(c["class"] == "client" for c in json.loads(content)["connections"]) == clients,
    "ndjson": lambda content, clients: sum(line["type"] == "connection" and line["connection"]["class"] == "client"
                                           for line in lines_of_json(content)) == clients,
    "perfetto": lambda content, clients: packets(content) > clients,
    "chrome": lambda content, clients: len(json.loads(content)["traceEvents"]) > clients,
}
# What a verdict must say when nothing was found.
VERDICTS = {
    "text": lambda content: re.fullmatch(rb"no leaks: \d+ connections, 0 events lost\n", content) is not None,
    "json": lambda content: json.loads(content)["verdict"] == "clean",
    "junit": lambda content: ElementTree.fromstring(content).get("failures") == "0",
    "sarif": lambda content: json.loads(content)["runs"][0]["results"] == [],
    "github": lambda content: b"::error" not in content,
}


class Formats(harness.Scenario):
    def listed(self, command):
        """{what the help of COMMAND says of them: their names}"""
        said = self.wsitrace(command, "--help").out
        line, = re.findall(r"^ *--format (\S.*?)(?: {2,}|$)", said, re.MULTILINE)
        if line.startswith("FORMAT:"):
            return {"": re.search(r"{(.*)}", line)[1].split(",")}
        groups = re.findall(r"(?:(\w+): )?([a-z|]+)\[=FILE\]", line)
        return {kind: names.split("|") for kind, names in groups}

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def to(self, command, form):
        """--format FORM, into a file named after both."""
        return ["--format", f"{form}={self.path(f'{command}.{form}')}"]

    def record(self):
        """Runs a server under `run --check`, which writes everything that it can; the number of clients it had."""
        options = [word for forms in self.listed("run").values() for form in forms for word in self.to("run", form)]
        program = self.traced(self.host(), "--check", *options)
        workload.known(program.address(), one_by_one=SEQUENTIAL)
        result = program.stop()
        self.assertEqual((result.status, result.err), (5, ""), result)
        return workload.known_connections(SEQUENTIAL)

    def test_commands_list_the_same_formats(self):
        self.assertEqual(self.listed("report"), {"": list(REPORTS)})
        only = {"reports": [form for form in REPORTS if form not in VERDICTS],
                "verdicts": [form for form in VERDICTS if form not in REPORTS]}
        self.assertEqual(self.listed("run"), {"": list(REPORTS), "verdict": only["verdicts"]})
        self.assertEqual(self.listed("check"), {"": list(VERDICTS), "report": only["reports"]})
        for command in ("explain", "diff"):
            self.assertEqual(self.listed(command), {"": ["text", "json"]})

    def test_a_report_is_the_same_from_each_command(self):
        clients = self.record()
        for form, holds in REPORTS.items():
            with self.subTest(form=form):
                result = self.wsitrace("report", self.path("out.wsitrace"), *self.to("report", form))
                self.assertEqual((result.status, result.out, result.err), (0, "", ""), result)
                content = self.read(f"report.{form}")
                self.assertTrue(holds(content, clients), content[:2000])
                self.assertEqual(self.read(f"run.{form}"), content)
                if form in VERDICTS:
                    continue
                result = self.wsitrace("check", self.path("out.wsitrace"), *self.to("check", form), "--format", "text")
                self.assertEqual((result.status, result.err), (0, ""), result)
                self.assertEqual(result.out, f"no leaks: {clients} connections, 0 events lost\n")
                self.assertEqual(self.read(f"check.{form}"), content)

    def test_a_verdict_is_the_same_from_each_command(self):
        self.record()
        for form, holds in VERDICTS.items():
            with self.subTest(form=form):
                result = self.wsitrace("check", self.path("out.wsitrace"), *self.to("check", form))
                self.assertEqual((result.status, result.out, result.err), (0, "", ""), result)
                content = self.read(f"check.{form}")
                self.assertTrue(holds(content), content[:2000])
                if form not in REPORTS:
                    self.assertEqual(self.read(f"run.{form}"), content)

    def test_several_reports_follow_each_other_on_stdout(self):
        self.record()
        one = [self.wsitrace("report", self.path("out.wsitrace"), "--format", form).out for form in ("json", "ndjson")]
        both = self.wsitrace("report", self.path("out.wsitrace"), "--format", "json", "--format", "ndjson")
        self.assertEqual((both.status, both.out), (0, "".join(one)), both)

    def test_explain_and_diff_write_json(self):
        self.record()
        trace = self.path("out.wsitrace")
        for schema, command in (("wsitrace.diagnosis/1", ("explain", trace)), ("wsitrace.diff/1", ("diff", trace, trace))):
            result = self.wsitrace(*command, "--format", "json")
            self.assertEqual((result.status, json.loads(result.out)["schema"]), (0, schema), result)
            self.assertNotIn(schema, self.wsitrace(*command, "--format", "text").out)

    def test_a_format_that_a_command_cannot_write_is_refused(self):
        touch = ["/bin/touch", self.path("ran")]
        for command in (["report", "x"], ["explain", "x"], ["diff", "x", "y"]):
            result = self.wsitrace(*command, "--format", "junit")
            self.assertEqual((result.status, result.out), (2, ""), result)
            self.assert_one_line(result.err, "junit")
        for options in (["--format", "junit"], ["--format", "frobnicate"], ["--format", "perfetto="],
                        ["--format", "perfetto=" + self.path("no", "such")]):
            result = self.traced(touch, *options).wait()
            self.assertEqual((result.status, result.out), (2, ""), result)
            self.assert_one_line(result.err)
        self.assertEqual(self.traces(), [])

    def test_what_is_binary_is_not_for_a_terminal(self):
        self.record()
        trace = self.path("out.wsitrace")
        for command in (["report", trace], ["check", trace], ["run", "-o", self.path("again.wsitrace")]):
            program = ["--", "/bin/true"] if command[0] == "run" else []
            terminal = Terminal(self, [harness.WSITRACE, *command, "--format", "perfetto", *program])
            self.assertEqual(os.waitstatus_to_exitcode(terminal.wait()), 2, terminal.lines())
            self.assertIn("--format perfetto: is binary, and stdout is a terminal", " ".join(terminal.lines()))
        self.assertEqual(self.traces(), ["out.wsitrace"])
