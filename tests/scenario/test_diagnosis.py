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

import diagnosis_rows
import harness

AT_ONCE = 4
KEPT = os.environ.get("WSITRACE_KEEP_TRACES")


class Answer:
    """What explain says of one run of a program: the text in one line, and the diagnoses."""

    def __init__(self, name, lws, way="preload"):
        group, _, case = name.rpartition(".")
        program = os.path.join(harness.BUILD, "tests", "corpus", f"lws-{lws}", f"corpus_{group or 'troubles'}")
        directory = tempfile.mkdtemp(prefix="wsitrace-diagnosis-")
        trace = os.path.join(directory, "out.wsitrace")
        try:
            watched = [harness.WSITRACE, "run", "-o", trace, "--"] if way == "preload" else []
            plugin = {"CORPUS_PLUGIN": harness.plugin_dir(lws), "CORPUS_TRACE": trace} if way == "plugin" else {}
            self.run = self._call([*watched, program, case], cwd=directory, env={**os.environ, **plugin})
            if KEPT and os.path.exists(trace):
                shutil.copy(trace, os.path.join(KEPT, f"{name}.{lws}.wsitrace"))
            text, told = (self._call([harness.WSITRACE, "explain", *form, trace]) for form in ([], ["--format", "json"]))
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        self.explained = text.status == told.status == 0
        self.text = text.out + text.err
        self.words = re.sub(r"\s+", " ", text.out)
        self.diagnoses = json.loads(told.out)["diagnoses"] if self.explained else []

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


def claim(row, answers):
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
    return test


def of_version(lws):
    answers = Answers(lws)
    rows = [row for row in diagnosis_rows.ROWS if lws in row.versions]
    return type(f"Lws{lws.replace('.', '')}", (unittest.TestCase,), {"maxDiff": 8000, **{f"test_{row.name.replace('.', '_')}": claim(row, answers) for row in rows}})


Lws416 = of_version("4.1.6")
Lws435 = of_version("4.3.5")
LwsOwn = of_version(diagnosis_rows.OWN)


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


class Table(unittest.TestCase):
    def test_every_program_has_at_most_one_row_for_a_version(self):
        names = [(row.name, lws) for row in diagnosis_rows.ROWS for lws in row.versions]
        self.assertEqual(len(names), len(set(names)), names)

    def test_every_kind_of_trouble_has_a_look_alike_without(self):
        for rows in (diagnosis_rows.OUTBOUND, diagnosis_rows.ANSWERS, diagnosis_rows.CLIENTS, diagnosis_rows.TLS, diagnosis_rows.INBOUND, diagnosis_rows.HANDLERS,
                     diagnosis_rows.SESSIONS, diagnosis_rows.SERVERS, diagnosis_rows.H2, diagnosis_rows.ENDS):
            self.assertTrue([row for row in rows if not row.found], rows)
