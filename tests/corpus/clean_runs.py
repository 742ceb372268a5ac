#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the look-alikes again and again: correct programs that look like faulty ones. None may have a fault, nor a trouble.

  clean_runs.py                      2,000 runs: the clean cases of cases.txt under `wsitrace check`, and the rows of
                                     scenario/diagnosis_rows.py with nothing wrong under `wsitrace explain`
  clean_runs.py --runs 500           so many
  clean_runs.py --minutes 1          as many as fit
  clean_runs.py --of cases           only those of cases.txt; rows: only those of diagnosis_rows.py

Exit status: 0 all clean; 1 one had something, or could not run.
"""

import argparse
import collections
import concurrent.futures
import itertools
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SHOWN_EVERY = 100
Program = collections.namedtuple("Program", "name lws problem")  # problem: a function that runs it and says what is wrong, or nothing


def of_cases(options):
    import run
    found = run.parse(["--build", str(options.build)])
    pairs = [(case, version) for case, version in run.work_of(found) if not case.expected]

    def problem(case, version):
        result = run.run_case(case, version, found)
        return run.line_of(result) if result.problem else ""
    return [Program(f"{case.group}.{case.name}", version, lambda case=case, version=version: problem(case, version)) for case, version in pairs]


def of_rows(options):
    os.environ["WSITRACE_BUILD_DIR"] = str(options.build)
    sys.path.insert(0, str(HERE.parent / "scenario"))
    import diagnosis_rows
    import diagnosis_table
    import test_diagnosis
    rows = [(row, lws) for row in diagnosis_rows.ROWS for lws in row.versions if not row.found]

    def problem(row, lws):
        return diagnosis_table.problem_of(row, test_diagnosis.Answer(row.name, lws))
    return [Program(row.name, lws, lambda row=row, lws=lws: problem(row, lws)) for row, lws in rows]


def run_again(programs, options):
    """Runs PROGRAMS in turn; how many runs there were, and how many had a problem."""
    end = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
    most = sys.maxsize if options.minutes and not options.runs else options.runs or 2000
    turns = itertools.islice(itertools.takewhile(lambda _: time.monotonic() < end, itertools.cycle(programs)), most)
    ran = bad = 0
    started, waiting = time.monotonic(), collections.deque()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        def more(count):
            waiting.extend((one, pool.submit(one.problem)) for one in itertools.islice(turns, count))
        more(2 * options.jobs)
        while waiting:
            program, problem = waiting.popleft()
            ran += 1
            if problem.result():
                bad += 1
                print(f"{program.name} {program.lws}: {problem.result()}", flush=True)
            if ran % SHOWN_EVERY == 0:
                print(f"{ran} runs in {time.monotonic() - started:.0f} s, {bad} with something wrong", flush=True)
            more(1)
    return ran, bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build/release", help="where wsitrace and the corpus were built")
    parser.add_argument("--runs", type=int, default=0, metavar="N", help="default: 2000")
    parser.add_argument("--minutes", type=float, default=0, metavar="M")
    parser.add_argument("--of", choices=("all", "cases", "rows"), default="all")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    options = parser.parse_args()
    options.build = options.build.resolve()
    sources = [source for name, source in (("cases", of_cases), ("rows", of_rows)) if options.of in (name, "all")]
    programs = [program for source in sources for program in source(options)]
    ran, bad = run_again(programs, options)
    print(f"{ran} runs of {len({program.name for program in programs})} look-alikes: {bad} with a fault or a trouble")
    return 1 if bad or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
