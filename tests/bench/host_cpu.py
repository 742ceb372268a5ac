#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tracing costs a real server: its CPU time per request, traced and untraced.

Two servers run side by side, the subject (traced, or with another peer of ours) and its base. A pair is the same exact number of
requests to one and then to the other; which comes first alternates. A ratio is taken within each pair, and its median and
quartiles over all pairs are the result. Both servers are started afresh several times, as the place of their memory matters.

    host_cpu.py --build build/bench --lws 4.3.5=PREFIX --lws 4.3.5-bare=PREFIX --lws 4.3.5-info=PREFIX
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import servers

KEEP_ALIVE_BUDGET, CONNECT_BUDGET = 1.02, 1.03
INFO_LEVEL = 1 | 2 | 4 | 8  # LLL_ERR, LLL_WARN, LLL_NOTICE, LLL_INFO
CONNECTIONS = 8  # kept alive at a time


class Bench:
    """The servers that can be compared, by name."""

    def __init__(self, build, lws):
        self.build, self.lws = build, lws

    def prefix(self, version):
        if version not in self.lws:
            raise servers.ServerError(f"no lws {version}: give --lws {version}=PREFIX")
        return self.lws[version]

    def plugin_dir(self, version):
        path = os.path.join(self.build, "lib", f"lws-{version}")
        if not os.path.exists(os.path.join(path, "libprotocol_wsitrace.so")):
            raise servers.ServerError(f"{path}: no plugin was built (configure with -DWSITRACE_PLUGIN_LWS=PREFIX)")
        return path

    def host(self, directory, lws="", traced=False):
        return servers.start_host(self.build, directory, lws, traced)

    def lwsws(self, directory, version, traced=False, log_level=3, preload=None):
        plugin_dir = self.plugin_dir(version) if traced else None
        return servers.start_lwsws(self.prefix(version), directory, plugin_dir, log_level, preload)

    def lwsws_with_idle_thread(self, directory):
        return self.lwsws(directory, "4.3.5", preload=os.path.join(self.build, "lib", "libbench_idle_thread.so"))

    def variants(self):
        """(name, kind of load, budget or None, subject, base)"""
        return [
            ("preload_keepalive", "keepalive", KEEP_ALIVE_BUDGET,
             lambda d: self.host(d, traced=True), self.host),
            ("preload_connect", "connect", CONNECT_BUDGET,
             lambda d: self.host(d, traced=True), self.host),
            ("plugin_keepalive", "keepalive", KEEP_ALIVE_BUDGET,
             lambda d: self.lwsws(d, "4.3.5", traced=True), lambda d: self.lwsws(d, "4.3.5")),
            ("plugin_connect", "connect", CONNECT_BUDGET,
             lambda d: self.lwsws(d, "4.3.5", traced=True), lambda d: self.lwsws(d, "4.3.5")),
            ("idle_thread_keepalive", "keepalive", None, self.lwsws_with_idle_thread, lambda d: self.lwsws(d, "4.3.5")),
            ("peer_lws_metrics_keepalive", "keepalive", None,
             lambda d: self.lwsws(d, "4.3.5"), lambda d: self.lwsws(d, "4.3.5-bare")),
            ("peer_lwsl_info_keepalive", "keepalive", None,
             lambda d: self.lwsws(d, "4.3.5-info", log_level=INFO_LEVEL), lambda d: self.lwsws(d, "4.3.5-info")),
            ("noise_keepalive", "keepalive", None, self.host, self.host),
        ]


class Load:
    """Sends exact numbers of requests; see load.c."""

    def __init__(self, program, kind, requests):
        self.program, self.kind = program, kind
        self.connections = CONNECTIONS if kind == "keepalive" else 1
        self.each = max(1, requests // self.connections)

    @property
    def requests(self):
        return self.connections * self.each

    def on(self, server, each=None):
        command = [self.program, str(server.port), server.path, self.kind, str(self.connections), str(each or self.each)]
        subprocess.run(command, check=True, timeout=120)

    def cpu_per_request(self, server):
        before = server.cpu_ns()
        self.on(server)
        after = server.cpu_ns()
        return {name: (after[name] - before[name]) / self.requests for name in after}


@contextlib.contextmanager
def running(start, where, name):
    directory = os.path.join(where, name)
    os.mkdir(directory)
    server = start(directory)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def one_start(subject, base, load, pairs, first_pair):
    """PAIRS pairs on a fresh start of both servers."""
    with tempfile.TemporaryDirectory(prefix="wsitrace-bench-") as where:
        os.chmod(where, 0o755)
        with running(subject, where, "subject") as traced, running(base, where, "base") as untraced:
            for server in (traced, untraced):
                load.on(server, max(1, load.each // 10))  # warm caches, faulted pages
            for number in range(first_pair, first_pair + pairs):
                order = (traced, untraced) if number % 2 == 0 else (untraced, traced)
                used = {server: load.cpu_per_request(server) for server in order}
                yield used[traced], used[untraced]


def quartiles(values):
    return [round(q, 4) for q in statistics.quantiles(values, n=4)] if len(values) > 1 else [round(values[0], 4)] * 3


def summary(found, load, budget):
    ratios = quartiles([subject["server"] / base["server"] for subject, base in found])
    first = quartiles([subject["first_threads"] / base["first_threads"] for subject, base in found])

    def us(side, name):
        return round(statistics.median(pair[side][name] for pair in found) / 1000, 3)
    result = {"ratio": ratios[1], "quartiles": [ratios[0], ratios[2]], "spread": round(ratios[2] - ratios[0], 4),
              "ratio_service_thread": first[1], "pairs": len(found), "requests_per_half": load.requests,
              "us_per_request": us(0, "server"), "us_per_request_base": us(1, "server"),
              "us_per_request_collector": us(0, "collector")}
    if budget is not None:
        result |= {"budget": budget, "met": ratios[1] <= budget}
    return result


def measure(variant, program, pairs, starts, requests):
    _, kind, budget, subject, base = variant
    load = Load(program, kind, requests if kind == "keepalive" else max(1, requests // 8))
    found = []
    for start in range(starts):
        share = pairs // starts + (start < pairs % starts)
        found += one_start(subject, base, load, share, len(found))
    return summary(found, load, budget)


def options_from(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="build directory with bin/wsitrace, bin/bench_load and the hosts")
    parser.add_argument("--lws", action="append", default=[], metavar="VERSION=PREFIX")
    parser.add_argument("--only", action="append", default=[], metavar="VARIANT")
    parser.add_argument("--pairs", type=int, default=32)
    parser.add_argument("--starts", type=int, default=8, help="fresh starts that the pairs are spread over")
    parser.add_argument("--requests", type=int, default=8000, help="in each half of a pair")
    return parser.parse_args(arguments)


def main(arguments):
    options = options_from(arguments)
    build = os.path.abspath(options.build)
    bench = Bench(build, dict(item.split("=", 1) for item in options.lws))
    results = {}
    for variant in bench.variants():
        if options.only and variant[0] not in options.only:
            continue
        try:
            results[variant[0]] = measure(variant, os.path.join(build, "bin", "bench_load"), options.pairs,
                                          min(options.starts, options.pairs), options.requests)
        except (servers.ServerError, OSError, subprocess.SubprocessError) as error:
            results[variant[0]] = {"error": str(error)}
    print(json.dumps(results, indent=1))
    return 0 if all("error" not in result for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
