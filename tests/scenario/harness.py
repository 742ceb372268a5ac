# SPDX-License-Identifier: MIT
"""What the scenario tests stand on: where things are, hosts that run, traces that are read.

Where: WSITRACE_BUILD_DIR names the build (default build/release), WSITRACE_LWS the libwebsockets that the plugin and hosts
were built for besides the system's ("4.1.6=PREFIX:4.3.5=PREFIX"), WSITRACE_ROLES_LWS the prefix of 4.3.5 with CGI, proxy mounts
and MQTT, WSITRACE_SANITIZER a runtime that must be loaded first into programs that were not built with it (ASan and TSan builds).

Each program runs in a process group of its own, which is ended with the test; nothing outlives it.
"""

import contextlib
import glob
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

DESCRIPTORS = 20_000  # of a test and of what it starts: ten thousand connections, and both ends of some; 1,024 is a usual limit
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if _soft != resource.RLIM_INFINITY and _soft < DESCRIPTORS:
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS if _hard == resource.RLIM_INFINITY else min(DESCRIPTORS, _hard), _hard))

SOURCE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(SOURCE))
BUILD = os.path.abspath(os.environ.get("WSITRACE_BUILD_DIR", os.path.join(ROOT, "build", "release")))
WSITRACE = os.path.join(BUILD, "bin", "wsitrace")
HOSTS = os.path.join(BUILD, "tests", "hosts")
LWS = dict(item.split("=", 1) for item in os.environ.get("WSITRACE_LWS", "").split(":") if item)
FURTHER_LWS = sorted(set(LWS) - {"4.1.6", "4.3.5"})  # versions that only a developer's build has
ROLES_LWS = os.environ.get("WSITRACE_ROLES_LWS", "")
SANITIZER = os.environ.get("WSITRACE_SANITIZER", "")
# For programs that load a plugin of a sanitizer's build. Their own leaks are not ours to judge.
RUNTIME = {"LD_PRELOAD": SANITIZER, "ASAN_OPTIONS": "detect_leaks=0"} if SANITIZER else {}
if SANITIZER:  # lws 4.3.5, built for several service threads, takes its context and thread locks in both orders
    os.environ.setdefault("TSAN_OPTIONS", "detect_deadlocks=0")
PATIENCE_S = 180 if SANITIZER else 90  # decides nothing but how late a failure is told: most machines that run tests are busy


def host_path(name, lws=""):
    """A host program; LWS: a version of WSITRACE_LWS, or the system's."""
    return os.path.join(HOSTS, f"lws-{lws}" if lws else "", name)


def plugin_dir(lws):
    return os.path.join(BUILD, "lib", f"lws-{lws}")


def until(condition, what, patience_s=PATIENCE_S):
    """Waits until CONDITION() is true and returns it."""
    end = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience_s} s in vain for: {what}")
        time.sleep(0.02)


held_ports = []


def free_port():
    """A port for a program to listen on. Until this process ends the kernel gives it to nobody who asks for any: of two sockets that may
    use an address again (SO_REUSEADDR) one can listen while the other is only bound."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    held_ports.append(sock)
    return sock.getsockname()[1]


class Result:
    """A program that has ended."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"status {self.status}\nstdout: {self.out}\nstderr: {self.err}"


class Program:
    """A program that runs; its output goes to files, so that it can never block on a reader."""

    def __init__(self, arguments, directory, env=None, **popen):
        self.arguments = arguments
        self._out = tempfile.TemporaryFile()
        self._err = tempfile.TemporaryFile()
        self.process = subprocess.Popen(arguments, cwd=directory, stdin=subprocess.DEVNULL, stdout=self._out,
                                        stderr=self._err, env={**os.environ, **(env or {})},
                                        start_new_session=True, **popen)
        self.pid = self.process.pid

    @staticmethod
    def _text(file):
        return os.pread(file.fileno(), 1 << 26, 0).decode(errors="replace")

    @property
    def out(self):
        return self._text(self._out)

    @property
    def err(self):
        return self._text(self._err)

    def values(self, prefix, count=1):
        """The numbers of the first COUNT lines "PREFIX N", once they are there."""
        pattern = re.compile(rf"^{prefix} (\d+)$", re.MULTILINE)

        def found():
            numbers = pattern.findall(self.out)
            if len(numbers) < count and self.process.poll() is not None:
                raise AssertionError(f"{self.arguments}: ended early, {self.wait()}")
            return numbers if len(numbers) >= count else None
        return [int(number) for number in until(found, f"{count} lines '{prefix} N' of {self.arguments}")]

    def address(self, prefix="port", nth=0):
        return ("127.0.0.1", self.values(prefix, nth + 1)[nth])

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout_s=PATIENCE_S):
        try:
            status = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"{self.arguments}: did not end in {timeout_s} s\n{self.out}\n{self.err}") from None
        return Result(status, self.out, self.err)

    def stop(self, number=signal.SIGINT):
        self.send_signal(number)
        return self.wait()

    def _forget_rings(self):
        """A launcher that is killed leaves its ring in memory."""
        if os.path.exists(f"/proc/{self.pid}"):
            return  # the number is somebody else's by now
        for name in (f"*.{self.pid}.ring*", f"*.{self.pid}-*.ring*"):
            for path in glob.glob(f"/dev/shm/wsitrace-{os.getuid()}/{name}"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)

    def discard(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # also what the program has left behind
        self.process.wait()
        self._forget_rings()
        self._out.close()
        self._err.close()


class Trace:
    """A report of a trace, as `wsitrace report --format json` tells it."""

    def __init__(self, report):
        self.report = report
        self.connections = report["connections"]
        self.totals = report["totals"]
        self.loss = report["loss"]
        self.process = report["process"]

    def of_class(self, name, vhost=None):
        return [c for c in self.connections if c["class"] == name and vhost in (None, c["vhost"])]

    def transactions(self, vhost=None):
        return [t for c in self.of_class("client", vhost) for t in c["transactions"]]

    def shape(self):
        """What must be the same however wsitrace came in: no ids, pointers, times, fds or ports; no status, which only
        a preload sees."""
        def of(connection):
            return (connection["class"], connection["origin"], connection["vhost"], connection["state"],
                    tuple((b["protocol"], b["cause"]) for b in connection["bindings"]),
                    tuple((t["index"], t["version"], t["method"], t["path"], t["protocol"], t["outcome"])
                          for t in connection["transactions"]),
                    connection["session"] is not None)
        return sorted((of(c) for c in self.connections if c["class"] != "internal"), key=repr)


class Scenario(unittest.TestCase):
    """A test with a directory of its own, in which everything it starts is ended and everything it writes is removed."""

    maxDiff = 4000

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="wsitrace-scenario-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.files = self.path("files")
        os.mkdir(self.files)
        with open(os.path.join(self.files, "index.html"), "w", encoding="ascii") as page:
            page.write("<html>hello</html>\n")
        os.chmod(self.directory, 0o755)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def start(self, arguments, **options):
        program = Program([str(a) for a in arguments], options.pop("directory", self.directory), **options)
        self.addCleanup(program.discard)
        return program

    def execute(self, arguments, **options):
        return self.start(arguments, **options).wait()

    def host(self, name="http_host", *arguments, lws="", files=True):
        """The command line of a host."""
        options = ["--files", self.files] if files else []
        return [host_path(name, lws), *options, *arguments]

    def start_with_plugin(self, name, trace, lws):
        """Starts a host that loads the plugin and writes its trace to the file TRACE."""
        return self.start(self.host(name, "--plugin", plugin_dir(lws), self.path(trace), lws=lws), env=RUNTIME)

    def traced(self, command, *options, trace="out.wsitrace", **popen):
        """Starts COMMAND under `wsitrace run`."""
        return self.start([WSITRACE, "run", "-o", self.path(trace), *options, "--", *command], **popen)

    def wsitrace(self, *arguments, **options):
        return self.execute([WSITRACE, *arguments], **options)

    def report(self, trace="out.wsitrace"):
        result = self.wsitrace("report", self.path(trace), "--format", "json")
        self.assertEqual(result.status, 0, result)
        return Trace(json.loads(result.out))

    def traces(self):
        """Names of all trace files in the directory of the test."""
        return sorted(name for name in os.listdir(self.directory) if name.endswith(".wsitrace"))

    # Claims that many tests make.

    def assert_one_line(self, text, *words):
        self.assertEqual(len(text.strip().splitlines()), 1, text)
        self.assertTrue(text.startswith("wsitrace: "), text)
        for word in words:
            self.assertIn(word, text)

    def assert_settled(self, trace):
        """Clean end: everything closed, every binding has a cause, nothing lost."""
        self.assertEqual(trace.loss["lost"], 0, trace.loss)
        self.assertEqual(trace.totals["opened"], trace.totals["closed"], trace.totals)
        self.assertEqual(trace.totals["open"], 0)
        for connection in trace.connections:
            self.assertEqual(connection["state"], "closed", connection)
            for binding in connection["bindings"]:
                self.assertIsNotNone(binding["dropped_ns"], connection)
                self.assertTrue(binding["cause"], connection)

    def assert_known_workload(self, trace, one_by_one, vhost=None, protocol="echo"):
        """Exactly the connections, transactions and sessions of workload.known()."""
        import workload
        clients = trace.of_class("client", vhost)
        self.assertEqual(len(clients), workload.known_connections(one_by_one))
        outcomes = [t["outcome"] for c in clients for t in c["transactions"]]
        self.assertEqual(outcomes.count("upgraded"), workload.SESSIONS)
        self.assertEqual(outcomes.count("completed"), workload.KEEP_ALIVE_REQUESTS + one_by_one)
        self.assertEqual(len(outcomes), workload.KEEP_ALIVE_REQUESTS + one_by_one + workload.SESSIONS)
        self.assertEqual(sorted(len(c["transactions"]) for c in clients if len(c["transactions"]) > 1), [4, 4, 5, 5, 5])
        self.assertEqual(sum(not c["transactions"] for c in clients), workload.SILENT)
        sessions = [c for c in clients if c["session"]]
        self.assertEqual(len(sessions), workload.SESSIONS)
        for connection in sessions:
            self.assertEqual(connection["session"]["protocol"], protocol)
            self.assertEqual(connection["close"]["ws_code"], 1000)
        self.assertEqual(len({c["id"] for c in clients}), len(clients))


def open_files(pid):
    """What a process has open, without the numbers that differ from run to run."""
    targets = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue
        targets.append(re.sub(r"\[\d+\]|#\d+ \(deleted\)", "[]", target))
    return sorted(targets)


def at_rest(pid):
    """Waits until the main thread of PID, a host with one service thread, sleeps: it has done all that was to be done and waits for more."""
    until(lambda: _state(pid) == "S", f"{pid} to have nothing to do")


def stopped(pid):
    """Waits until the main thread of PID has taken notice of SIGSTOP."""
    until(lambda: _state(pid) == "T", f"{pid} to stop")


def has_ended(pid):
    """Also of an orphan that nobody has waited for: the first process of a container may not care."""
    try:
        return _state(pid) == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _state(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def turned(pid, times=41):
    """Waits until the threads of PID have slept TIMES more, each of which is a turn of a loop (a launcher drains rings in one)."""
    def turns():
        count = 0
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/status", encoding="utf-8") as status:
                count += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)$", status.read(), re.MULTILINE)[1])
        return count
    before = turns()
    until(lambda: turns() >= before + times, f"{pid} to turn {times} times")


def child_of(pid, name=None):
    """The first child of PID, once it is there; NAME: once it runs that program. What the launcher keeps for itself is none."""
    def found():
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                for child in children.read().split():
                    with open(f"/proc/{child}/comm", encoding="utf-8") as comm:
                        running = comm.read().strip()
                    if running == name[:15] if name else running not in ("wsitrace", "wsitrace-group"):
                        return int(child)
        return None
    return until(found, f"a child of {pid}")
