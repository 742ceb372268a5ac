#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long `wsitrace run --check` takes from the end of a host with many open connections to its own end, the verdict told.

    verdict_bench.py --build build/bench --connections 10000
"""

import argparse
import json
import os
import resource
import signal
import socket
import statistics
import sys
import tempfile
import time

import servers

SPARE_DESCRIPTORS = 200
HOST_STATUS = 5  # of http_host, which `run` passes on when nothing was found


def open_connections(port, count):
    return [socket.create_connection(("127.0.0.1", port), timeout=servers.PATIENCE_S) for _ in range(count)]


def has_ended(pid):
    """True for a zombie, too: what is left is its parent's to do."""
    try:
        return servers.read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def measure_once(build, connections):
    with tempfile.TemporaryDirectory(prefix="wsitrace-bench-") as where:
        host = os.path.join(build, "tests", "hosts", "http_host")
        server = servers.Server([os.path.join(build, "bin", "wsitrace"), "run", "--check", "-o", os.path.join(where, "trace"),
                                 "--", host], where, 0, "/dyn")
        socks = []
        try:
            socks = open_connections(server.port, connections)
            server.get("/dyn")  # all those before it are accepted
            os.kill(server.pids[0], signal.SIGINT)
            servers.until(lambda: has_ended(server.pids[0]), "the host to end", every_s=0.0005)
            ended = time.monotonic()
            status = server.program.wait(servers.PATIENCE_S)
            took_ms = (time.monotonic() - ended) * 1000
            if status != HOST_STATUS:
                raise servers.ServerError(f"the check ended with {status}: {servers.read(server.log.name)[-400:]}")
            return took_ms
        finally:
            server.stop()
            for sock in socks:
                sock.close()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--connections", type=int, default=10000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, options.connections + SPARE_DESCRIPTORS), most))
    try:
        took_ms = [measure_once(os.path.abspath(options.build), options.connections) for _ in range(options.runs)]
    except (servers.ServerError, OSError) as error:
        print(f"wsitrace: verdict_bench: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"connections": options.connections, "runs": options.runs,
                      "verdict_ms": round(statistics.median(took_ms), 1), "worst_ms": round(max(took_ms), 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
