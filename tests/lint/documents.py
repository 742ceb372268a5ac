#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the documents to the tree: links, anchors, paths, rooms, options, metrics and finding kinds that are named must be there, and
what is there must be documented."""
import argparse
import pathlib
import re
import subprocess
import sys

import markdown

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANUAL = ROOT / "deploy/manual"
PLACEHOLDER = re.compile(r"[*<>${}]|\b[A-Z]{3,}\b|\.\.\.")
LABELS = {"lws_version"}
COMMANDS = ("run", "report", "check", "explain", "diff", "top", "agent")
# Options of other programs that the manual names in its text.
STRANGERS_OPTIONS = {"--enable-feature", "--prefix"}
README_LINES = 150
SETUP = ["deploy/quickstart.sh", "tests/run.sh"]


def documents():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"],
                            capture_output=True, text=True, check=True).stdout.split("\n")
    return sorted({ROOT / name for name in listed if name and (ROOT / name).exists()})


def for_readers():
    return [ROOT / "README.md", *sorted(MANUAL.rglob("*.md"))]


def links(document, text):
    for path, anchor in markdown.links(text):
        target = document.parent / path if path else document
        if not target.exists():
            yield f"link to {path}, which is not there"
        elif anchor and (target.suffix != ".md" or anchor not in markdown.anchors(target.read_text())):
            yield f"link to {path}#{anchor}: {target.name} has no such heading"


def paths(document, text):
    tops = {entry.name for entry in ROOT.iterdir() if entry.is_dir() and entry.name not in ("build", ".git")}
    for word in re.findall(r"(?<![\w/.-])((?:[\w.-]+/)+[\w.-]*)", text):
        word = word.rstrip(".")
        if word.partition("/")[0] not in tops or PLACEHOLDER.search(word):
            continue
        if not any((base / word).exists() for base in (ROOT, document.parent, ROOT / "include")):
            yield f"{word} is named, but is not there"


def rooms():
    table = (ROOT / "agent/ARCHITECTURE.md").read_text().split("<!-- rooms -->")[-1].split("<!-- /rooms -->")[0]
    for line in table.splitlines():
        for token in re.findall(r"`((?:agent|include)/[^`]*)`", line):
            if not (ROOT / token).exists():
                yield f"agent/ARCHITECTURE.md: the room table names {token}, which is not there"


def test_folders():
    text = (ROOT / "tests/README.md").read_text()
    for folder in sorted((ROOT / "tests").iterdir()):
        if folder.is_dir() and any(folder.iterdir()) and folder.name != "__pycache__" and f"`{folder.name}/`" not in text:
            yield f"tests/README.md does not say what tests/{folder.name}/ is"


def manual_index():
    index = MANUAL / "index.md"
    linked = {(MANUAL / path).resolve() for path, _ in markdown.links(index.read_text())}
    for page in sorted(MANUAL.glob("*.md")):
        if page != index and page.resolve() not in linked:
            yield f"deploy/manual/index.md does not link {page.name}"
    if index.resolve() not in {(ROOT / path).resolve() for path, _ in markdown.links((ROOT / "README.md").read_text())}:
        yield "README.md does not link deploy/manual/index.md"


def readme():
    text = (ROOT / "README.md").read_text()
    if len(text.splitlines()) > README_LINES:
        yield f"README.md: {len(text.splitlines())} lines ({README_LINES} at most: move something to deploy/manual)"
    blocks = [[line.partition("#")[0].strip() for line in code.splitlines()] for _, code in markdown.fences(text)]
    if SETUP not in blocks:
        yield f"README.md: no block has just the commands {', '.join(SETUP)}"


def sessions():
    """What looks like a terminal session is one that tests/scenario/test_readme.py runs."""
    for document in for_readers():
        for language, code in markdown.fences(document.read_text()):
            if re.search(r"^\$ ", code, re.MULTILINE) and language != "console":
                yield f"{document.relative_to(ROOT)}: a session that is not marked as ```console: {code.splitlines()[0]}"


def told_and_there(where, what, told, there):
    if not there:
        yield f"no {what} were found in the sources"
    for name in sorted(there - told):
        yield f"{where}: lacks {what} {name}"
    for name in sorted(told - there):
        yield f"{where}: has {what} {name}, which is not there"


def rows(page):
    """What stands in backticks at the beginning of the table rows of a page of the manual."""
    text = (MANUAL / page).read_text()
    return {name for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)}


def metrics():
    sources = "".join(file.read_text() for folder in ("agent/export/prometheus", "agent/cli/agent")
                      for file in (ROOT / folder).glob("*.cpp"))
    made = set(re.findall(r'"((?:lws|wsitrace)_[a-z_]+[a-z])"', sources)) - LABELS
    told = {name for name in rows("metrics.md") if name.startswith(("lws_", "wsitrace_"))}
    yield from told_and_there("deploy/manual/metrics.md", "the metric", told, made)


def finding_kinds():
    kinds = set(re.findall(r'X\(k\w+, "([a-z_]+)", kFault', (ROOT / "agent/diagnosis/cause_table.h").read_text()))
    told = {name for name in rows("check.md") if "_" in name}
    yield from told_and_there("deploy/manual/check.md", "the finding", told, kinds)


def plugin_options():
    keys = set(re.findall(r'key == "([a-z-]+)"', (ROOT / "agent/entry/plugin/plugin_options.cpp").read_text())) - {"status"}
    yield from told_and_there("deploy/manual/plugin.md", "the option", rows("plugin.md"), keys)


def command_line(program):
    """Each command has a help that ends in examples; the options that documents name are in it."""
    if not program.exists():
        yield f"{program}: not built"
        return
    known = {}
    for command in ("", *COMMANDS):
        done = subprocess.run([program] + command.split() + ["--help"], capture_output=True, text=True)
        known[command] = set(re.findall(r"--[a-z][a-z-]*", done.stdout))
        if done.returncode != 0 or "xample" not in done.stdout:
            yield f"wsitrace {command} --help: status {done.returncode}, or without examples"
    for document in documents():
        name, text = document.relative_to(ROOT), document.read_text()
        for command, rest in re.findall(rf"\bwsitrace ({'|'.join(COMMANDS)})\b([^`\n]*)", text):
            for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", re.split(r" -- |\|| # ", rest)[0]):
                if option not in known[command]:
                    yield f"{name}: wsitrace {command} {option} is named, but its help does not know it"
        if MANUAL in document.parents:
            for option in set(re.findall(r"`(--[a-z][a-z-]*)", text)) - set().union(*known.values()) - STRANGERS_OPTIONS:
                yield f"{name}: {option} is named, but no command knows it"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    build = parser.parse_args().build
    problems, seen = [], documents()
    for document in seen:
        text = document.read_text()
        for check in (links, paths):
            problems += [f"{document.relative_to(ROOT)}: {problem}" for problem in check(document, text)]
    for check in (rooms, test_folders, manual_index, readme, sessions, metrics, finding_kinds, plugin_options,
                  lambda: command_line((ROOT / build / "bin/wsitrace"))):
        problems += check()
    print("\n".join(problems) or f"{len(seen)} documents hold")
    sys.exit(1 if problems or not seen else 0)


if __name__ == "__main__":
    main()
