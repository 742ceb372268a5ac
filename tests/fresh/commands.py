#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what README.md tells a newcomer to type, as it stands there, to be run by a shell.

quickstart, tests: the line of a fenced block that begins with that command, without its comment.
byhand: the lines of one fenced block from deploy/bootstrap.sh to the build. What is not found is an error.
"""

import argparse
import os
import re
import sys

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")
ONE_LINE = {"quickstart": "deploy/quickstart.sh", "tests": "tests/run.sh"}


def blocks(text):
    """The fenced blocks, each a list of commands: comments, prompts and empty lines are left out."""
    for block in re.findall(r"^ *```[^\n]*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        lines = (re.sub(r"^\s*\$ |\s+#.*$|^#.*$", "", line).strip() for line in block.splitlines())
        yield [line for line in lines if line]


def commands(name, text):
    for block in blocks(text):
        if name in ONE_LINE:
            found = [line for line in block if line == ONE_LINE[name]]
            if found:
                return found[:1]
        else:
            first = [i for i, line in enumerate(block) if line.split()[0] == "deploy/bootstrap.sh"]
            last = [i for i, line in enumerate(block) if "cmake --build --preset release" in line]
            if first and last and first[0] < last[0]:
                return block[first[0]:last[0] + 1]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=[*ONE_LINE, "byhand"])
    parser.add_argument("--readme", default=README)
    args = parser.parse_args()
    with open(args.readme, encoding="utf-8") as file:
        found = commands(args.name, file.read())
    if not found:
        sys.exit(f"wsitrace: tests/fresh/commands.py: {args.name}: README.md has no fenced block with it")
    print(*found, sep="\n")


if __name__ == "__main__":
    main()
