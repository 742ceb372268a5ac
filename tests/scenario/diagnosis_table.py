#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Causes that `wsitrace explain` found, missed and made up, over the rows of diagnosis_rows.py.

  diagnosis_table.py                        each row once, each version: the table
  diagnosis_table.py --update               writes it into tests/corpus/RESULTS.md, too
  diagnosis_table.py --rows FILE            the rows of another file
  diagnosis_table.py --way plugin           recorded by the plugin

WSITRACE_BUILD_DIR names the build. Exit status: 0 all as the rows say, 1 not.
"""

import argparse
import collections
import concurrent.futures
import importlib.util
import itertools
import os
import sys

import harness
import test_diagnosis

HEADING = "## What explain says\n"
NOTE = "Tests hold wsitrace to the rows of diagnosis_rows.py; `--rows` adds programs whose answer is not right yet, and they count here."
RESULTS = os.path.join(harness.ROOT, "tests", "corpus", "RESULTS.md")


def rows_of(path):
    spec = importlib.util.spec_from_file_location("rows", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ROWS


def problem_of(row, answer):
    """What is wrong with ANSWER, or nothing."""
    if answer.run.status != row.status:
        return f"exit status {answer.run.status}: {answer.run.err.strip()}"
    if not answer.explained:
        return answer.text
    if answer.found(row) != row.found:
        return f"said {answer.found(row)}, true {row.found}"
    lacks = [words for words in row.says if words not in answer.words] + [f"not: {words}" for words in row.never if words in answer.words]
    return f"words: {lacks}" if lacks else ""


def run_all(pairs, options):
    """Yields (row, answer, problem) for PAIRS of row and version, which may have no end; never more than so many jobs at the same time."""
    pairs, waiting = iter(pairs), collections.deque()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        def more(count):
            waiting.extend((row, lws, pool.submit(test_diagnosis.Answer, row.name, lws, options.way)) for row, lws in itertools.islice(pairs, count))
        more(2 * options.jobs)
        while waiting:
            row, lws, answer = waiting.popleft()
            problem = problem_of(row, answer.result())
            if problem:
                print(f"{row.name} {lws}: {problem}", flush=True)
            yield row, answer.result(), problem
            more(1)


def counted(texts):
    return {cause: (severity, count) for cause, severity, count in (text.split() for text in texts)}


def table_of(results):
    """In programs: with the cause; with it found, as often as it is there; and with it found where it is not."""
    causes = collections.defaultdict(lambda: [0, 0, 0])
    for row, answer, _ in results:
        true, found = counted(row.found), counted(answer.found(row))
        for cause in true.keys() | found.keys():
            right = true.get(cause) == found.get(cause)
            for column, value in enumerate((cause in true, right, cause in found and not right)):
                causes[cause][column] += value
    lines = ["| cause | runs with it | found | missed | false |", "|---|---:|---:|---:|---:|"]
    totals = [sum(column) for column in zip(*causes.values())]
    for cause, (true, found, false) in [*sorted((f"`{cause}`", counts) for cause, counts in causes.items()), ("all", totals)]:
        lines.append(f"| {cause} | {true} | {found} | {true - found} | {false} |")
    calm = [answer.found(row) for row, answer, _ in results if not row.found]
    lines += ["", f"{len({row.name for row, _, _ in results if row.found})} programs with a trouble, "
              f"{len({row.name for row, _, _ in results if not row.found})} look-alikes: "
              f"{sum(not found for found in calm)} of their {len(calm)} runs without a fault or a trouble."]
    ends = [end for _, answer, _ in results for end in answer.ends]
    unknown = sum("unknown" in end[1:] for end in ends)
    lines += ["", f"Of {len(ends)} connections that ended, {unknown} ended for an unknown reason or by an unknown side ({100 * unknown / max(1, len(ends)):.2f} %)."]
    return "\n".join(lines) + "\n"


def update(table):
    with open(RESULTS, encoding="utf-8") as file:
        kept = file.read().split(HEADING)[0].rstrip() + "\n\n"
    with open(RESULTS, "w", encoding="utf-8") as file:
        file.write(f"{kept}{HEADING}\nWritten by `tests/scenario/diagnosis_table.py --update`; a program on two versions of libwebsockets counts twice. "
                   f"A cause is found when severity and number of connections are right, too. {NOTE}\n\n{table}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=os.path.join(harness.SOURCE, "diagnosis_rows.py"), metavar="FILE")
    parser.add_argument("--way", choices=("preload", "plugin"), default="preload")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    options = parser.parse_args()
    pairs = [(row, lws) for row in rows_of(options.rows) for lws in row.versions]
    results = list(run_all(pairs, options))
    table = table_of(results)
    print(table)
    if options.update:
        update(table)
    return 1 if any(problem for _, _, problem in results) else 0


if __name__ == "__main__":
    sys.exit(main())
