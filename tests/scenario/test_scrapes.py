# SPDX-License-Identifier: MIT
"""A scrape is answered at once, whatever else somebody asks for: reports of large traces are made beside it, one at a time, and never in
memory; who only connects keeps nobody out."""

import re
import socket
import threading

import harness
import workload
from live_client import ask, read_reply
from served import RunServe

REQUESTS = 811 * 37
READERS = 5
SILENT = 521


def anonymous_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return int(re.search(r"^RssAnon:\s+(\d+) kB$", status.read(), re.MULTILINE)[1])


class Loaded(RunServe):
    def begin(self, *options, lws=""):
        """With a ring that holds all of the load: however late it is drained, nothing is lost."""
        super().begin("--ring-size", str(1 << 20), *options, lws=lws)

    def load(self):
        """A trace of REQUESTS requests, in connections of a few."""
        for _ in range(REQUESTS // 37):
            kept = workload.Http1(self.app)
            for _ in range(37):
                kept.get("/dyn")
            kept.sock.close()

    def await_drained(self):
        """A report has what is drained by then."""
        done = re.compile(r"^lws_connections_closed_total{.*} (\d+)$", re.MULTILINE)
        harness.until(lambda: sum(map(int, done.findall(self.get("/metrics").text))) == REQUESTS // 37, "all connections to be drained")

    def reader(self):
        """Asks for the report, and reads nothing of it yet."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(self.at)
        sock.sendall(b"GET /api/report HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        self.addCleanup(sock.close)
        return sock


class Scrapes(Loaded):
    def test_a_scrape_does_not_wait_for_a_report(self):
        self.begin()
        self.load()
        report = self.reader()
        self.assertEqual(self.get("/metrics").status, 200)
        report.settimeout(0)
        with self.assertRaises(BlockingIOError):  # it is still being made
            report.recv(1)

    def test_a_report_read_by_many_at_once_is_whole(self):
        self.begin()
        self.load()
        self.await_drained()
        told = []
        threads = [threading.Thread(target=lambda: told.append(ask(self.at, "/api/report").json)) for _ in range(READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([report["totals"]["transactions"] for report in told], [REQUESTS] * READERS)

    def test_who_only_connects_keeps_nobody_out(self):
        self.begin()
        silent = [workload.connect(self.at) for _ in range(SILENT)]
        self.assertEqual(self.get("/metrics").status, 200)
        silent[101].setblocking(False)
        with self.assertRaises(BlockingIOError):  # it did not wait until their time was up
            silent[101].recv(1)
        for sock in silent:
            sock.close()

    def test_a_reader_that_left_costs_nothing(self):
        self.begin()
        self.load()
        for _ in range(READERS):
            self.reader().close()
        sock = self.reader()
        sock.settimeout(harness.PATIENCE_S)
        self.assertEqual(read_reply(sock).status, 200)


class Memory(Loaded):
    """Sanitizers take more memory than what is measured."""

    def test_a_report_that_nobody_reads_is_not_in_memory(self):
        self.begin()
        self.load()
        before = anonymous_kib(self.program.pid)
        readers = [self.reader() for _ in range(READERS)]
        for reader in readers:
            reader.settimeout(harness.PATIENCE_S)
            head = reader.recv(1024)
            self.assertTrue(head.startswith(b"HTTP/1.1 200"), head)
        size = int(re.search(rb"content-length: (\d+)", head)[1])
        grown = (anonymous_kib(self.program.pid) - before) * 1024
        self.assertLess(grown, size / 2, size)
        for _ in range(23):
            self.assertEqual(self.get("/metrics").status, 200)


