#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many instructions tracing adds to what a server does: for each request on a kept-alive connection, each connection, each of them with
TLS, each h2 stream and each websocket message that is echoed. valgrind counts them, so a busy machine does not matter.

Each of these is done once so many times and once more times; what lies between the two runs, divided by how many more, is one of
them. So what a server does once cancels. ADDED is what the probe's own functions cost and what they call, without the calls that the
program would have made without them; BARE are the instructions of the whole service thread without wsitrace.

    instructions.py --build build/bench                 the table, what is bare beside it, and where the instructions go
    instructions.py --build build/bench --plugin PREFIX of the lws that the plugin was built for
    instructions.py --build build/release --check       only what has a budget; status 1 when a figure is over it by more than 5 %
"""

import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import callgrind
import servers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))
import certificates  # noqa: E402  pylint: disable=wrong-import-position
import http2  # noqa: E402  pylint: disable=wrong-import-position
import workload  # noqa: E402  pylint: disable=wrong-import-position

PATIENCE_S = 60
OVER = 1.05  # a figure may be above its budget by so much
SHOWN = 16   # functions

PRELOAD, PLUGIN = "libwsitrace_preload.so", "libprotocol_wsitrace.so"
# Names under which what the probe stands in front of is called.
PASSED = {"recv", "accept", "accept4", "getaddrinfo", "connect", "getsockopt", "SSL_read", "SSL_accept", "SSL_connect", "_exit",
          "lws_create_context", "lws_context_destroy", "lws_create_vhost", "lws_finalize_http_header"}


def keep_alive(address, count):
    client = workload.Http1(address)
    for _ in range(count):
        client.get("/dyn")
    client.finish()


def connections(address, count, tls=False):
    for _ in range(count):
        client = workload.Http1(address, tls=tls)
        client.get("/dyn")
        client.finish()


def tls_connections(address, count):
    connections(address, count, tls=True)


def streams(address, count):
    client = http2.Http2(workload.connect(address, tls=True, alpn=("h2",)))
    for number in range(count):
        client.get(2 * number + 1, "/dyn")
    client.finish()


def messages(address, count):
    client = workload.WebSocket(address)
    for _ in range(count):
        client.echo(b"a message of 23 bytes..")
    client.close()


class Kind:
    """NAME: what is counted. MORE: how many of them more in the second run."""

    def __init__(self, name, act, fewer, more, tls=False):
        self.name, self.act, self.fewer, self.more, self.tls = name, act, fewer, more, tls


KINDS = {
    "keepalive": Kind("request, kept alive", keep_alive, 11, 199),
    "connect": Kind("connection, with one request", connections, 11, 101),
    "tls": Kind("TLS connection, with one request", tls_connections, 3, 23, tls=True),
    "stream": Kind("h2 stream (a request)", streams, 11, 101, tls=True),
    "message": Kind("websocket message, echoed", messages, 11, 199),
}
# Instructions that tracing may add, as counted on the date in README.md; --check allows 5 % more. AIMS: where they shall go.
BUDGETS = {
    "preload": {"keepalive": 5_310, "connect": 9_110, "tls": 11_600, "stream": 9_130, "message": 920},
    "plugin": {"keepalive": 5_110, "connect": 8_980, "tls": 11_400, "stream": 7_390, "message": 980},
}
AIMS = {"keepalive": 1000, "connect": 2500, "message": 150}


class CountError(Exception):
    """Nothing could be counted."""


class Way:
    """A way in, or none: how a host is started. LIBRARY: what the probe is compiled into."""

    def __init__(self, build, name, prefix=None):
        self.build, self.name = build, name
        self.library = {"preload": PRELOAD, "plugin": PLUGIN}.get(name)
        lws = os.path.basename(prefix)[4:] if prefix else ""
        self.folder = f"lws-{lws}" if lws else ""
        self.host = os.path.join(build, "tests", "hosts", self.folder, "http_host")

    def command(self, directory, profile, tls):
        options = ["--tls", *certificates.made().server] if tls else []
        if self.name == "plugin":
            options += ["--plugin", os.path.join(self.build, "lib", self.folder), os.path.join(directory, "trace")]
        # The end of the context is no part of what is counted: the plugin sums up then.
        counted = ["valgrind", "--tool=callgrind", "--separate-threads=yes", "--dump-before=lws_context_destroy",
                   f"--callgrind-out-file={profile}", self.host, *options]
        if self.name == "preload":
            return [os.path.join(self.build, "bin", "wsitrace"), "run", "-o", os.path.join(directory, "trace"), "--", *counted]
        return counted


@contextlib.contextmanager
def host(command, directory):
    """The address of a host that serves; when this ends, it has ended, too."""
    log = os.path.join(directory, "out")
    with open(log, "wb") as out:
        program = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                   env={**os.environ, "LD_BIND_NOW": "1"})
    try:
        end = time.monotonic() + PATIENCE_S
        while not (found := re.search(r"^port (\d+)$", servers.read(log), re.MULTILINE)):
            if program.poll() is not None or time.monotonic() > end:
                raise CountError(f"{command[-1]} did not listen: {servers.read(log)[-600:]}")
            time.sleep(0.05)
        yield "127.0.0.1", int(found.group(1))
    finally:
        tree = servers.tree_of(program.pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(next(pid for pid in tree if not servers.read(f"/proc/{pid}/comm").startswith("wsitrace")), signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(PATIENCE_S)
        for pid in tree:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        program.wait()


def profile_of(way, tls, counts):
    """Of the service thread of a host that does COUNTS: {kind: how many}."""
    with tempfile.TemporaryDirectory(prefix="wsitrace-bench-") as directory:
        path = os.path.join(directory, "profile")
        with host(way.command(directory, path, tls), directory) as address:
            for name, count in counts.items():
                KINDS[name].act(address, count)
        first = f"{path}.1-01"  # what it left first, of the first thread
        if not os.path.exists(first):
            raise CountError(f"{way.name}: callgrind left nothing: {servers.read(os.path.join(directory, 'out'))[-600:]}")
        return callgrind.read(first)


def hooks():
    """Functions that a hook of the same name stands in front of."""
    text = (HERE.parents[1] / "agent" / "entry" / "hooks" / "hooks.h").read_text(encoding="utf-8")
    return set(re.findall(r"X\((\w+)\)", text))


class Count:
    """One kind, one way in: INSTRUCTIONS of the whole thread, ADDED ones, and those of each function of the probe."""

    def __init__(self, way, kind, before, after):
        more = callgrind.difference(after, before)
        self.instructions = more.total / kind.more
        self.added, self.functions = None, {}
        if way.library is None:
            return
        names = PASSED | hooks()

        def passed(key):
            return key[0] == os.path.basename(way.host) or key[1] in names
        added = callgrind.Added(more, way.library, passed)
        self.added = added.total / kind.more
        self.functions = {name: instructions / kind.more for name, instructions in added.inclusive().items()}


def counts_of(way, kinds):
    """{kind: Count}. Hosts run two at a time, a kind's own beside the one that all are compared with."""
    jobs = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for tls in (False, True):
            here = {name: KINDS[name] for name in kinds if KINDS[name].tls == tls}
            fewer = {name: kind.fewer for name, kind in here.items()}
            if here:
                jobs[tls, None] = pool.submit(profile_of, way, tls, fewer)
            for name, kind in here.items():
                jobs[tls, name] = pool.submit(profile_of, way, tls, {**fewer, name: kind.fewer + kind.more})
    return {name: Count(way, KINDS[name], jobs[KINDS[name].tls, None].result(), jobs[KINDS[name].tls, name].result()) for name in kinds}


def table(way, counted, bare, budgets):
    print(f"\n{way.name:34}{'bare':>12}{'added':>9}{'%':>7}{'budget':>9}{'aim':>7}")
    for name, count in counted.items():
        without = bare[name].instructions if bare else None
        share = f"{count.added / without * 100:.1f}" if without else ""
        print(f"{KINDS[name].name:34}{f'{without:,.0f}' if without else '':>12}{count.added:>9,.0f}{share:>7}"
              f"{budgets[name]:>9,}{AIMS.get(name, ''):>7}")


def short(name):
    """Of a C++ function, without its namespace and arguments."""
    name = re.sub(r" \[clone [^]]*\]", "", name).replace("(anonymous namespace)::", "").replace("wsitrace::", "")
    return name.partition("(")[0].rsplit(" ", 1)[-1]


def places(way, name, count):
    print(f"\n{way.name}, {KINDS[name].name}: instructions by function, what it calls included")
    shown = collections.Counter()
    for function, instructions in count.functions.items():
        shown[short(function)] += instructions
    for function, instructions in shown.most_common(SHOWN):
        if instructions >= 1:
            print(f"  {instructions:>9,.0f}  {function}")


def over(counted, budgets):
    return [f"{KINDS[name].name}: {count.added:,.0f} instructions, its budget is {budgets[name]:,}"
            for name, count in counted.items() if count.added > budgets[name] * OVER]


def options_from(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="build directory with bin/wsitrace and the hosts, optimised")
    parser.add_argument("--plugin", metavar="PREFIX", help="also the plugin, in a host with the lws at PREFIX")
    parser.add_argument("--only", action="append", choices=list(KINDS), help="this kind; may be given again")
    parser.add_argument("--check", action="store_true", help="count only what is added, and compare it with the budgets")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    options = parser.parse_args(arguments)
    options.build = os.path.abspath(options.build)
    return options


def main(arguments):
    options = options_from(arguments)
    if shutil.which("valgrind") is None:
        raise CountError("valgrind is missing (deploy/bootstrap.sh --tests installs it)")
    ways = [("preload", None)] + ([("plugin", options.plugin)] if options.plugin else [])
    figures, too_many = {}, []
    for name, prefix in ways:
        way, kinds = Way(options.build, name, prefix), options.only or list(KINDS)
        counted = counts_of(way, kinds)
        bare = None if options.check else counts_of(Way(options.build, "bare", prefix), kinds)
        too_many += [f"{name}, {line}" for line in over(counted, BUDGETS[name])]
        figures[name] = {kind: {"added": round(counted[kind].added), "traced": round(counted[kind].instructions),
                                "bare": round(bare[kind].instructions) if bare else None, "budget": BUDGETS[name][kind]} for kind in kinds}
        if options.json:
            continue
        table(way, counted, bare, BUDGETS[name])
        for kind in kinds if bare else []:
            places(way, kind, counted[kind])
    if options.json:
        print(json.dumps(figures, indent=1))
    for line in too_many:
        print(f"over its budget by more than 5 %: {line}", file=sys.stderr)
    return 1 if too_many and options.check else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (CountError, workload.WorkloadError, OSError) as error:
        sys.exit(f"wsitrace: instructions.py: {error}")
