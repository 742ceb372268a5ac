# SPDX-License-Identifier: MIT
"""The examples in README.md and the manual work as they stand there.

A fenced block marked `console` is a session: its commands are typed into a shell one by one, in a directory that looks like the
tree after a build, and what they print must be what the document says. Ports, process ids, pointers, descriptors, sizes, times
and the number of events may differ (see VARIES), and so may the width of columns and lines; a line "..." stands for any number of
lines. A command that ends in "&" has printed what is shown below it before the next one is typed. Blocks in c, cpp and json are
compiled and parsed.
"""

import contextlib
import glob
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import unittest

import harness

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "lint"))
import markdown  # noqa: E402

MANUAL = os.path.join(harness.ROOT, "deploy", "manual")
PORTS = re.compile(r"\b768\d\b")
END = "end of command"
VARIES = (
    (r"0x[0-9a-f]+", "POINTER"),
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r"\b(port|pid|fd|descriptor) \d+", r"\1 NUMBER"),
    (r"\b\d+ bytes", "BYTES"),
    (r"\b\d+ events recorded", "EVENTS recorded"),
    (r"(?<![\d.])\d+\.\d+(?![\d.])", "TIME"),
    (r"\b(TIME|\d+) (ns|us|µs|ms|milliseconds|s)\b", "TIME"),
)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def comparable(text):
    """TEXT without what differs from run to run."""
    text = " ".join(text.split())
    for pattern, word in VARIES:
        text = re.sub(pattern, word, text)
    return text


def matches(shown, printed):
    """Whether PRINTED is what a document shows."""
    first, *rest = [re.escape(comparable(part)) for part in re.split(r"^ *\.\.\. *$", shown, flags=re.MULTILINE)]
    pattern = first
    for part in rest:
        pattern = f"{pattern} (?:.* )?{part}" if pattern else f"(?:.* )?{part}"
    return re.fullmatch(pattern, comparable(printed) + (" " if pattern.endswith("(?:.* )?") else "")) is not None


def commands(code):
    """(command, what it prints) of a session, in order."""
    typed = []
    for line in code.splitlines():
        if line.startswith("$ "):
            typed.append([line[2:], ""])
        else:
            typed[-1][1] += line + "\n"
    return [tuple(pair) for pair in typed]


class Shell:
    """A shell into which commands are typed."""

    def __init__(self, scenario, directory, path):
        self.output = os.path.join(directory, "transcript")
        self.number, self.ports = 0, {}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(["bash", "--norc", "--noprofile"], cwd=directory, stdin=subprocess.PIPE, stdout=output,
                                            stderr=output, start_new_session=True,
                                            env={**environment, "PATH": path, "LC_ALL": "C.UTF-8"})
        scenario.addCleanup(self.discard)

    def text(self):
        with open(self.output, "rb") as file:
            return file.read().decode(errors="replace")

    def type(self, command, shown):
        """What COMMAND prints; the status of the one before is still there for it to see."""
        self.number += 1
        start, end = len(self.text()), f"{END} {self.number}\n"
        command = PORTS.sub(lambda port: str(self.ports.setdefault(port.group(), harness.free_port())), command)
        line = f"(exit ${{status:-0}}); {command}\nstatus=$?; printf '%s' {shlex.quote(end)}\n"
        if command.endswith("&"):
            line = f"{command}\nprintf '%s' {shlex.quote(end)}\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()
        harness.until(lambda: end in self.text(), f"the end of {command}:\n{self.text()}")
        if command.endswith("&"):
            harness.until(lambda: matches(shown, self.printed(start)), f"what a document shows of {command}:\n{shown}")
        return self.printed(start)

    def printed(self, start):
        """What was printed from START on; paths of sources as the documents show them, below the tree."""
        return re.sub(rf"{END} \d+\n|{re.escape(harness.ROOT)}/|(?:\.\./)+", "", self.text()[start:])

    def discard(self):
        """Ends the shell and whatever a session has left running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()


def manual_pages():
    """Paths below the manual, those of the causes among them."""
    return sorted(os.path.relpath(path, MANUAL) for path in glob.glob(os.path.join(MANUAL, "**", "*.md"), recursive=True))


class Documents(harness.Scenario):
    def tree(self):
        """A directory that looks like this tree after a build, in which a session may write."""
        place = self.path("tree")
        os.makedirs(os.path.join(place, "build"))
        for name in os.listdir(harness.ROOT):
            if name not in ("build", ".git"):
                os.symlink(os.path.join(harness.ROOT, name), os.path.join(place, name))
        os.symlink(harness.BUILD, os.path.join(place, "build", "release"))
        return place

    def assert_sessions_hold(self, document, path):
        """Runs all sessions of DOCUMENT in one shell; returns how many commands that were."""
        typed = [pair for language, code in markdown.fences(read(document)) if language == "console" for pair in commands(code)]
        shell = Shell(self, self.tree(), path)
        for command, shown in typed:
            printed = shell.type(command, shown)
            self.assertTrue(matches(shown, printed), f"{document}\n$ {command}\nthe document shows:\n{shown}\nit prints:\n{printed}")
        return len(typed)


class Sessions(Documents):
    def test_session_of_the_readme_works_as_it_stands(self):
        self.assertGreaterEqual(self.assert_sessions_hold(os.path.join(harness.ROOT, "README.md"), os.environ["PATH"]), 6)

    def test_sessions_of_the_manual_work_as_they_stand(self):
        path = os.path.join(harness.BUILD, "bin") + os.pathsep + os.environ["PATH"]
        pages = [name for name in manual_pages() if "```console" in read(os.path.join(MANUAL, name))]
        self.assertGreaterEqual(len(pages), 4, pages)
        for name in pages:
            with self.subTest(page=name):
                self.directory = self.path(name)
                os.makedirs(self.directory)
                self.assert_sessions_hold(os.path.join(MANUAL, name), path)


class Snippets(Documents):
    def fences(self, language):
        found = [(name, code) for name in manual_pages() for kind, code in markdown.fences(read(os.path.join(MANUAL, name)))
                 if kind == language]
        self.assertTrue(found, language)
        return found

    def assert_compiles(self, compiler, language):
        flags = subprocess.run(["pkg-config", "--cflags", "libwebsockets"], capture_output=True, text=True, check=True).stdout.split()
        for number, (name, code) in enumerate(self.fences(language)):
            source = self.path(f"{number}.{language}")
            with open(source, "w", encoding="utf-8") as file:
                file.write(code)
            with self.subTest(page=name):
                result = self.execute([*compiler, "-Wall", "-Werror", "-fsyntax-only", "-I" + os.path.join(harness.ROOT, "include"),
                                       *flags, source])
                self.assertEqual(result.status, 0, result)

    def test_c_compiles(self):
        self.assert_compiles(["cc", "-std=c11"], "c")

    def test_cpp_compiles(self):
        self.assert_compiles(["c++", "-std=c++20"], "cpp")

    def test_json_parses(self):
        for name, code in self.fences("json"):
            with self.subTest(page=name):
                json.loads(code if code.lstrip().startswith("{") else "{" + code + "}")


class Comparison(unittest.TestCase):
    def test_what_varies_may_differ(self):
        shown = "1 2.5 s\n  fd 7, pid 12, 127.0.0.1:80, 0xab\n"
        for printed in (shown, "1 31.75 ms fd 11, pid 4711, 127.0.0.1:50000, 0x5512", "1 300 µs\nfd 7,\n pid 1, 127.0.0.1:1, 0x0\n\n"):
            with self.subTest(printed=printed):
                self.assertTrue(matches(shown, printed))

    def test_nothing_else_may_differ(self):
        shown = "1 finding\nlibwebsockets 4.1.6\n"
        for printed in ("2 finding\nlibwebsockets 4.1.6\n", "1 finding\nlibwebsockets 4.1.7\n", "1 finding\n", "", "x " + shown, shown + "x"):
            with self.subTest(printed=printed):
                self.assertFalse(matches(shown, printed))

    def test_dots_stand_for_any_lines(self):
        shown = "a 1\n...\nb 2\n"
        for printed in ("a 1\nb 2\n", "a 1\nx\ny z\nb 2\n"):
            self.assertTrue(matches(shown, printed), printed)
        for printed in ("a 1\n", "a 1\nb 3\n", "a 1\nx\nb 2\nc\n", "a 1x\nb 2\n", "x\na 1\nb 2\n"):
            self.assertFalse(matches(shown, printed), printed)
        for printed in ("a 1\n", "x\na 1\n", "a 1\nx\n", "x\na 1\ny\nz\n"):
            self.assertTrue(matches("...\na 1\n...\n", printed), printed)
        self.assertFalse(matches("...\na 1\n...\n", "x\n"))

    def test_session_is_taken_apart(self):
        self.assertEqual(commands("$ a &\n$ b\nx\ny\n$ c\n"), [("a &", ""), ("b", "x\ny\n"), ("c", "")])


if __name__ == "__main__":
    unittest.main()
