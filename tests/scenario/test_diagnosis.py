# SPDX-License-Identifier: MIT
"""`wsitrace explain` says what is wrong with a program, and nothing else: one test for each row of diagnosis_rows.py and version of lws.

The programs play both sides themselves and mostly wait: all rows of a version run at the same time, as many as there is room for.
"""

import concurrent.futures
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

import cause_pages
import diagnosis_rows
import harness

AT_ONCE = cause_pages.AT_ONCE
KEPT = os.environ.get("WSITRACE_KEEP_TRACES")


class Answer:
    """What explain says of one run of a program: the text in one line, and the diagnoses."""

    def __init__(self, name, lws, way="preload", options=()):
        group, _, case = name.rpartition(".")
        program = os.path.join(harness.BUILD, "tests", "corpus", f"lws-{lws}", f"corpus_{group or 'troubles'}")
        directory = tempfile.mkdtemp(prefix="wsitrace-diagnosis-")
        trace = os.path.join(directory, "out.wsitrace")
        try:
            watched = [harness.WSITRACE, "run", *options, "-o", trace, "--"] if way == "preload" else []
            plugin = {"CORPUS_PLUGIN": harness.plugin_dir(lws), "CORPUS_TRACE": trace} if way == "plugin" else {}
            self.run = self._call([*watched, program, case], cwd=directory, env={**os.environ, **plugin})
            if KEPT and os.path.exists(trace):
                shutil.copy(trace, os.path.join(KEPT, f"{name}.{lws}.wsitrace"))
            text, told = (self._call([harness.WSITRACE, "explain", *form, trace]) for form in ([], ["--format", "json"]))
            report = self._call([harness.WSITRACE, "report", "--format", "json", trace])
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        self.explained = text.status == told.status == 0
        self.text = text.out + text.err
        self.words = re.sub(r"\s+", " ", text.out)
        self.diagnoses = json.loads(told.out)["diagnoses"] if self.explained else []
        ended = [one for one in json.loads(report.out)["connections"] if one["close"]] if self.explained else []
        self.ends = [(one["id"], one["close"]["reason"], one["close"]["by"]) for one in ended if one["class"] == "client"]

    @staticmethod
    def _call(command, **options):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=harness.PATIENCE_S, check=False, **options)
        status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return harness.Result(status, done.stdout.decode(), done.stderr.decode())

    def found(self, row):
        """What is wrong, as ROW has it."""
        uncounted = [text.removesuffix("*") for text in row.found if text.endswith("*")]
        found = [(f"{one['cause']} {one['severity']} ", one["count"]) for one in self.diagnoses if one["severity"] != "note"]
        return sorted(f"{what}{'*' if what in uncounted else count}" for what, count in found)


class Answers:
    """The answers for all rows of a version, got in the background from the first question on."""

    def __init__(self, lws):
        self.lws, self._lock, self._answers = lws, threading.Lock(), None

    def of(self, name):
        with self._lock:
            if self._answers is None:
                names = [row.name for row in diagnosis_rows.ROWS if self.lws in row.versions]
                pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
                self._answers = {one: pool.submit(Answer, one, self.lws) for one in names}
        return self._answers[name].result()


EXAMPLES = [example for example in map(cause_pages.example_on, cause_pages.pages()) if example]
MOST_UNKNOWN = 0.02  # of all ends, over all rows of a version


def assert_shown(test, example, answer):
    """The example of a page of the manual is what is said."""
    shown = cause_pages.shown_in(answer.text, example.cause)
    test.assertEqual(cause_pages.same(example.text), cause_pages.same(shown), f"deploy/manual/causes/{example.cause}.md; {answer.text}")


def claim(row, answers):
    examples = [one for one in EXAMPLES if (cause_pages.row_name(one), one.lws) == (row.name, answers.lws)]

    def test(self):
        answer = answers.of(row.name)
        self.assertEqual(answer.run.status, row.status, answer.run)
        self.assertTrue(answer.explained, answer.text)
        self.assertEqual(answer.found(row), row.found, answer.text)
        for words in row.says:
            self.assertIn(words, answer.words, answer.text)
        for words in row.never:
            self.assertNotIn(words, answer.words, answer.text)
        for one in answer.diagnoses:
            self.assertTrue(one["sentence"], one)
            self.assertTrue(one["evidence"] or one["certainty"] == "likely", one)
            self.assertEqual(len(one["connections"]), len(set(one["connections"])), one)
            self.assertLessEqual(len(one["connections"]), one["count"], one)
        for example in examples:
            assert_shown(self, example, answer)
    return test


def few_ends_are_unknown(rows, answers):
    def test(self):
        ends = [(row.name, *end) for row in rows for end in answers.of(row.name).ends]
        unknown = [end for end in ends if "unknown" in end[2:]]
        print(f"{len(unknown)} of {len(ends)} ends are unknown, or by whom: {unknown}")
        self.assertGreater(len(ends), len(rows))
        self.assertLessEqual(len(unknown), MOST_UNKNOWN * len(ends), unknown)
    return test


def of_version(lws):
    answers = Answers(lws)
    rows = [row for row in diagnosis_rows.ROWS if lws in row.versions]
    tests = {f"test_{row.name.replace('.', '_')}": claim(row, answers) for row in rows}
    return type(f"Lws{lws.replace('.', '')}", (unittest.TestCase,), {"maxDiff": 8000, "test_few_ends_are_unknown": few_ends_are_unknown(rows, answers), **tests})


Lws416 = of_version("4.1.6")
Lws435 = of_version("4.3.5")
LwsOwn = of_version(diagnosis_rows.OWN)


class ThroughThePlugin(unittest.TestCase):
    """Of the same program the same is said through the plugin: rows whose facts come from different places (diagnosis_table.py --way plugin
    has all)."""

    # lws starts its plugins within the program's first connect: the target of that one is not known.
    FEWER = {"sessions_superseded": ["sessions_superseded fault 9"]}

    def test_what_is_told_is_the_same(self):
        names = ("sessions_superseded", "deaf_to_peers_that_left", "owes_at_exit", "body_not_ended", "frame_not_utf8", "visitor_distrusts",
                 "one_blocks_the_rest", "out_of_descriptors")
        rows = [row for row in diagnosis_rows.ROWS if row.name in names and "4.3.5" in row.versions]
        self.assertEqual(len(rows), len(names))
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for row, answer in zip(rows, pool.map(lambda row: Answer(row.name, "4.3.5", way="plugin"), rows)):
                with self.subTest(program=row.name):
                    self.assertEqual(answer.run.status, row.status, answer.run)
                    self.assertEqual(answer.found(row), self.FEWER.get(row.name, row.found), answer.text)
                    self.assertIn("recorded by plugin", answer.words)


class Listening(harness.Scenario):
    def check(self, lws):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.assertEqual(self.traced(self.host("http_host", "--port", str(port), lws=lws)).wait().status, 1)
        told = json.loads(self.wsitrace("explain", "--format", "json", self.path("out.wsitrace")).out)
        [diagnosis] = told["diagnoses"]
        self.assertEqual((diagnosis["cause"], diagnosis["severity"], diagnosis["certainty"]), ("listen_failed", "trouble", "proven"))
        self.assertIn(f"port {port} (Address already in use)", diagnosis["sentence"])

    def test_a_port_that_is_taken(self):
        self.check("")

    def test_a_port_that_is_taken_4_1_6(self):
        self.check("4.1.6")

    def test_a_port_that_is_taken_4_3_5(self):
        self.check("4.3.5")


class Choice(harness.Scenario):
    """`explain` of one cause, and of everything."""

    def setUp(self):
        super().setUp()
        program = os.path.join(harness.BUILD, "tests", "corpus", "lws-4.3.5", "corpus_troubles")
        self.trace = self.path("out.wsitrace")
        self.assertEqual(self.traced([program, "owes_at_exit"]).wait().status, 0)

    def test_one_cause_with_all_its_evidence(self):
        result = self.wsitrace("explain", self.trace, "--cause", "response_owed")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertTrue(result.out.startswith("Trouble: 3 accepted connections are owed a response"), result.out)
        self.assertEqual(len(re.findall(r"^    \d+: The handler of protocol 'desk'", result.out, re.MULTILINE)), 3, result.out)
        told = json.loads(self.wsitrace("explain", self.trace, "--cause", "response_owed", "--format", "json").out)
        [diagnosis] = told["diagnoses"]
        self.assertEqual([one["connection"] for one in diagnosis["evidence_of_each"]], diagnosis["connections"])

    def test_everything(self):
        brief, whole = self.wsitrace("explain", self.trace), self.wsitrace("explain", self.trace, "--verbose")
        self.assertEqual((whole.status, whole.err), (0, ""))
        self.assertNotIn("Evidence of each connection", brief.out)
        self.assertIn("Evidence of each connection", whole.out)
        self.assertEqual(brief.out.splitlines()[0], whole.out.splitlines()[0])

    def test_a_cause_that_it_does_not_have(self):
        result = self.wsitrace("explain", self.trace, "--cause", "reconnect_storm")
        self.assertEqual(result.status, 0, result)
        self.assertRegex(result.out, r"^\S+: nothing of cause reconnect_storm \(it has .*response_owed.*\)\n$")


class Pages(harness.Scenario):
    def test_each_page_is_in_the_program(self):
        listed = self.wsitrace("explain", "--cause", "list").out.splitlines()
        self.assertEqual([line.split()[0] for line in listed], cause_pages.pages())
        for cause in cause_pages.pages():
            with open(cause_pages.page_path(cause), encoding="utf-8") as file:
                self.assertEqual(self.wsitrace("explain", "--cause", cause).out, file.read())

    def test_a_misspelt_cause_is_one_line_with_near_names(self):
        for arguments in ((), (self.path("no-such-trace"),)):
            result = self.wsitrace("explain", *arguments, "--cause", "respons_owed")
            self.assertEqual((result.status, result.out), (2, ""), result)
            self.assert_one_line(result.err, "--cause respons_owed", "no such cause", "did you mean response_owed")
        result = self.wsitrace("explain", "--cause", "xyzzy")
        self.assertEqual(result.status, 2, result)
        self.assert_one_line(result.err, "no such cause", "--cause list")

    def test_without_trace_and_cause_there_is_nothing_to_explain(self):
        result = self.wsitrace("explain")
        self.assertEqual(result.status, 2, result)
        self.assert_one_line(result.err, "FILE is required")

    def test_examples_of_programs_that_have_no_row_here(self):
        rows = {(row.name, lws) for row in diagnosis_rows.ROWS for lws in row.versions}
        others = [example for example in EXAMPLES if (cause_pages.row_name(example), example.lws) not in rows]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for example, answer in zip(others, pool.map(cause_pages.answer_to, others)):
                with self.subTest(cause=example.cause):
                    assert_shown(self, example, answer)


class Place(unittest.TestCase):
    """The callback of the protocol is named, with the line where it begins."""

    def check(self, lws, way):
        answer = Answer("handler_says_no", lws, way)
        [one] = [one for one in answer.diagnoses if one["cause"] == "closed_midway"]
        callback = one["callback"]
        self.assertIsNotNone(callback, answer.text)
        name = os.path.basename(callback["file"])
        with open(os.path.join(harness.SOURCE, "..", "corpus", name), encoding="utf-8") as source:
            line = source.read().splitlines()[callback["line"] - 1]
        self.assertIn(callback["function"] + "(", line, callback)
        self.assertIn(f"protocol desk ({callback['function']}, {name}:{callback['line']})", answer.words)

    def test_by_preload(self):
        self.check("4.1.6", "preload")
        self.check("4.3.5", "preload")

    def test_by_plugin(self):
        self.check("4.1.6", "plugin")
        self.check("4.3.5", "plugin")


class Table(unittest.TestCase):
    def test_every_program_has_at_most_one_row_for_a_version(self):
        names = [(row.name, lws) for row in diagnosis_rows.ROWS for lws in row.versions]
        self.assertEqual(len(names), len(set(names)), names)

    def test_every_kind_of_trouble_has_a_look_alike_without(self):
        for rows in (diagnosis_rows.OUTBOUND, diagnosis_rows.ANSWERS, diagnosis_rows.CLIENTS, diagnosis_rows.TLS, diagnosis_rows.INBOUND, diagnosis_rows.HANDLERS,
                     diagnosis_rows.SESSIONS, diagnosis_rows.SERVERS, diagnosis_rows.H2, diagnosis_rows.ENDS):
            self.assertTrue([row for row in rows if not row.found], rows)
