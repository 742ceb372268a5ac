#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds documents and the page to the tables of the agent (finding kinds, close reasons, evidence, outcomes, formats): what stands between
<!-- TABLE --> and <!-- /TABLE --> and dashboards/web/src/vocabulary.ts are made from them; queries name the outcomes that are bad."""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = "dashboards/web/src/vocabulary.ts"
QUERIES = ("dashboards/grafana/src/queries.ts", "dashboards/prometheus/rules.yml")
# Which table a document has, and what its rows begin with.
DOCUMENTS = [("agent/export/json/SCHEMA.md", "close_reasons", "| reason | the connection ended because |\n|---|---|"),
             ("agent/export/json/SCHEMA.md", "close_evidence", "| evidence | it rests on |\n|---|---|"),
             ("agent/export/json/SCHEMA.md", "outcomes", "| outcome | what became of it |\n|---|---|"),
             ("deploy/manual/check.md", "finding_kinds", "| Kind | What is wrong |\n|---|---|"),
             ("deploy/manual/formats.md", "formats", "| Format | For | `report` | `run` | `check` | `explain` | `diff` |\n|---|---|---|---|---|---|---|")]


def tables(build):
    return json.loads(subprocess.run([build / "tests/lint/vocabulary"], capture_output=True, text=True, check=True).stdout)


def in_commands(row):
    """The cells of a format: what each command writes in it."""
    report, verdict = ("report" if row["report"] else ""), ("verdict" if row["verdict"] else "")
    cells = [report, report or f"{verdict}, with `--check`", verdict or report]
    return "".join(f" {cell or '–'} |" for cell in cells + [("yes" if row[name] else "") for name in ("diagnosis", "comparison")])


def in_document(text, table, head, rows):
    """TEXT with the rows of TABLE in their place."""
    begin, end = f"<!-- {table} -->\n", f"<!-- /{table} -->"
    before, found, rest = text.partition(begin)
    if not found or end not in rest:
        sys.exit(f"{begin.strip()} ... {end} is missing")
    body = "\n".join([head] + [f"| `{row['name']}` | {row['meaning']} |" + (in_commands(row) if table == "formats" else "") for row in rows])
    return before + begin + body + "\n" + rest[rest.index(end):]


def union(name, rows):
    lines, line = [], f"export type {name} ="
    for row in rows:
        word = f' | "{row["name"]}"'
        if len(line) + len(word) > 125:
            lines.append(line)
            line = " "
        line += word
    return "\n".join(lines + [line]).replace("= | ", "= ") + ";\n"


def severities(constant, name, rows):
    body = "".join(f'  {row["name"]}: "{row["severity"]}",\n' for row in rows)
    return f"export const {constant}: Record<{name}, Severity> = {{\n{body}}};\n"


def page(vocabulary):
    return "\n".join(["""// SPDX-License-Identifier: MIT
//
// The closed lists of the API. Made from the tables of the agent: python3 tests/lint/vocabulary.py --write
""", 'export type Severity = "neutral" | "odd" | "bad";\n', union("FindingKind", vocabulary["finding_kinds"]),
                      union("CloseReason", vocabulary["close_reasons"]), union("Outcome", vocabulary["outcomes"]),
                      severities("SEVERITY_OF_CLOSE", "CloseReason", vocabulary["close_reasons"]),
                      severities("SEVERITY_OF_OUTCOME", "Outcome", vocabulary["outcomes"])])


def wanted(root, vocabulary):
    """Each file that follows the tables, as it should be."""
    texts = {PAGE: page(vocabulary)}
    for name, table, head in DOCUMENTS:
        text = texts.get(name) or (root / name).read_text()
        texts[name] = in_document(text, table, head, vocabulary[table])
    return texts


def differences(root, vocabulary):
    for name, text in wanted(root, vocabulary).items():
        there = (root / name).read_text() if (root / name).exists() else ""
        lines = set(text.splitlines()), set(there.splitlines())
        for line in sorted(lines[0] - lines[1]):
            yield f"{name}: lacks {line.strip()}"
        for line in sorted(lines[1] - lines[0]):
            yield f"{name}: has {line.strip()}"
        if lines[0] == lines[1] and text != there:
            yield f"{name}: the order differs from that of the tables"
    bad = "|".join(sorted(row["name"] for row in vocabulary["outcomes"] if row["severity"] == "bad"))
    for name in QUERIES:
        for named in re.findall(r'outcome=~"([a-z_|]+)"', (root / name).read_text()):
            if named != bad:
                yield f'{name}: outcome=~"{named}", but what the table calls bad is {bad}'


def unseen(vocabulary):
    """Rows of the tables that an exporter leaves out."""
    check, metrics = json.dumps(vocabulary["check"]), vocabulary["metrics"]
    rules = {rule["id"] for rule in vocabulary["sarif"]["runs"][0]["tool"]["driver"]["rules"]}
    for kind in (row["name"] for row in vocabulary["finding_kinds"]):
        if f'"kind": "{kind}"' not in check:
            yield f"the JSON of a check lacks the finding {kind}"
        if f'lws_findings{{kind="{kind}"}}' not in metrics:
            yield f"lws_findings lacks the kind {kind}"
        if kind not in rules:
            yield f"SARIF lacks the rule {kind}"
    for row in vocabulary["callbacks"]:
        if f'"last_callback": "{row["name"]} of protocol' not in check and f'"last_callback": "{row["name"]}"' not in check:
            yield f"the JSON of a check lacks the callback {row['name']}"
        if row["recorded"] and f'wsitrace_events_recorded_total{{kind="{row["name"]}"}}' not in metrics:
            yield f"wsitrace_events_recorded_total lacks the kind {row['name']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="the tree whose documents are looked at")
    parser.add_argument("--write", action="store_true", help="make them anew")
    options = parser.parse_args()
    vocabulary = tables(ROOT / options.build)
    if options.write:
        for name, text in wanted(options.root, vocabulary).items():
            (options.root / name).write_text(text)
    problems = list(differences(options.root, vocabulary)) + list(unseen(vocabulary))
    print("\n".join(problems) or f"{len(DOCUMENTS)} tables in documents and {PAGE} follow the tables of the agent")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
