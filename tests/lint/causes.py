#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the manual's pages on causes (deploy/manual/causes) to the table of agent/diagnosis/cause_table.h: one page for each row, of a
given form, and the index README.md, which is made from both (causes.py --write)."""
import argparse
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = "deploy/manual/causes"
PARTS = ["## How wsitrace knows", "## How to fix it", "## Example"]
NO_EXAMPLE = "No program of the corpus shows it."
LINES = range(15, 61)
COLUMNS = 100
SEVERITIES = {"fault": "Faults", "trouble": "Trouble", "note": "Notes"}
HEAD = """<!-- SPDX-License-Identifier: MIT -->
<!-- Made by tests/lint/causes.py --write -->
# Causes

What `wsitrace explain` and `wsitrace check` can say went wrong: one page for each cause, with what it means, how wsitrace knows, how to
fix it, and an example. `wsitrace explain --cause NAME` prints a page.

`proven` means that an event shows it. `likely` means that it was inferred. When events were lost, or when the end of a connection is known
only because nothing else was seen, everything that rests on it is `likely`.
"""
MEANING = {"fault": "Leaks and bugs of the program. `wsitrace check` fails on them.", "trouble": "Somebody suffered: was refused, waited in vain, lost an answer.",
           "note": "Unusual, and harmless as a rule."}


def table(root):
    """{name: severity}, in the order of the table."""
    causes = re.findall(r'^ *X\(k\w+, "([a-z_0-9]+)", k(Fault|Trouble|Note)\b', (root / "agent/diagnosis/cause_table.h").read_text(), re.MULTILINE)
    return {name: severity.lower() for name, severity in causes}


def meaning_of(text):
    """The first sentence of a page; agent/manual/cause_pages.cpp has the same."""
    paragraphs = text.split("\n\n")
    sentence = paragraphs[2] if len(paragraphs) > 2 else ""
    return re.split(r"\.(?:\s|$)", sentence, maxsplit=1)[0].replace("\n", " ").strip()


def index(rows, texts):
    text = HEAD
    for severity, title in SEVERITIES.items():
        names = sorted(name for name in rows if rows[name] == severity)
        text += f"\n## {title}\n\n{MEANING[severity]}\n\n| Cause | Meaning |\n|---|---|\n"
        text += "".join(f"| [`{name}`]({name}.md) | {meaning_of(texts.get(name, ''))} |\n" for name in names)
    return text


def faults_of(name, severity, text):
    lines = text.splitlines()
    if lines[:3] != [f"# {name}", "", f"Severity: {severity}."]:
        yield f'must begin with "# {name}" and "Severity: {severity}."'
    parts = [line for line in lines if line.startswith("## ")]
    if parts != PARTS:
        yield f"has the parts {parts}, and must have {PARTS}"
    if len(lines) not in LINES:
        yield f"has {len(lines)} lines ({LINES.start} to {LINES.stop - 1})"
    if len(meaning_of(text)) < 20:
        yield "does not begin with a sentence that says what it means"
    too_long = [line for line in lines if len(line) > COLUMNS and not line.startswith("|") and " " in line.strip()]
    if too_long:
        yield f"has a line of more than {COLUMNS} columns: {textwrap.shorten(too_long[0], 50)}"
    example = text.partition(f"\n{PARTS[-1]}\n")[2]
    if f"  {name}, " not in example and NO_EXAMPLE not in example:
        yield "has no example (tests/scenario/cause_pages.py --update)"


def problems(root):
    rows, folder = table(root), root / PAGES
    texts = {page.stem: page.read_text() for page in sorted(folder.glob("*.md")) if page.stem != "README"}
    if not rows:
        yield "no causes were found in the sources"
    for name in rows.keys() - texts.keys():
        yield f"{PAGES}/{name}.md is missing: agent/diagnosis/cause_table.h has this cause"
    for name in texts.keys() - rows.keys():
        yield f"{PAGES}/{name}.md is about no cause"
    for name in rows.keys() & texts.keys():
        yield from (f"{PAGES}/{name}.md {fault}" for fault in faults_of(name, rows[name], texts[name]))
    there = (folder / "README.md").read_text() if (folder / "README.md").exists() else ""
    if there != index(rows, texts):
        yield f"{PAGES}/README.md is not what the pages say (tests/lint/causes.py --write makes it anew)"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="the tree that is looked at")
    parser.add_argument("--write", action="store_true", help="make the index anew")
    options = parser.parse_args()
    if options.write:
        folder = options.root / PAGES
        texts = {page.stem: page.read_text() for page in folder.glob("*.md")}
        (folder / "README.md").write_text(index(table(options.root), texts))
    found = sorted(problems(options.root))
    print("\n".join(found) or f"{len(table(options.root))} causes have their pages")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
