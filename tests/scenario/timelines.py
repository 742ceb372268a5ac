# SPDX-License-Identifier: MIT
"""The scenario table: cases that drive traffic against a host, and the timelines that must come out, in timelines/GROUP.txt.

A case is a function of a module test_timelines_GROUP.py. It gets a Traffic; whatever it connects with that belongs to the case.

    APP = timelines.Host("table_host")                      # cases of one Host share a process (alone=True: they do not)
    table = timelines.Table("h1")

    @table.case(APP)
    def keep_alive(traffic):
        \"\"\"Three requests, one after the other; the client closes.\"\"\"
        http = traffic.http()
        ...
        http.finish()                                       # a case ends when the server has closed, too

    H1 = table.tests()                                      # a unittest class: one test for each case, lws version and way in

Cases with waits=True (those that wait for a timeout of lws) run at the same time, in threads; all others one after the other.
check=FUNCTION gets the connections of the case, for claims on times.

WSITRACE_UPDATE_TIMELINES=1 writes what was seen into the file. Blocks whose lines are equal are merged over versions and ways;
the words under a title are kept. Read every line of the difference before it is committed: it says what is right.
"""

import calendar
import collections
import concurrent.futures
import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import certificates
import harness
import sockets
import timeline_file
import timeline_text
import workload

SYSTEM = "4.1.6-debian"  # the libwebsockets of the build; its blocks are those of 4.1.6, unless it has some of its own
VERSIONS = ("4.1.6", "4.3.5", SYSTEM)  # a build comes after the version itself
WAYS = ("preload", "plugin", "link")
# Sanitizers look at our own code, which is the same whatever lws is beside it.
LOOKED_AT = ("4.3.5",) if os.environ.get("WSITRACE_SANITIZER") else VERSIONS
UPDATE = bool(os.environ.get("WSITRACE_UPDATE_TIMELINES"))
RST = struct.pack("ii", 1, 0)


class Host:
    """A host program. LINKED: the one that has wsitrace linked in, None: there is none. Called with nothing but the OPTIONS,
    with "--plugin DIR TRACE" before them, or with the trace after them. OPTIONS: strings, or functions of the run. Prints "NAME port N" or "port N"."""

    def __init__(self, program, *options, linked=None, ways=WAYS, versions=VERSIONS):
        self.program, self.options, self.linked = program, options, linked
        self.ways = [way for way in ways if way != "link" or linked]
        self.versions = versions

    def combinations(self):
        return [(lws, way) for lws in self.versions for way in self.ways if lws in LOOKED_AT and (lws, way) != (SYSTEM, "plugin")]

    def command(self, run):
        lws = "" if run.lws == SYSTEM else run.lws
        options = [option(run) if callable(option) else option for option in self.options]
        if run.way == "preload":
            return [harness.WSITRACE, "run", "-o", run.trace, "--", harness.host_path(self.program, lws), *options]
        if run.way == "plugin":
            return [harness.host_path(self.program, lws), "--plugin", harness.plugin_dir(lws), run.trace, *options]
        return [harness.host_path(self.linked, lws), *options, run.trace]


def table_host(*options, **limits):
    """hosts/table_host.c with these options."""
    return Host("table_host", *in_files("--files"), *options, linked="table_host_linked", **limits)


def tls_host(*options, **limits):
    """table_host() that speaks TLS."""
    return table_host("--tls", lambda _: certificates.made().server[0], lambda _: certificates.made().server[1], *options, **limits)


def in_files(*arguments):
    """Options that name the directory of the files to serve, e.g. in_files("--files")."""
    return [*arguments, lambda run: run.files]


class Traffic:
    """What a case sends with; it remembers the ports that it came from, by which its connections are found in the report."""

    def __init__(self, run):
        self.run, self.program, self.ports, self.used = run, run.program, [], set()

    def address(self, name=""):
        return self.program.address(f"{name} port" if name else "port")

    def connect(self, name="", receive_bytes=None, **tls):
        """A connected socket to the port that the host calls NAME, with a receive buffer of RECEIVE_BYTES. TLS: arguments of
        workload.secure()."""
        sock = self.run.fresh_socket()
        if receive_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.ports.append(sock.getsockname()[1])
        sock.connect(self.address(name))
        self.used.add(sock.getpeername())
        return workload.secure(sock, **tls) if tls else sock

    def http(self, name="", **tls):
        return workload.Http1(self.address(name), sock=self.connect(name, **tls))

    def websocket(self, name="", protocol="echo", path="/", **tls):
        return workload.WebSocket(self.address(name), protocol, path, sock=self.connect(name, **tls))

    def reset(self, sock):
        """Closes with RST instead of FIN, and waits until the host, which has one thread, has had to look at it.

        The host stands still meanwhile. While the kernel still works on a reset, poll() may tell of the end (POLLHUP) before it tells
        that there is something to read (POLLIN), and lws goes by that.
        """
        here, there = sock.getsockname(), sock.getpeername()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        with self.standing_still():
            sock.close()
            sockets.gone(there[1], here[1])
        self.knock(there)

    def settle(self, sock):
        """Waits until the host, which has one thread, has read what was sent on SOCK, and has then looked around a few times."""
        sockets.taken(sock)
        self.look_around(sock.getpeername())

    def look_around(self, address):
        """The host's thread has gone round its loop a few times: what had come before was looked at."""
        for _ in range(5):
            self.knock(address)

    @contextlib.contextmanager
    def standing_still(self):
        """The host is stopped meanwhile: all that is sent is there when it looks."""
        os.killpg(self.program.pid, signal.SIGSTOP)
        try:
            harness.stopped(self.run.host_pid())
            yield
        finally:
            os.killpg(self.program.pid, signal.SIGCONT)

    def knock(self, address):
        """A connection that comes and goes, and belongs to no case."""
        sock = self.run.fresh_socket()
        self.run.knocks.add(sock.getsockname()[1])
        sock.connect(address)
        workload.finish(sock)


class Case:
    def __init__(self, function, host, alone, waits, check):
        self.name, self.function, self.host = function.__name__, function, host
        self.alone, self.waits, self.check = alone, waits, check
        self.words = [line.strip() for line in (function.__doc__ or "").strip().splitlines()]


class Run:
    """One process of a host under one version and way, all its cases, and what the report says of each."""

    def __init__(self, host, cases, lws, way):
        self.host, self.lws, self.way = host, lws, way
        self.errors, self.ports, self.spans_ns, self.connections = {}, {}, {}, collections.defaultdict(list)
        self._used, self.knocks, self._lock = set(), set(), threading.Lock()
        self.directory = tempfile.mkdtemp(prefix="wsitrace-timelines-")
        self.trace, self.files = os.path.join(self.directory, "out.wsitrace"), os.path.join(self.directory, "files")
        try:
            self._serve_files()
            self._drive(cases)
            self._sort(self._report(), cases)
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _serve_files(self):
        os.mkdir(self.files)
        with open(os.path.join(self.files, "index.html"), "w", encoding="ascii") as page:
            page.write("<html>hello</html>\n")
        with open(os.path.join(self.files, "big.html"), "wb") as page:  # more than all socket buffers on the way
            page.truncate(16 << 20)

    def fresh_socket(self):
        """A socket with a port that no other of this run has or had."""
        while True:
            sock = socket.socket()
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(workload.TIMEOUT_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if sock.getsockname()[1] not in self._used:
                    self._used.add(sock.getsockname()[1])
                    return sock
            sock.close()

    def _drive(self, cases):
        self.program = harness.Program(self.host.command(self), self.directory,
                                       harness.RUNTIME if self.way == "plugin" else None)
        try:
            with concurrent.futures.ThreadPoolExecutor(max(1, sum(case.waits for case in cases))) as pool:
                waiting = [pool.submit(self._send, case) for case in cases if case.waits]
                for case in cases:
                    if not case.waits:
                        self._send(case)
                concurrent.futures.wait(waiting)
            self.result = self.program.stop()
        finally:
            self.program.discard()

    def host_pid(self):
        return self.program.pid if self.way != "preload" else harness.child_of(self.program.pid)

    def _send(self, case):
        traffic, began_ns = Traffic(self), time.time_ns()
        try:
            case.function(traffic)
            if case.waits:  # who waits for lws's half-close is gone before lws has closed the other half
                for address in traffic.used:
                    traffic.look_around(address)
        except Exception as error:  # noqa: told by the test of the case
            self.errors[case.name] = error
        self.ports[case.name] = traffic.ports
        self.spans_ns[case.name] = (began_ns, time.time_ns())

    def _report(self):
        if os.environ.get("WSITRACE_KEEP_TRACES"):
            names = "+".join(self.ports) if len(self.ports) == 1 else self.host.program
            shutil.copy(self.trace, os.path.join(os.environ["WSITRACE_KEEP_TRACES"], f"{names}.{self.lws}.{self.way}.wsitrace"))
        told = subprocess.run([harness.WSITRACE, "report", self.trace, "--format", "json"], capture_output=True, check=False)
        if told.returncode:
            raise AssertionError(f"no report: {told.stderr.decode()}\nhost: {self.result}")
        return harness.Trace(json.loads(told.stdout))

    def _sort(self, trace, cases):
        """Gives each client's connection to its case: by the port of its peer, by the connection that carries it, by its time."""
        self.report = trace
        owner_of_port = {port: name for name, ports in self.ports.items() for port in ports}
        owner_of_port.update((port, "knock") for port in self.knocks)
        owner_of_id = {}
        for connection in sorted(trace.of_class("client"), key=lambda c: c["id"]):
            port = (connection["peer"] or "").rsplit(":", 1)[-1]
            owner = owner_of_port.get(int(port)) if port.isdigit() else owner_of_id.get(connection["parent"])
            if len(cases) == 1 and owner != "knock":
                owner = cases[0].name
            owner = owner or self._running_at(connection["opened_ns"], cases)
            owner_of_id[connection["id"]] = owner
            self.connections[owner].append(connection)

    def _running_at(self, opened_ns, cases):
        """The case that ran, alone, at that time since the host's start."""
        second, fraction = self.report.process["started_at"].rstrip("Z").split(".")
        started_s = calendar.timegm(time.strptime(second, "%Y-%m-%dT%H:%M:%S"))
        at_ns = started_s * 10**9 + int(fraction) + (opened_ns or 0)
        running = [case for case in cases if self.spans_ns[case.name][0] <= at_ns <= self.spans_ns[case.name][1]]
        return running[0].name if len(running) == 1 else None

    def of_case(self, name):
        if name in self.errors:
            raise AssertionError(f"the case could not be driven: {self.errors[name]!r}\nhost: {self.result}") from self.errors[name]
        return self.connections[name]

    def strangers(self):
        """Clients' connections that belong to no case."""
        return self.connections[None]


class Table:
    """The cases of one group."""

    def __init__(self, group):
        self.group, self.cases, self._runs = group, [], {}
        self.file = timeline_file.File(os.path.join(harness.SOURCE, "timelines", f"{group}.txt"))

    def case(self, host, alone=False, waits=False, check=None):
        def add(function):
            self.cases.append(Case(function, host, alone, waits, check))
            return function
        return add

    def run_of(self, case, lws, way):
        """The run that holds CASE; made when first asked for."""
        key = (case if case.alone else case.host, lws, way)
        if not self._runs:
            self._begin_waiting()
        if key not in self._runs:
            self._runs[key] = concurrent.futures.Future()
            self._make(self._runs[key], *key)
        error = self._runs[key].exception()
        if error:
            raise AssertionError(f"the host could not be driven: {error}") from error
        return self._runs[key].result()

    def _begin_waiting(self):
        """Starts all runs that do nothing but wait, at the same time, in the background."""
        hosts = dict.fromkeys(case.host for case in self.cases)
        for host in hosts:
            if all(case.waits and not case.alone for case in self.cases if case.host is host):
                for lws, way in host.combinations():
                    future = self._runs[host, lws, way] = concurrent.futures.Future()
                    threading.Thread(target=self._make, args=(future, host, lws, way)).start()

    def _make(self, future, key, lws, way):
        cases = [key] if isinstance(key, Case) else [c for c in self.cases if c.host is key and not c.alone]
        try:
            future.set_result(Run(cases[0].host, cases, lws, way))
        except Exception as error:  # noqa: each case of the run tells it
            future.set_exception(error)

    def tests(self):
        """The unittest class with test_CASE__VERSION_WAY for each case."""
        table = self

        class Timelines(unittest.TestCase):
            maxDiff = 8000

            @classmethod
            def tearDownClass(cls):
                if UPDATE:
                    table.file.write([(case.name, case.words, case.host.combinations()) for case in table.cases])

            def compare(self, case, lws, way):
                run = table.run_of(case, lws, way)
                self.assertEqual(run.report.loss["lost"], 0, run.report.loss)
                self.assertEqual(run.strangers(), [])
                connections = run.of_case(case.name)
                for connection in connections:
                    self.assert_ordered(connection)
                if case.check:
                    case.check(self, connections)
                seen = timeline_text.render(connections)
                if UPDATE:
                    table.file.see(case.name, lws, way, seen)
                    return
                expected = table.file.expected(case.name, lws, way)
                self.assertIsNotNone(expected, f"{table.file.path} has no block {case.name} for lws {lws} and {way}")
                self.assertEqual("\n".join(expected), "\n".join(seen), f"expected (-) and seen (+), host: {run.result}")

            def assert_ordered(self, connection):
                """Times within a connection: known ones in order, transactions within their connection, one after the other."""
                end = connection["closed_ns"]
                last = connection["opened_ns"]
                for transaction in connection["transactions"]:
                    times = [transaction[f"{step}_ns"] for step in ("requested", "handled", "responded", "completed")]
                    known = [time for time in (last, *times, end) if time is not None]
                    self.assertEqual(known, sorted(known), connection)
                    last = times[-1] or last
                for binding in connection["bindings"]:
                    if binding["dropped_ns"] is not None:
                        self.assertLessEqual(binding["bound_ns"], binding["dropped_ns"], connection)

        def claim(case, lws, way):
            return lambda self: self.compare(case, lws, way)

        for case in self.cases:
            for lws, way in case.host.combinations():
                setattr(Timelines, f"test_{case.name}__{lws.replace('.', '_').replace('-', '_')}_{way}", claim(case, lws, way))
        Timelines.__module__ = self.cases[0].function.__module__  # or unittest tears that module down before these tests
        return Timelines
