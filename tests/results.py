#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a run of ctest left: a line for each test in the results file, and on the terminal the end of what each that failed said.

A test that did not run failed. A program of unit tests counts by what it wrote of each of its tests; one that did not come to its end,
or failed beside its tests (a leak that a sanitizer found), is a failure of its own.
"""

import argparse
import os
import sys
import xml.etree.ElementTree as tree

SHOWN_LINES = 25
UNIT = "unit."


def show_end_of(text):
    for line in text.strip().splitlines()[-SHOWN_LINES:]:
        print("        " + line)


def has_failed(case):
    return case.get("status") != "run" or case.find("skipped") is not None or case.find("failure") is not None


def cases_in(path):
    return [*tree.parse(path).getroot().iter("testcase")] if os.path.exists(path) else []


def unit_results(program, directory):
    """Of a program that ctest ran as PROGRAM: (name, what it said when it failed, else None) for each of its tests."""
    name, said = program.get("name"), program.findtext("system-out") or ""
    try:
        cases = cases_in(os.path.join(directory, f"{name.removeprefix(UNIT)}.xml"))
    except tree.ParseError:
        cases = []
    if not cases:
        return [(f"{name} (did not come to its end)", said)]
    results = []
    for case in cases:
        told = "\n".join(failure.get("message", "") for failure in case.iter("failure"))
        results.append((f"{UNIT}{case.get('classname')}.{case.get('name')}", told if has_failed(case) else None))
    if has_failed(program) and all(failure is None for _, failure in results):
        results.append((f"{name} (failed after its tests)", said))
    return results


def all_results(junit, directory):
    for case in cases_in(junit):
        if directory and case.get("name").startswith(UNIT):
            yield from unit_results(case, directory)
        else:
            yield case.get("name"), (case.findtext("system-out") or "") if has_failed(case) else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("junit", help="the JUnit file that ctest wrote")
    parser.add_argument("name", help="what stands before each test's name")
    parser.add_argument("results", help="the file that gets a line for each test")
    parser.add_argument("--unit", metavar="DIR", help="where programs of unit tests wrote what became of their tests")
    args = parser.parse_args()
    results = [*all_results(args.junit, args.unit)] or [("(no test ran)", "")]
    with open(args.results, "a", encoding="utf-8") as file:
        for name, failure in results:
            print("passed" if failure is None else "failed", f"{args.name}.{name}", file=file)
    for name, failure in results:
        if failure is not None:
            print(f"    failed {args.name}.{name}")
            show_end_of(failure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
