#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a run of ctest left: a line for each test in the results file, and on the terminal the end of what each that failed said.

A test that did not run failed.
"""

import argparse
import os
import sys
import xml.etree.ElementTree as tree

SHOWN_LINES = 25


def show_end_of(text):
    for line in text.strip().splitlines()[-SHOWN_LINES:]:
        print("        " + line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("junit", help="the JUnit file that ctest wrote")
    parser.add_argument("name", help="what stands before each test's name")
    parser.add_argument("results", help="the file that gets a line for each test")
    args = parser.parse_args()
    cases = [*tree.parse(args.junit).getroot().iter("testcase")] if os.path.exists(args.junit) else []
    failed = {case.get("name"): case.findtext("system-out") or "" for case in cases
              if case.get("status") != "run" or case.find("skipped") is not None or case.find("failure") is not None}
    with open(args.results, "a", encoding="utf-8") as results:
        for case in cases:
            print("failed" if case.get("name") in failed else "passed", f"{args.name}.{case.get('name')}", file=results)
        if not cases:
            print("failed", f"{args.name} (no test ran)", file=results)
    for name, said in failed.items():
        print(f"    failed {args.name}.{name}")
        show_end_of(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
