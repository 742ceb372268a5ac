#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples on the manual's pages on causes (deploy/manual/causes): what `wsitrace explain` says of a program of the corpus.

  cause_pages.py --update               runs the programs, and writes what it says into the pages
  cause_pages.py --update NAME...       of these causes only

A page names its example in one line, "`corpus_GROUP CASE` with libwebsockets VERSION:" or "... with Debian's libwebsockets:", and has it in the fenced block below.
WSITRACE_BUILD_DIR names the build. Exit status: 0 all written, 1 a program does not show what its page is about.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import sys
import textwrap

import harness

PAGES = os.path.join(harness.ROOT, "deploy", "manual", "causes")
AT_ONCE = 4
COLUMNS = 100  # as on a terminal
EXAMPLE = re.compile(r"^`corpus_(\w+) (\w+)` with (?:libwebsockets ([\d.]+)|Debian's libwebsockets):\n\n```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OWN = "own"  # as in diagnosis_rows.py
# What differs from run to run: times, ports, rates, ids. How many connections there are is a claim of diagnosis_rows.py.
CHANGING = [(re.compile(r"\b\d+(\.\d+)? (ns|us|µs|ms|s|min|h)\b"), "TIME"), (re.compile(r"\d+(\.\d+)?"), "N"),
            (re.compile(r"connections? N([,–] ?N)*( and N more)?"), "IDS")]
OPTIONS = {"memory": ["--session-memory"]}  # of cases.txt

Example = collections.namedtuple("Example", "cause group case lws text")


def pages():
    return sorted(name.removesuffix(".md") for name in os.listdir(PAGES) if name.endswith(".md") and name != "README.md")


def page_path(cause):
    return os.path.join(PAGES, cause + ".md")


def example_on(cause):
    """The example of a page, or None."""
    with open(page_path(cause), encoding="utf-8") as file:
        found = EXAMPLE.search(file.read())
    return Example(cause, found[1], found[2], found[3] or OWN, found[4]) if found else None


def row_name(example):
    """How diagnosis_rows.py calls the program."""
    return example.case if example.group == "troubles" else f"{example.group}.{example.case}"


def shown_in(explained, cause):
    """The diagnosis of CAUSE in EXPLAINED, what explain says, without the timeline below it, or an empty text."""
    for block in explained.split("\n\n"):
        lines = block.split("\n")
        if len(lines) > 1 and lines[1].startswith(f"  {cause}, "):
            return "\n".join(line for line in lines if not line.startswith(("  What happened", "    ")))
    return ""


def same(text):
    """TEXT without what differs from run to run, in one line."""
    text = re.sub(r"\s+", " ", text).strip()
    for changing, name in CHANGING:
        text = changing.sub(name, text)
    return text


def wrapped(text):
    lines = []
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        lines += textwrap.wrap(line.strip(), COLUMNS, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2),
                               break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def answer_to(example):
    import test_diagnosis  # which imports this, too
    return test_diagnosis.Answer(row_name(example), example.lws, options=OPTIONS.get(example.group, ()))


def update(example):
    """Writes what is said now into the page; whether anything is said."""
    shown = shown_in(answer_to(example).text, example.cause)
    if not shown:
        print(f"{example.cause}: corpus_{example.group} {example.case} with {example.lws} shows none", flush=True)
        return False
    with open(page_path(example.cause), encoding="utf-8") as file:
        text = file.read()
    start, end = EXAMPLE.search(text).span(4)
    if same(shown) != same(text[start:end]):
        with open(page_path(example.cause), "w", encoding="utf-8") as file:
            file.write(text[:start] + wrapped(shown) + text[end:])
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", required=True)
    parser.add_argument("causes", nargs="*", metavar="NAME")
    options = parser.parse_args()
    examples = [example for example in map(example_on, options.causes or pages()) if example]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return 0 if all(list(pool.map(update, examples))) else 1


if __name__ == "__main__":
    sys.exit(main())
