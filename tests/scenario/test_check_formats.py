# SPDX-License-Identifier: MIT
"""The gate: what `run --check` and `check` exit with, and what they write, read back by parsers that are not ours: junitparser, and the
SARIF validator of those who keep that format (sarif/package.json).

The leak is libwebsockets' own: 4.3.5 leaves an event descriptor behind for each context, 4.1.6 does not.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import harness
import workload

CYCLES = 5
CI = os.path.join(harness.ROOT, "deploy", "ci")
VALIDATOR = os.path.join(harness.SOURCE, "sarif", "node_modules", "@microsoft", "sarif-multitool-linux", "Sarif.Multitool")
# junitparser is a package of the system's python, which need not be the one that runs this.
READ_JUNIT = """
import json, sys
from junitparser import JUnitXml
suite, = JUnitXml.fromfile(sys.argv[1])
cases = {case.name: [[type(r).__name__, r.type, r.message, r.text] for r in case.result] for case in suite}
print(json.dumps({"name": suite.name, "tests": suite.tests, "failures": suite.failures, "errors": suite.errors,
                  "skipped": suite.skipped, "cases": cases}))
"""
ANNOTATION = re.compile(r"::(error|warning) title=([^:,\r\n]*)::(.*)")


def unescaped(text):
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


class Gate(harness.Scenario):
    def leaky(self, name="cycles_host"):
        return self.host(name, CYCLES, 1, lws="4.3.5")

    def clean(self):
        return self.host("cycles_host", CYCLES, 1, lws="4.1.6")

    def gate(self, command, *options, **popen):
        return self.traced(command, "--check", *options, **popen).wait()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return file.read()

    def junit(self, name="out.xml"):
        read = subprocess.run(["/usr/bin/python3", "-c", READ_JUNIT, self.path(name)], capture_output=True, text=True, check=False)
        self.assertEqual(read.returncode, 0, read.stderr)
        return json.loads(read.stdout)

    def objections(self, name):
        checked = subprocess.run([VALIDATOR, "validate", self.path(name)], capture_output=True, text=True, check=False)
        self.assertIn("Analysis completed successfully", checked.stdout, checked.stderr)
        return [line for line in checked.stdout.splitlines() if re.search(r": (error|warning) (?!SARIF2005)", line)]

    def sarif(self, name="out.sarif"):
        """The run in a SARIF file to which the validator has no objection. (SARIF2005 wants the address of a home page.)"""
        self.assertEqual(self.objections(name), [])
        run, = json.loads(self.read(name))["runs"]
        return run

    def annotations(self, text):
        found = [ANNOTATION.fullmatch(line) for line in text.split("\n") if line.startswith("::")]
        return [(m.group(1), unescaped(m.group(2)), unescaped(m.group(3))) for m in found]


class Formats(Gate):
    def all_formats(self, command, **popen):
        return self.gate(command, "--format", f"junit={self.path('out.xml')}", "--format", f"sarif={self.path('out.sarif')}",
                         "--format", "github", **popen)

    def test_a_leak_is_told_in_all_formats_at_once(self):
        result = self.all_formats(self.leaky(), env={"GITHUB_STEP_SUMMARY": self.write("summary.md", "before\n")})
        self.assertEqual(result.status, 1, result)
        message = f"{CYCLES} descriptors"
        self.assertIn(message, result.err)
        junit = self.junit()
        self.assertEqual((junit["name"], junit["failures"], junit["errors"], junit["skipped"]), ("wsitrace", 1, 0, 0))
        (kind, name, told, details), = junit["cases"]["descriptor_left"]
        self.assertEqual((kind, name), ("Failure", "descriptor_left"))
        self.assertIn(message, told)
        self.assertIn("What to do: ", details)
        run = self.sarif()
        finding, = run["results"]
        self.assertEqual((finding["ruleId"], finding["properties"]["count"]), ("descriptor_left", CYCLES))
        self.assertEqual(run["invocations"][0]["exitCode"], 1)
        (level, title, text), = self.annotations(result.out)
        self.assertEqual((level, title), ("error", "wsitrace: descriptor_left"))
        self.assertTrue(text.startswith(f"cycles_host: {message}"), text)
        summary = self.read("summary.md")
        self.assertTrue(summary.startswith("before\n### wsitrace: 1 finding\n"), summary)
        self.assertIn("| `descriptor_left` | 5 | cycles\\_host | 5 descriptors", summary)

    def test_a_clean_run_shows_what_was_looked_for(self):
        result = self.all_formats(self.clean())
        self.assertEqual((result.status, result.err), (0, ""), result)
        junit = self.junit()
        self.assertEqual((junit["failures"], junit["errors"], junit["skipped"]), (0, 0, 0))
        self.assertEqual(junit["tests"], len(junit["cases"]))
        self.assertIn("connection_not_destroyed", junit["cases"])
        self.assertEqual(self.sarif()["results"], [])
        self.assertEqual(self.annotations(result.out), [])

    def test_inconclusive_is_an_error_and_nothing_passes(self):
        result = self.all_formats(["/bin/true"])
        self.assertEqual(result.status, 3, result)
        junit = self.junit()
        self.assertEqual((junit["errors"], junit["skipped"]), (1, junit["tests"] - 1))
        self.assertEqual(junit["cases"]["conclusive"][0][:2], ["Error", "inconclusive"])
        invocation = self.sarif()["invocations"][0]
        self.assertEqual((invocation["executionSuccessful"], invocation["exitCode"]), (False, 3))
        self.assertEqual([a[:2] for a in self.annotations(result.out)], [("warning", "wsitrace: inconclusive")])

    def test_names_arrive_character_by_character(self):
        name = "a%,:;\n\r\t\"'<&>|`\\=%0A \u00e9"
        shutil.copy(harness.host_path("cycles_host", "4.3.5"), self.path(name))
        result = self.all_formats([self.path(name), CYCLES, 1])
        self.assertEqual(result.status, 1, result)
        (_, _, text), = self.annotations(result.out)
        self.assertTrue(text.startswith(f"{name}: {CYCLES} descriptors"), text)
        finding, = self.sarif()["results"]
        self.assertEqual(finding["properties"]["program"], name)
        self.assertIn("a%,:;\\n\\r\\t\"'<&>|`\\\\=%0A \u00e9: ", self.junit()["cases"]["descriptor_left"][0][3])

    def test_check_says_of_the_trace_what_run_has_said(self):
        self.all_formats(self.leaky())
        result = self.wsitrace("check", self.path("out.wsitrace"), "--format", f"junit={self.path('again.xml')}", "--format",
                               f"sarif={self.path('again.sarif')}", "--format", "text", "--format", f"json={self.path('out.json')}")
        self.assertEqual(result.status, 1, result)
        self.assertEqual(self.read("again.xml"), self.read("out.xml"))
        self.assertEqual(self.read("again.sarif"), self.read("out.sarif"))
        self.assertIn("what to do: ", result.out)
        self.assertEqual(json.loads(self.read("out.json"))["findings"][0]["count"], CYCLES)

    def test_the_validator_objects_to_what_is_wrong(self):
        self.all_formats(self.leaky())
        for right, wrong in (('"id": "peer_gone"', '"id": 7'), ('"results"', '"result"'), ('"2.1.0"', '"2.2.0"')):
            self.write("wrong.sarif", self.read("out.sarif").replace(right, wrong))
            self.assertNotEqual(self.objections("wrong.sarif"), [], wrong)

    def test_verdict_is_written_when_the_program_fails(self):
        command = ["/bin/sh", "-c", '"$@"; exit 7', "sh", *self.leaky()]
        self.assertEqual(self.all_formats(command).status, 7)
        self.assertEqual(self.junit()["failures"], 1)

    def test_verdict_is_written_when_the_program_does_not_start(self):
        self.assertEqual(self.all_formats([self.path("nothing")]).status, 127)
        self.assertEqual(self.junit()["errors"], 1)


class AllowLists(Gate):
    def allowed(self, rules, *options):
        allow = self.write("allow.txt", rules)
        return self.gate(self.leaky(), "--allow", allow, *options)

    def test_an_allowed_leak_passes_and_is_counted(self):
        result = self.allowed(f"kind=descriptor_left program=cycles_* count={CYCLES}  # lws 4.3.5\n", "-v")
        self.assertEqual(result.status, 0, result)
        self.assertIn(f"allow.txt:1: kind=descriptor_left program=cycles_* count={CYCLES}: allowed {CYCLES}\nno leaks: ", result.err)

    def test_one_more_than_the_count_fails(self):
        result = self.allowed(f"kind=descriptor_left count={CYCLES - 1}\n")
        self.assertEqual(result.status, 1, result)
        self.assertIn(f"{CYCLES} more would exceed its count", result.err)

    def test_a_stale_rule_is_told_and_fails_when_strict(self):
        rules = "kind=descriptor_left\nkind=peer_gone\n"
        result = self.allowed(rules)
        self.assertEqual(result.status, 0, result)
        self.assertIn("allow.txt:2: kind=peer_gone: stale, it allowed nothing", result.err)
        result = self.allowed(rules, "--strict-allow")
        self.assertEqual(result.status, 1, result)
        self.assertIn(f"wsitrace: {self.path('allow.txt')}:2: stale rule: ", result.err)

    def test_check_takes_several_lists(self):
        self.gate(self.leaky())
        trace, first, second = self.path("out.wsitrace"), self.write("a", "kind=peer_gone\n"), self.write("b", "kind=descriptor_*\n")
        result = self.wsitrace("check", trace, "--allow", first, "--allow", second, "--format", "json")
        self.assertEqual(result.status, 0, result)
        self.assertEqual([rule["used"] for rule in json.loads(result.out)["rules"]], [0, CYCLES])
        result = self.wsitrace("check", trace, "--allow", first, "--allow", second, "--strict-allow")
        self.assertEqual(result.status, 1, result)
        self.assert_one_line(result.err, "stale rule")

    def test_what_is_wrong_is_one_line_before_anything_runs(self):
        touch = ["/bin/touch", self.path("ran")]
        for text, why in (("kind=x\n", "allow.txt:1: unknown kind \"x\" (kinds: "), ("\n\nvhost=a\n", "allow.txt:3: no kind"),
                          ("kind=*\0\n", "NUL byte"), ("kind=" + "x" * 5000, "in one line"), ("x" * 2000000, "no allow-list")):
            allow = self.write("allow.txt", text)
            for result in (self.gate(touch, "--allow", allow), self.wsitrace("check", self.path("out.wsitrace"), "--allow", allow)):
                self.assertEqual((result.status, result.out), (2, ""), result)
                self.assert_one_line(result.err, why)
        for options in (["--check", "--allow", self.path("nothing")], ["--check", "--allow", self.directory],
                        ["--allow", allow], ["--check", "--strict-allow"], ["--format", "junit"],
                        ["--format", f"sarif={self.path('s')}"], ["--check", "--format", f"junit={self.path('no/such')}"],
                        ["--check", "--format", "junit="], ["--check", "--format", "frobnicate"]):
            result = self.traced(touch, *options).wait()
            self.assertEqual((result.status, result.out), (2, ""), result)
            self.assert_one_line(result.err)
        self.assertFalse(os.path.exists(self.path("ran")))


class Settle(Gate):
    def serving(self):
        program = self.traced(self.host())
        program.address()
        harness.until(lambda: os.path.exists(self.path("out.wsitrace")), "a trace")
        return program

    def test_a_program_that_goes_on_is_inconclusive(self):
        program = self.serving()
        result = self.wsitrace("check", self.path("out.wsitrace"), "--settle", "0.1")
        self.assertEqual(result.status, 3, result)
        self.assertIn("still running", result.out)
        program.stop()

    def test_a_program_that_ends_meanwhile_is_judged_for_good(self):
        program = self.serving()
        check = self.start([harness.WSITRACE, "check", self.path("out.wsitrace"), "--settle", str(harness.PATIENCE_S)])
        program.stop()
        self.assertEqual(check.wait().status, 0)

    def test_a_host_that_was_killed_is_inconclusive_at_once(self):
        program = self.serving()
        os.kill(harness.child_of(program.pid), signal.SIGKILL)
        self.assertEqual(program.wait().status, 128 + signal.SIGKILL)
        result = self.wsitrace("check", self.path("out.wsitrace"), "--settle", "3600")
        self.assertEqual(result.status, 3, result)


class Loss(Gate):
    """The ring is forced to overflow: nothing can be promised, and what was found is still told."""

    def lossy(self, first):
        """Runs FIRST, whose events all fit, then a server that outruns the launcher. The kinds of what was found."""
        script = " ".join(str(word) for word in first) + '; "$@"; exit 0'
        program = self.traced(["/bin/sh", "-c", script, "sh", *self.host()], "--check", "--ring-size", "256",
                              "--format", f"junit={self.path('out.xml')}", "--format", f"sarif={self.path('out.sarif')}")
        kept = workload.Http1(program.address())
        kept.get("/dyn")
        server = harness.child_of(harness.child_of(program.pid), "http_host")
        program.send_signal(signal.SIGSTOP)
        for _ in range(101):
            kept.get("/dyn")
        program.send_signal(signal.SIGCONT)
        harness.turned(program.pid)  # the ring has room again: the ends of all that was begun are recorded
        kept.finish()
        os.kill(server, signal.SIGINT)
        result = program.wait()
        self.assertEqual(result.status, 3, result)
        self.assertRegex(result.err, r"doubt: http_host \(PID \d+\): \d+ events were lost")
        self.assertFalse(self.sarif()["invocations"][0]["executionSuccessful"])
        junit = self.junit()
        self.assertEqual(junit["cases"]["conclusive"][0][0], "Error")
        return {name for name, results in junit["cases"].items() if results and results[0][0] == "Failure"}

    def test_a_leak_is_told_and_no_promise_made(self):
        self.assertEqual(self.lossy(self.leaky()), {"descriptor_left"})

    def test_no_promise_is_made_of_a_clean_run(self):
        self.assertEqual(self.lossy(self.clean()), set())


class Recipes(Gate):
    """What deploy/ci promises."""

    def test_ctest_fails_on_the_leak_and_on_stale_rules_only(self):
        self.write("known.txt", "kind=descriptor_left\n")
        self.write("stale.txt", "kind=descriptor_left\nkind=peer_gone\n")
        leaky, clean = (" ".join(str(word) for word in command) for command in (self.leaky(), self.clean()))
        self.write("CMakeLists.txt", f"""cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES NONE)
enable_testing()
set(WSITRACE {harness.WSITRACE})
include({os.path.join(CI, "ctest.cmake")})
wsitrace_add_test(NAME leaky COMMAND {leaky})
wsitrace_add_test(NAME clean COMMAND {clean})
wsitrace_add_test(NAME allowed COMMAND {leaky} ALLOW known.txt)
wsitrace_add_test(NAME stale COMMAND {leaky} ALLOW known.txt stale.txt)
""")
        configured = self.execute(["cmake", "-S", self.directory, "-B", self.path("build")])
        self.assertEqual(configured.status, 0, configured)
        self.execute(["ctest", "--test-dir", self.path("build"), "--output-junit", self.path("ctest.xml")])
        results = {case.get("name"): case.find("failure") is None
                   for case in ElementTree.parse(self.path("ctest.xml")).getroot().iter("testcase")}
        self.assertEqual(results, {"leaky": False, "clean": True, "allowed": True, "stale": False})
        self.assertEqual(self.junit(os.path.join("build", "leaky.leaks.xml"))["failures"], 1)

    def test_options_in_the_recipes_are_there(self):
        known = self.wsitrace("run", "--help").out
        for name in sorted(os.listdir(CI)):
            with open(os.path.join(CI, name), encoding="utf-8") as file:
                text = file.read()
            calls = re.findall(r"wsitrace run ((?:(?! -- ).|\n)*)", text) + re.findall(r"set\(options (.*?)\)", text, re.DOTALL)
            self.assertNotEqual(calls, [], name)
            for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", " ".join(calls)):
                self.assertRegex(known, rf"(?m){option}\b", name)


if __name__ == "__main__":
    unittest.main()
