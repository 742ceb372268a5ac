#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the clients of a traced lwsws feel while many scrape it: latency of requests on one kept-alive connection with and without
scrapers, in windows that take turns. Scrapers are a process of their own, each a thread that asks for the metrics, waits, and asks again.

    scrapers_bench.py --build build/bench --lws "$(deploy/bootstrap.sh --print-lws 4.3.5)" --scrapers 50 --pause 1
"""

import argparse
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import servers

METRICS = "/wsitrace/metrics"
ACCEPT = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


class Client:
    """One kept-alive connection; each request is timed from its first byte to the last of its answer."""

    def __init__(self, port, path, accept="*/*"):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=servers.PATIENCE_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode()

    def get_ms(self):
        begun = time.perf_counter_ns()
        self.sock.sendall(self.request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise servers.ServerError(f"answered {head[:40]!r}")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        got = len(body)
        while got < length:
            got += len(self._more())
        return (time.perf_counter_ns() - begun) / 1e6

    def _more(self):
        data = self.sock.recv(1 << 18)
        if not data:
            raise servers.ServerError("an answer ended early")
        return data


def scrape_for_ever(port, scrapers, pause_s):
    """Prints "ready" once each has scraped, then its scrapes so far whenever a line is asked for."""
    counts = [0] * scrapers

    def scrape(number):
        client = Client(port, METRICS, ACCEPT)
        while True:
            client.get_ms()
            counts[number] += 1
            time.sleep(pause_s * random.uniform(0.5, 1.5))
    for number in range(scrapers):
        threading.Thread(target=scrape, args=(number,), daemon=True).start()
    while min(counts) == 0:
        time.sleep(0.01)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(sum(counts), flush=True)


class Scrapers:
    def __init__(self, port, options):
        self.program = subprocess.Popen([sys.executable, __file__, "--scrape", str(port), "--scrapers", str(options.scrapers),
                                         "--pause", str(options.pause)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.program.stdout.readline() != "ready\n":
            raise servers.ServerError("the scrapers did not come up")

    def set_running(self, running):
        os.kill(self.program.pid, signal.SIGCONT if running else signal.SIGSTOP)
        time.sleep(0.05)

    def count(self):
        self.program.stdin.write("\n")
        self.program.stdin.flush()
        return int(self.program.stdout.readline())

    def stop(self):
        self.program.kill()
        self.program.wait()


def window(client, seconds):
    """Latencies of as many requests as fit, a millisecond apart."""
    end, took_ms = time.monotonic() + seconds, []
    while time.monotonic() < end:
        took_ms.append(client.get_ms())
        time.sleep(0.001)
    return took_ms


def figures(took_ms):
    took_ms = sorted(took_ms)
    at = {"p50_ms": 0.5, "p99_ms": 0.99}
    return {**{name: round(took_ms[int(len(took_ms) * part)], 4) for name, part in at.items()},
            "worst_ms": round(took_ms[-1], 3), "requests": len(took_ms)}


def measure(options):
    with tempfile.TemporaryDirectory(prefix="wsitrace-bench-") as where:
        plugins = os.path.join(os.path.abspath(options.build), "lib", f"lws-{options.lws_version}")
        server = servers.start_lwsws(options.lws, where, plugins)
        scrapers = None
        try:
            client = Client(server.port, "/index.html")
            scrapers = Scrapers(server.port, options)
            took_ms, ratios, scrapes, scraped_s = ([], []), [], 0, 0
            for _ in range(options.pairs):
                p99 = {}
                for running in random.sample([False, True], 2):
                    scrapers.set_running(running)
                    before = scrapers.count() if running else 0
                    taken = window(client, options.window)
                    scrapes += scrapers.count() - before if running else 0
                    scraped_s += options.window if running else 0
                    took_ms[running].extend(taken)
                    p99[running] = figures(taken)["p99_ms"]
                ratios.append(p99[True] / p99[False])
            return {"scrapers": options.scrapers, "scrapes_per_s": round(scrapes / scraped_s, 1),
                    "without": figures(took_ms[False]), "with": figures(took_ms[True]),
                    "p99_ratio": round(statistics.median(ratios), 3), "spread": [round(r, 3) for r in sorted(ratios)]}
        finally:
            if scrapers:
                scrapers.stop()
            server.stop()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--lws", help="prefix of the libwebsockets whose lwsws is traced")
    parser.add_argument("--lws-version", default="4.3.5")
    parser.add_argument("--scrapers", type=int, default=50)
    parser.add_argument("--pause", type=float, default=1, help="seconds between two scrapes of one scraper, about")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--window", type=float, default=3, help="seconds")
    parser.add_argument("--scrape", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.scrape:
        scrape_for_ever(options.scrape, options.scrapers, options.pause)
        return 0
    if not options.build or not options.lws:
        parser.error("--build and --lws are needed")
    try:
        print(json.dumps(measure(options)))
    except (servers.ServerError, OSError) as error:
        print(f"wsitrace: scrapers_bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
