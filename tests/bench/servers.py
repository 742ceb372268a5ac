# SPDX-License-Identifier: MIT
"""Real servers for host_cpu.py, and the CPU time they used.

CPU time is the first number of /proc/PID/task/TID/schedstat: nanoseconds on a processor, exact once the thread sleeps again. A
server is all processes below the one that was started, except the collector (`wsitrace`), which is counted apart.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

PATIENCE_S = 20


class ServerError(Exception):
    """A server did not do what the measurement needs."""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def until(condition, what, every_s=0.01):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise ServerError(f"waited {PATIENCE_S} s in vain for {what}")
        time.sleep(every_s)


def tree_of(pid):
    """PID and all processes below it, oldest first."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{parent}/task"):
                found += [int(child) for child in read(f"/proc/{parent}/task/{task}/children").split()]
    return found


def cpu_ns(pids):
    """CPU time of all threads of all PIDS, and of their first threads alone."""
    total = first = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            used = int(read(f"/proc/{pid}/task/{task}/schedstat").split()[0])
            total += used
            first += used if int(task) == pid else 0
    return total, first


def is_of_wsitrace(pid):
    """True for the launcher and for the process by which it hands on the signals of its group."""
    with contextlib.suppress(OSError):
        return read(f"/proc/{pid}/comm").startswith("wsitrace")
    return False


class Server:
    """One that was started with COMMAND and answers PATH on PORT once it is ready."""

    def __init__(self, command, directory, port, path):
        self.directory, self.port, self.path = directory, port, path
        self.log = open(os.path.join(directory, "log"), "wb")  # pylint: disable=consider-using-with
        self.program = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, start_new_session=True)
        try:
            until(self._is_ready, f"{command[0]} to listen")
        except ServerError as error:
            self.stop()
            raise ServerError(f"{error}: {read(self.log.name)[-800:]}") from None
        tree = tree_of(self.program.pid)
        self.collector = [pid for pid in tree if is_of_wsitrace(pid)]
        self.pids = [pid for pid in tree if pid not in self.collector]
        self._pin()

    def _is_ready(self):
        if self.program.poll() is not None:
            raise ServerError(f"it ended with {self.program.returncode}")
        if not self.port:
            lines = [line for line in read(self.log.name).splitlines() if line.startswith("port ")]
            self.port = int(lines[0].split()[1]) if lines else 0
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def _pin(self):
        """Servers share one processor, so that both halves of a pair see the same one; everything else takes the others."""
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            return
        for pid in self.pids + self.collector:
            for task in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(task), cpus[:1] if int(task) in self.pids else cpus[1:])

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def cpu_ns(self):
        total, first = cpu_ns(self.pids)
        return {"server": total, "first_threads": first, "collector": cpu_ns(self.collector)[0]}

    def stop(self):
        """SIGINT ends every server here; what stays is killed, by its id."""
        tree = tree_of(self.program.pid)
        target = next((pid for pid in tree if not is_of_wsitrace(pid)), tree[0])
        with contextlib.suppress(ProcessLookupError):
            os.kill(target, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.program.wait(PATIENCE_S)
        for pid in tree:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.program.wait()
        self.log.close()


def start_host(build, directory, lws="", traced=False):
    """The plain host of the scenario tests with its callback mount; it chooses its port."""
    host = os.path.join(build, "tests", "hosts", f"lws-{lws}" if lws else "", "http_host")
    command = [host]
    if traced:
        command = [os.path.join(build, "bin", "wsitrace"), "run", "-o", os.path.join(directory, "trace"), "--", host]
    return Server(command, directory, 0, "/dyn")


def start_lwsws(prefix, directory, plugin_dir=None, log_level=3, preload=None):
    """lwsws with one file; PLUGIN_DIR: where libprotocol_wsitrace.so is, to have it loaded and enabled; PRELOAD: a library."""
    port = free_port()
    for name in ("conf.d", "files", "plugins"):
        os.mkdir(os.path.join(directory, name))
    with open(os.path.join(directory, "files", "index.html"), "w", encoding="ascii") as page:
        page.write("<html>hello</html>\n")
    if plugin_dir:
        name = "libprotocol_wsitrace.so"
        os.symlink(os.path.join(plugin_dir, name), os.path.join(directory, "plugins", name))
    vhost = {"name": "localhost", "port": str(port), "interface": "127.0.0.1", "noipv6": "1", "keepalive_timeout": "60",
             "mounts": [{"mountpoint": "/", "origin": f"file://{directory}/files", "default": "index.html"}]}
    if plugin_dir:
        vhost["ws-protocols"] = [{"wsitrace": {"status": "ok"}}]
        vhost["mounts"].append({"mountpoint": "/wsitrace", "origin": "callback://wsitrace"})
    common = {"uid": str(os.getuid()), "gid": str(os.getgid()), "plugin-dir": f"{directory}/plugins", "init-ssl": "no"}
    with open(os.path.join(directory, "conf"), "w", encoding="utf-8") as conf:
        json.dump({"global": common}, conf)
    with open(os.path.join(directory, "conf.d", "vhosts"), "w", encoding="utf-8") as conf:
        json.dump({"vhosts": [vhost]}, conf)
    lwsws = os.path.join(prefix, "bin", "lwsws")
    before = ["env", f"LD_PRELOAD={preload}"] if preload else []
    return Server([*before, lwsws, "-n", "-c", directory, "-d", str(log_level)], directory, port, "/index.html")
