#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs clang-tidy over the sources of agent/ and include/, with the compile commands of a build.

Sources of one target are looked at together: most of the time goes into the headers they share.
Then the analyzer follows fewer paths of each function, too; a source that is named is looked at alone and followed further.
What was clean is not looked at again until its preprocessed text, its command, .clang-tidy or clang-tidy itself changes:
it is remembered by hash below ${XDG_CACHE_HOME:-~/.cache}/wsitrace/tidy.
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
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wsitrace/tidy"
BUDGET = ["-Xclang", "-analyzer-config", "-Xclang", "max-nodes=8000"]
# Thousands of functions, made from one template: beside the definitions of what they call, each would be followed through all of it.
ALONE = {"agent/probe/thunks.cpp"}
TAKES_VALUE = {"-o", "-MF", "-MT", "-MQ"}


def sources_in(entry):
    """The sources that an entry compiles: those of a unity source, or the one it names."""
    if not os.path.basename(entry["file"]).startswith("unity_"):
        return [entry["file"]]
    return re.findall(r'^#include "(/[^"]+)"', pathlib.Path(entry["file"]).read_text(), re.MULTILINE)


def options_of(entry):
    """The compiler options without compiler (and launcher), source, output and dependency files."""
    words = entry.get("arguments") or shlex.split(entry["command"])
    while not words[0].endswith(("cc", "c++", "g++", "gcc", "clang", "clang++")) or words[0].endswith("ccache"):
        words = words[1:]
    kept, skip = [], False
    for word in words[1:]:
        if skip or word in TAKES_VALUE or word in ("-c", "-MD", "-MMD", entry["file"]):
            skip = word in TAKES_VALUE and not skip
        else:
            kept.append(word)
    return tuple(["-Wno-unknown-warning-option", "-Wno-ignored-optimization-argument", *kept])


def units_of(database, wanted):
    """Lists of our sources that are compiled for one target, each source once, the longest first. WANTED sources stand alone."""
    seen, targets = set(), {}
    for entry in database:
        target = re.sub(r"/Unity/.*", "", entry["file"])
        for file in sources_in(entry) if os.path.exists(entry["file"]) else ():
            name = os.path.relpath(file, ROOT)
            if name.startswith(("agent/", "include/")) and name not in seen and (not wanted or name in wanted):
                seen.add(name)
                alone = name if wanted or name in ALONE else ""
                key = (target, alone, pathlib.Path(name).suffix, entry["directory"], options_of(entry))
                targets.setdefault(key, {})[name] = file
    units = [{"names": list(files), "files": list(files.values()), "directory": directory, "is_c": suffix == ".c",
              "options": [*options, *(() if wanted else BUDGET)]} for (_, _, suffix, directory, options), files in targets.items()]
    return sorted(units, key=lambda unit: -sum(map(os.path.getsize, unit["files"])))


def all_sources():
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "agent").rglob("*") if path.suffix in (".c", ".cpp"))


class Unit:
    """Sources that are looked at as one: clang's analyzer looks into the main file only, so they are put into one file."""

    def __init__(self, unit, scratch):
        self.unit, self.starts, line, text = unit, [], 1, ""
        for name, file in zip(unit["names"], unit["files"]):
            content = pathlib.Path(file).read_text()
            self.starts.append((line, name))
            text += content
            line += content.count("\n")
        self.file = scratch / (unit["names"][0].replace("/", "-") + (".all.c" if unit["is_c"] else ".all.cpp"))
        if len(unit["files"]) == 1:
            self.file = pathlib.Path(unit["files"][0])
        else:
            self.file.write_text(text)
        self.command = [str(self.file), "--", *unit["options"]]

    def preprocessed(self):
        done = subprocess.run(["clang" if self.unit["is_c"] else "clang++", *self.unit["options"], str(self.file), "-E", "-C"],
                              cwd=self.unit["directory"], capture_output=True)
        return done.stdout if done.returncode == 0 else None

    def place(self, match):
        """FILE:LINE: of the source that a line of the file comes from."""
        start, name = max(pair for pair in self.starts if pair[0] <= int(match[1]))
        return f"{ROOT}/{name}:{int(match[1]) - start + 1}:"

    def check(self, base):
        text, key = self.preprocessed(), None
        if text is not None:
            looked_at = json.dumps(self.unit["options"]).encode() + text
            for place, word in ((self.file.parent, b"PLACE"), (ROOT, b"TREE")):  # the same tree elsewhere is the same tree
                looked_at = looked_at.replace(str(place).encode(), word)
            key = CACHE / hashlib.sha256(base + looked_at).hexdigest()
            if key.exists():
                return True, ""
        done = subprocess.run(["clang-tidy", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", *self.command],
                              cwd=self.unit["directory"], capture_output=True, text=True)
        if done.returncode == 0 and key is not None:
            key.touch()
        return done.returncode == 0, re.sub(rf"{re.escape(str(self.file))}:(\d+):", self.place, done.stdout or done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*", help="only these sources")
    options = parser.parse_args()
    database = options.build / "compile_commands.json"
    if not database.exists():
        sys.exit(f"{database}: not there (configure that build first)")
    units = units_of(json.loads(database.read_text()), set(options.files))
    found = {name for unit in units for name in unit["names"]}
    missing = [name for name in options.files or all_sources() if name not in found]
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    base = version + (ROOT / ".clang-tidy").read_bytes()
    bad, told = 0, set()
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for clean, output in pool.map(lambda unit: Unit(unit, pathlib.Path(scratch)).check(base), units):
            if not clean:
                bad += 1
                for finding in re.split(r"(?m)^(?=/)", output.strip()):
                    if finding not in told:  # one in a header comes once per source
                        print(finding.replace(f"{ROOT}/", ""), end="" if finding.endswith("\n") else "\n", flush=True)
                    told.add(finding)
    for name in missing:
        print(f"{name}: no target of {options.build} compiles it")
    print(f"{len(found)} sources in {len(units)} units, {bad} with findings")
    sys.exit(1 if bad or missing or not units else 0)


if __name__ == "__main__":
    main()
