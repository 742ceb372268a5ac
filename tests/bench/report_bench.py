#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long `wsitrace report` takes on a large trace and how much memory it needs.

    report_bench.py --build build/bench --connections 1000003
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

FORMATS = ("text", "ndjson", "json")
LIMIT_S = 300


def run(command):
    """Seconds of wall time, of CPU time, and the peak resident set in MB."""
    started = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as program:
        _, status, usage = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {program.returncode}")
    return {"wall_s": round(time.monotonic() - started, 3), "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
            "max_rss_mb": round(usage.ru_maxrss / 1024, 1)}


def measure(build, connections):
    with tempfile.TemporaryDirectory(prefix="wsitrace-bench-") as where:
        trace = os.path.join(where, "trace")
        made = subprocess.run([os.path.join(build, "bin", "make_trace"), trace, str(connections)], check=True, text=True,
                              stdout=subprocess.PIPE, timeout=LIMIT_S)
        found = {"connections": connections, "events": int(made.stdout), "trace_mb": round(os.path.getsize(trace) / 2**20)}
        wsitrace = os.path.join(build, "bin", "wsitrace")
        for name in FORMATS:
            found[name] = run([wsitrace, "report", trace, "--format", name])
        return found


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--connections", type=int, default=1000003)
    options = parser.parse_args(arguments)
    try:
        print(json.dumps(measure(options.build, options.connections)))
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f"wsitrace: report_bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
