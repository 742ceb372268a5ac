#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs clang-tidy over the sources of agent/ and include/, with the compile commands of a build.

A source that was clean is not looked at again until its preprocessed text, its command, .clang-tidy or clang-tidy itself
changes: what was clean is remembered by hash below ${XDG_CACHE_HOME:-~/.cache}/wsitrace/tidy.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wsitrace/tidy"
TAKES_VALUE = {"-o", "-MF", "-MT", "-MQ"}


def sources_of(database):
    """The first entry for each of our sources. One that is compiled as part of a unity source has that one's command."""
    entries = {}
    for entry in database:
        if not os.path.exists(entry["file"]):
            continue
        files = [entry["file"]]
        if os.path.basename(entry["file"]).startswith("unity_"):
            files = re.findall(r'^#include "(/[^"]+)"', pathlib.Path(entry["file"]).read_text(), re.MULTILINE)
        for file in files:
            name = os.path.relpath(file, ROOT)
            if name.startswith(("agent/", "include/")):
                words = entry.get("arguments") or shlex.split(entry["command"])
                words = [file if word == entry["file"] else word for word in words]
                entries.setdefault(name, {"file": file, "directory": entry["directory"], "arguments": words})
    return entries


def all_sources():
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "agent").rglob("*") if path.suffix in (".c", ".cpp"))


def command_without_output(entry):
    """The compile command without compiler (and launcher), output and dependency files."""
    words = entry["arguments"]
    while not words[0].endswith(("cc", "c++", "g++", "gcc", "clang", "clang++")) or words[0].endswith("ccache"):
        words = words[1:]
    compiler = "clang++" if entry["file"].endswith(".cpp") else "clang"
    kept, skip = [], False
    for word in words[1:]:
        if skip or word in TAKES_VALUE or word in ("-c", "-MD", "-MMD"):
            skip = word in TAKES_VALUE and not skip
        else:
            kept.append(word)
    return [compiler, "-Wno-unknown-warning-option", "-Wno-ignored-optimization-argument"] + kept


def preprocessed(entry):
    done = subprocess.run(command_without_output(entry) + ["-E", "-C"], cwd=entry["directory"], capture_output=True)
    return done.stdout if done.returncode == 0 else None


def check(entry, base):
    name = os.path.relpath(entry["file"], ROOT)
    text = preprocessed(entry)
    key = None
    if text is not None:
        looked_at = json.dumps(command_without_output(entry)).encode() + text
        # The same tree elsewhere is the same tree.
        key = CACHE / hashlib.sha256(base + looked_at.replace(str(ROOT).encode(), b"TREE")).hexdigest()
        if key.exists():
            return name, True, ""
    done = subprocess.run(["clang-tidy", "--quiet", entry["file"], "--"] + command_without_output(entry)[1:],
                          cwd=entry["directory"], capture_output=True, text=True)
    if done.returncode == 0 and key is not None:
        key.touch()
    return name, done.returncode == 0, done.stdout or done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*", help="only these sources")
    options = parser.parse_args()
    database = options.build / "compile_commands.json"
    if not database.exists():
        sys.exit(f"{database}: not there (configure that build first)")
    entries = sources_of(json.loads(database.read_text()))
    missing = [name for name in all_sources() if name not in entries]
    if options.files:
        entries = {name: entries[name] for name in options.files if name in entries}
        missing = [name for name in options.files if name not in entries]
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    base = version + (ROOT / ".clang-tidy").read_bytes()
    bad, told = 0, set()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, clean, output in pool.map(lambda entry: check(entry, base), entries.values()):
            if not clean:
                bad += 1
                for finding in re.split(r"(?m)^(?=/)", output.strip()):
                    if finding not in told:  # one in a header comes once per source
                        print(finding.replace(f"{ROOT}/", ""), end="" if finding.endswith("\n") else "\n", flush=True)
                    told.add(finding)
    for name in missing:
        print(f"{name}: no target of {options.build} compiles it")
    print(f"{len(entries)} sources, {bad} with findings")
    sys.exit(1 if bad or missing or not entries else 0)


if __name__ == "__main__":
    main()
