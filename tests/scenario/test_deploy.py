# SPDX-License-Identifier: MIT
"""What deploy/ holds does what it says: units and drop-ins as systemd reads them, the agent within the limits of its unit, the example
configuration of lwsws in both versions of it."""

import glob
import json
import os
import re
import shutil
import signal
import subprocess

import harness
import workload
from deploy_files import DEPLOY, INSTALLED, settings
from exposition import scrape

MOST_EXPOSED = 20  # tenths; systemd calls up to 4.0 OK, 9.6 is a unit that says nothing


class Units(harness.Scenario):
    """Copies of the units in which the program is the built one, beside a service that they drop in to."""

    HOST = """[Service]
ExecStart=/bin/sleep 1
NoNewPrivileges=yes
ProtectSystem=strict
PrivateTmp=yes
MemoryDenyWriteExecute=yes
SystemCallFilter=@system-service
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
"""

    def setUp(self):
        super().setUp()
        self.units = self.path("units")
        shutil.copytree(os.path.join(DEPLOY, "systemd"), self.units)
        for path in glob.glob(os.path.join(self.units, "**"), recursive=True):
            if os.path.isfile(path):
                self.replace(path, INSTALLED, harness.WSITRACE)
        with open(self.unit("lwsws.service"), "w", encoding="utf-8") as file:
            file.write(self.HOST)

    @staticmethod
    def replace(path, old, new):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def unit(self, *name):
        return os.path.join(self.units, *name)

    def expose(self):
        os.rename(self.unit("wsitrace-agent.service.d", "expose.conf.example"),
                  self.unit("wsitrace-agent.service.d", "expose.conf"))

    def analyze(self, *arguments):
        done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False,
                              env={**os.environ, "SYSTEMD_UNIT_PATH": f"{self.units}:/usr/lib/systemd/system"})
        return done.returncode, done.stdout + done.stderr

    def exposure(self, name):
        """What a service may do, by systemd's names, and how exposed it is in all."""
        status, told = self.analyze("security", "--offline=true", "--json=short", self.unit(name))
        self.assertEqual(status, 0, told)
        return {row["json_field"]: row["exposure"] for row in json.loads(told)}

    def test_systemd_finds_nothing_wrong(self):
        for exposed in (False, True):
            with self.subTest(exposed=exposed):
                if exposed:
                    self.expose()
                self.assertEqual(self.analyze("verify", "--man=no", self.unit("wsitrace-agent.service")), (0, ""))
        self.assertEqual(self.analyze("verify", "--man=no", self.unit("lwsws.service")), (0, ""))

    def test_rings_for_users_take_one_capability(self):
        os.rename(self.unit("wsitrace-agent.service.d", "users.conf.example"), self.unit("wsitrace-agent.service.d", "users.conf"))
        self.assertEqual(self.analyze("verify", "--man=no", self.unit("wsitrace-agent.service")), (0, ""))
        given = [value for value in settings(self.unit("wsitrace-agent.service.d", "users.conf"), "AmbientCapabilities") if value]
        self.assertEqual(given, ["CAP_CHOWN"])  # attack.users.Users runs an agent that has this one

    def test_the_agent_is_hardened(self):
        status, told = self.analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}",
                                    self.unit("wsitrace-agent.service"))
        self.assertEqual(status, 0, told)

    def test_recording_weakens_no_service(self):
        with_it = self.exposure("lwsws.service")
        os.remove(self.unit("lwsws.service.d", "wsitrace.conf"))
        self.assertEqual(with_it, self.exposure("lwsws.service"))
        weakening = set(re.findall(r"^(\w+)=", self.text_of_drop_in(), re.MULTILINE))
        self.assertEqual(weakening, {"Wants", "After", "Environment", "ReadWritePaths"})

    @staticmethod
    def text_of_drop_in():
        with open(os.path.join(DEPLOY, "systemd", "lwsws.service.d", "wsitrace.conf"), encoding="utf-8") as file:
            return file.read()

    def test_options_are_those_that_the_agent_has(self):
        told = self.wsitrace("agent", "--help").out
        for name in ("wsitrace-agent.service", "wsitrace-agent.service.d/expose.conf.example", "wsitrace-agent.service.d/users.conf.example"):
            [command] = [value for value in settings(self.unit(name), "ExecStart") if value]
            program, subcommand, *arguments = command.split()
            self.assertEqual((program, subcommand), (harness.WSITRACE, "agent"))
            for option in (argument for argument in arguments if argument.startswith("--")):
                self.assertIn(option, told, name)

    def test_its_user_is_made(self):
        os.mkdir(self.path("etc"))
        done = subprocess.run(["systemd-sysusers", f"--root={self.directory}", self.unit("wsitrace.sysusers.conf")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("etc", "passwd"), encoding="ascii") as passwd:
            [entry] = passwd.read().splitlines()
        self.assertTrue(entry.startswith("wsitrace:x:"), entry)
        self.assertEqual(settings(self.unit("wsitrace-agent.service"), "User"), ["wsitrace"])

    def test_drop_in_names_what_is_installed(self):
        preload, ring, trust = (value.split("=", 1) for value in settings(self.unit("lwsws.service.d", "wsitrace.conf"),
                                                                          "Environment"))
        self.assertEqual(trust, ["WSITRACE_TRUST_RING", "1"])
        self.assertEqual(preload[0], "LD_PRELOAD")
        installed = self.execute(["cmake", "--install", harness.BUILD, "--component", "runtime", "--prefix",
                                  self.path("usr", "local")])
        self.assertEqual(installed.status, 0, installed)
        self.assertTrue(os.path.exists(self.path(preload[1].lstrip("/"))), preload[1])
        self.assertTrue(os.path.exists(self.path(INSTALLED.lstrip("/"))))
        [command] = settings(self.unit("wsitrace-agent.service"), "ExecStart")
        directory, traces = (re.search(rf"--{option} (\S+)", command).group(1) for option in ("dir", "traces"))
        for option, made, place in (("RuntimeDirectory", "/run", directory), ("StateDirectory", "/var/lib", traces)):
            self.assertEqual([f"{made}/{name}" for name in settings(self.unit("wsitrace-agent.service"), option)], [place])
        self.assertEqual(ring, ["WSITRACE_RING", f"{directory}/agent.ring"])


class Agent(harness.Scenario):
    """The agent as its unit runs it, as far as that goes without systemd: without root, without capabilities, and within the system
    calls of the filter; and a service that was started as root."""

    # lws-facts: a program that gives up root does so after its start. 65534 is nobody.
    UNPRIVILEGED = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
                    "--no-new-privs"] if os.getuid() == 0 else []

    def setUp(self):
        super().setUp()
        self.rings, self.traces_kept = self.path("rings"), self.path("kept")
        for directory in (self.rings, self.traces_kept):
            os.mkdir(directory, 0o750)
            if self.UNPRIVILEGED:
                os.chown(directory, 65534, 65534)
        self.address = ("127.0.0.1", harness.free_port())

    def start_agent(self, *before):
        """In front of the agent: BEFORE, a program that starts it."""
        [line] = settings(os.path.join(DEPLOY, "systemd", "wsitrace-agent.service"), "ExecStart")
        places = {INSTALLED: harness.WSITRACE, "/run/wsitrace": self.rings, "/var/lib/wsitrace": self.traces_kept,
                  "127.0.0.1:9464": "{}:{}".format(*self.address)}
        command = [*before, *self.UNPRIVILEGED, *(places.get(word, word) for word in line.split())]
        agent = self.start(command)
        harness.until(lambda: os.path.exists(os.path.join(self.rings, "agent.ring")) and self.answers(agent), "the agent")
        return agent

    def answers(self, agent):
        self.assertIsNone(agent.process.poll(), agent.err)
        try:
            return scrape(self.address)
        except OSError:
            return None

    def start_service(self):
        """A host as the drop-in has it started."""
        environment = {}
        for value in settings(os.path.join(DEPLOY, "systemd", "lwsws.service.d", "wsitrace.conf"), "Environment"):
            name, path = value.split("=", 1)
            environment[name] = path.replace("/run/wsitrace", self.rings).replace("/usr/local/lib/wsitrace",
                                                                                  os.path.join(harness.BUILD, "lib"))
        return self.start(self.host(), env=environment)

    def observe_a_service(self):
        service = self.start_service()
        workload.keep_alive(service.address(), requests=23, connections=5)

        def seen():
            metrics = scrape(self.address)
            done = metrics.sum("lws_connections_closed_total", class_="client", program="http_host")
            return metrics if done >= 5 else None
        metrics = harness.until(seen, "5 connections")
        self.assertEqual(metrics.sum("lws_transactions_total", program="http_host", outcome="completed"), 23)
        self.assertEqual(metrics.sum("wsitrace_events_lost_total"), 0)
        harness.until(lambda: self.closed_clients(service.pid) == 5, "the trace that the unit keeps")
        service.stop()

    def closed_clients(self, pid):
        """As root sees them, by the command of the runbook."""
        result = self.wsitrace("report", self.rings, "--pid", pid, "--class", "client", "--format", "json")
        return sum(c["state"] == "closed" for c in json.loads(result.out)["connections"]) if result.status == 0 else None

    def test_unprivileged_agent_observes_a_service_started_by_root(self):
        agent = self.start_agent()
        self.observe_a_service()
        self.assertEqual(agent.stop(signal.SIGTERM).status, 0)

    def test_it_keeps_to_the_system_calls_of_its_unit(self):
        log = self.path("calls")
        agent = self.start_agent("strace", "-f", "-qq", "-o", log)
        self.observe_a_service()
        os.kill(harness.child_of(agent.pid, "wsitrace"), signal.SIGTERM)
        agent.wait()
        with open(log, encoding="utf-8", errors="replace") as file:
            calls = set(re.findall(r"^\d+ +(\w+)\(", file.read().split(f'execve("{harness.WSITRACE}"')[1], re.MULTILINE))
        self.assertLessEqual({"openat", "mmap", "socket", "bind"}, calls)
        allowed, denied = set(), set()
        for value in settings(os.path.join(DEPLOY, "systemd", "wsitrace-agent.service"), "SystemCallFilter"):
            target = denied if value.startswith("~") else allowed
            for group in value.lstrip("~").split():
                target |= self.calls_of(group)
        self.assertEqual(calls - (allowed - denied), set())

    def calls_of(self, group):
        told = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True).stdout
        calls = set()
        for name in re.findall(r"^ +(@?[a-z0-9_-]+)$", told, re.MULTILINE):
            calls |= self.calls_of(name) if name.startswith("@") else {name}
        return calls


class LwswsExample(harness.Scenario):
    """deploy/lwsws in a real lwsws, with other ports and places."""

    LWS = "4.3.5"

    def test_observer_shows_what_happens_on_site(self):
        shutil.copytree(os.path.join(DEPLOY, "lwsws"), self.path("lwsws"))
        site, observer = (("127.0.0.1", harness.free_port()) for _ in range(2))
        changed = {"7681": str(site[1]), "7682": str(observer[1]), "/srv/www": self.files, "/var/tmp": self.directory,
                   "65534": str(os.getuid()),
                   "/usr/local/lib/wsitrace/plugins/lws-4.3.5": harness.plugin_dir(self.LWS)}
        for path in (self.path("lwsws", "conf"), self.path("lwsws", "conf.d", "example")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for old, new in changed.items():
                text = text.replace(f'"{old}', f'"{new}').replace(f'//{old}', f'//{new}')
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        program = self.start([os.path.join(harness.LWS[self.LWS], "bin", "lwsws"), "-n", "-c", self.path("lwsws")],
                             env=harness.RUNTIME)

        def up():
            self.assertIsNone(program.process.poll(), program.err)
            try:
                return scrape(observer, "/wsitrace/metrics")
            except OSError:
                return None
        harness.until(up, "lwsws")
        self.assertEqual(workload.fetch(site, "/")[0], 200)
        self.assertEqual(workload.fetch(site, "/wsitrace/metrics")[0], 404)

        def seen():
            return up().sum("lws_transactions_total", vhost="site") == 2
        harness.until(seen, "two transactions")
        server = harness.child_of(program.pid)
        os.killpg(program.pid, signal.SIGINT)
        program.wait()
        harness.until(lambda: harness.has_ended(server), "the server process to end")
        self.assertTrue(self.traces())


class LwswsExample416(LwswsExample):
    LWS = "4.1.6"
