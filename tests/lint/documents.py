#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the documents to the tree: links, paths, rooms, options and metrics that are named must be there."""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"[*<>${}]|\b[A-Z]{3,}\b|\.\.\.")
LABELS = {"lws_version"}


def documents():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"],
                            capture_output=True, text=True, check=True).stdout.split("\n")
    return sorted({ROOT / name for name in listed if name and (ROOT / name).exists()})


def links(document, text):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:") and not (document.parent / target).exists():
            yield f"link to {target}, which is not there"


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


def metrics():
    sources = "".join(file.read_text() for file in (ROOT / "agent/export/prometheus").glob("*.cpp"))
    made = set(re.findall(r'"((?:lws|wsitrace)_[a-z_]+)"', sources)) - LABELS
    text = (ROOT / "README.md").read_text()
    told = set(re.findall(r"^\| `((?:lws|wsitrace)_[a-z_]+)`", text, re.MULTILINE))
    if not made:
        yield "agent/export/prometheus: no metric names were found"
    for name in sorted(made - told):
        yield f"README.md: the metrics table lacks {name}"
    for name in sorted(told - made):
        yield f"README.md: the metrics table has {name}, which nothing renders"


def command_line(program):
    """Each command has a help that ends in examples; each option told in README.md is in one of them."""
    if not program.exists():
        yield f"{program}: not built"
        return
    helps = {}
    for command in ("", "run", "report", "check", "explain", "diff"):
        done = subprocess.run([program] + command.split() + ["--help"], capture_output=True, text=True)
        helps[command] = done.stdout
        if done.returncode != 0 or "xample" not in done.stdout:
            yield f"wsitrace {command} --help: status {done.returncode}, or without examples"
    known = set(re.findall(r"--[a-z][a-z-]*", "".join(helps.values())))
    text = (ROOT / "README.md").read_text()
    for line in text.splitlines():
        called = re.search(r"\bwsitrace (run|report|check|explain|diff)\b(.*?)(?: -- |$)", line)
        for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", called.group(2)) if called else []:
            if option not in known:
                yield f"README.md: wsitrace {called.group(1)} {option} is told, but its help does not know it"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    build = parser.parse_args().build
    problems, seen = [], documents()
    for document in seen:
        text = document.read_text()
        for check in (links, paths):
            problems += [f"{document.relative_to(ROOT)}: {problem}" for problem in check(document, text)]
    for check in (rooms, test_folders, metrics, lambda: command_line((ROOT / build / "bin/wsitrace"))):
        problems += check()
    print("\n".join(problems) or f"{len(seen)} documents hold")
    sys.exit(1 if problems or not seen else 0)


if __name__ == "__main__":
    main()
