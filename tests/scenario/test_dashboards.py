# SPDX-License-Identifier: MIT
"""The dashboards in dashboards/grafana: the JSON is what the source generates, it keeps the rules of Grafana's linter, and every
expression of every panel, rule and alert returns data from a real Prometheus that scrapes a real lwsws and a real agent, both with
programs under load.

Expressions that have no data in a healthy system are listed with the reason in quiet_expressions.txt.
"""

import contextlib
import copy
import filecmp
import os
import re
import shutil
import subprocess
import threading
import time
import unittest
import urllib.parse

import certificates
import grafana
import harness
import http2
import workload
from agents import Agent, AgentScenario, Host
from prometheus import Prometheus, Target, faster_rules, promtool, read_yaml
from servers import Lwsws

FASTER = 200  # as many times shorter are rules here: one hour is 18 seconds
LONGEST_S = 24  # what the rules look back, 1 h 15 min of LwsBindingsGrowing, and a second
QUIET = os.path.join(harness.SOURCE, "quiet_expressions.txt")
ONLY_IN_TROUBLE = {"lws_callback_running_start_time_seconds"}  # test_loop_stuck.py has one
OF_SLOW_CALLBACKS = ONLY_IN_TROUBLE | {"lws_slow_callback_duration_seconds_count"}  # they have no vhost
NAME = re.compile(r"(?<![\w:{])((?:vhost\w*:|lws_|wsitrace_)[\w:]*|up)\b(?!\w*=)")


class Source(harness.Scenario):
    def test_the_json_is_what_the_source_generates(self):
        tools = os.path.join(grafana.FOLDER, "node_modules")
        self.assertTrue(os.path.exists(os.path.join(tools, "typescript")), "npm ci in dashboards/grafana has not run")
        built = os.path.join(tools, ".wsitrace-test")
        self.addCleanup(shutil.rmtree, built, ignore_errors=True)
        for command in (["node", os.path.join(tools, "typescript", "bin", "tsc"), "--outDir", built],
                        ["node", os.path.join(built, "main.js"), self.path("generated")]):
            done = subprocess.run(command, cwd=grafana.FOLDER, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        compared = filecmp.dircmp(self.path("generated"), grafana.GENERATED)
        differing = [name for name in compared.common_files
                     if not filecmp.cmp(self.path("generated", name), os.path.join(grafana.GENERATED, name), shallow=False)]
        self.assertEqual((differing, compared.left_only, compared.right_only), ([], [], []),
                         "npm run generate in dashboards/grafana writes them")

    def test_the_lock_file_names_no_download_address(self):
        with open(os.path.join(grafana.FOLDER, "package-lock.json"), encoding="utf-8") as file:
            self.assertNotIn('"resolved"', file.read())


    def test_grafana_is_told_where_they_are(self):
        provisioning = os.path.join(grafana.FOLDER, "provisioning")
        sources, boards, compose = read_yaml(
            os.path.join(provisioning, "datasources", "wsitrace.yml"), os.path.join(provisioning, "dashboards", "wsitrace.yml"),
            os.path.join(harness.ROOT, "deploy", "compose", "compose.yaml"))
        source, = sources["datasources"]
        self.assertEqual((source["type"], source["url"]), ("prometheus", "http://127.0.0.1:9090"))
        provider, = boards["providers"]
        self.assertEqual((provider["type"], provider["allowUiUpdates"]), ("file", False))
        mounts = dict(volume.split(":")[:2] for volume in compose["services"]["grafana"]["volumes"])
        self.assertEqual(mounts["../../dashboards/grafana/generated"], provider["options"]["path"])
        self.assertEqual(mounts["../../dashboards/grafana/provisioning"], "/etc/grafana/provisioning")


class Linter(unittest.TestCase):
    maxDiff = 4000

    def test_every_dashboard_keeps_every_rule(self):
        boards = grafana.dashboards()
        self.assertEqual(sorted(boards), sorted(f"{board['uid']}.json" for board in boards.values()))
        self.assertEqual({board["uid"] for board in boards.values()}, {
            "wsitrace-overview", "wsitrace-leaks", "wsitrace-vhost", "wsitrace-programs"})
        for name, board in boards.items():
            for rule, check in grafana.RULES.items():
                with self.subTest(dashboard=name, rule=rule):
                    self.assertEqual(list(check(board)), [])

    def assert_objects(self, rule, change):
        board = copy.deepcopy(grafana.dashboards()["wsitrace-overview.json"])
        change(board, grafana.variables(board), grafana.panels(board)[0])
        with self.subTest(rule=rule):
            self.assertNotEqual(list(grafana.RULES[rule](board)), [])

    def test_every_rule_objects_to_a_dashboard_that_breaks_it(self):
        def asks(text):
            return lambda board, variables, panel: panel["targets"][0].update(expr=text)
        breaks = {
            "template-datasource-rule": lambda board, variables, panel: variables["datasource"].update(query="loki"),
            "template-job-rule": lambda board, variables, panel: variables["job"].update(allValue=".*"),
            "template-instance-rule": lambda board, variables, panel: variables["instance"].update(multi=False),
            "template-label-promql-rule": lambda board, variables, panel: variables["job"].update(query="label_values(up{, job)"),
            "template-on-time-change-reload-rule": lambda board, variables, panel: variables["vhost"].update(refresh=1),
            "panel-datasource-rule": lambda board, variables, panel: panel.update(datasource={"type": "prometheus", "uid": "a"}),
            "panel-title-description-rule": lambda board, variables, panel: panel.update(description=""),
            "panel-units-rule": lambda board, variables, panel: panel["fieldConfig"]["defaults"].update(unit="furlong"),
            "panel-no-targets-rule": lambda board, variables, panel: panel.update(targets=[]),
            "target-promql-rule": asks("sum(up{}"),
            "target-rate-interval-rule": asks('rate(lws_a_total{job=~"$job"}[5m])'),
            "target-job-rule": asks('up{job="$job", instance=~"$instance"}'),
            "target-instance-rule": asks('up{job=~"$job", instance=~"$instance"} + lws_b'),
            "target-counter-agg-rule": asks('sum(lws_a_total{job=~"$job", instance=~"$instance"})'),
            "uneditable-dashboard": lambda board, variables, panel: board.update(editable=True),
            "own-program-variable": lambda board, variables, panel: variables["program"].update(allValue=".+"),
            "own-vhost-variable": lambda board, variables, panel: variables["vhost"].update(type="custom"),
            "own-layout": lambda board, variables, panel: panel["gridPos"].update(w=24),
            "own-links": lambda board, variables, panel: board.update(links=[]),
        }
        self.assertEqual(set(breaks), set(grafana.RULES))
        for rule, change in breaks.items():
            self.assert_objects(rule, change)


class Traffic:
    """All kinds of traffic at once, until it is stopped. ADDRESS speaks TLS; it keeps a connection and a session open."""

    def __init__(self, test, address, protocol):
        self.address, self.protocol = address, protocol
        self.stopping = threading.Event()
        self.rounds = 0
        self.kept = [workload.Http1(address, tls=True), workload.WebSocket(address, protocol, tls=True)]
        self.kept[0].get("/")
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        test.addCleanup(self.stop)

    def _run(self):
        while not self.stopping.is_set():
            with contextlib.suppress(OSError, workload.WorkloadError):
                self._round()
                self.rounds += 1
            time.sleep(0.02)

    def _round(self):
        workload.keep_alive(self.address, "/", 5, 2, tls=True)
        self._pipelined()
        client = http2.Http2(workload.secure(workload.connect(self.address), alpn=["h2"]))
        for number in range(3):
            client.get(2 * number + 1, "/")
        client.finish()
        session = workload.WebSocket(self.address, self.protocol, tls=True)
        session.close()
        workload.fetch(self.address, "/missing", tls=True)

    def _pipelined(self):
        http = workload.Http1(self.address, tls=True)
        for _ in range(3):
            http.send("/")
        with contextlib.suppress(OSError, workload.WorkloadError):
            for _ in range(3):
                http.receive()
        http.finish()

    def stop(self):
        self.stopping.set()
        self.thread.join(workload.TIMEOUT_S)
        for client in self.kept:
            with contextlib.suppress(OSError):
                (client.close if isinstance(client, workload.WebSocket) else client.finish)()
        self.kept = []


def quiet():
    """{where: reason} of quiet_expressions.txt."""
    with open(QUIET, encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    return dict(line.split(" | ", 1) for line in lines)


class Live(AgentScenario):
    LWS = "4.3.5"
    PROGRAMS = ("alpha", "beta")  # of the agent

    def setUp(self):
        super().setUp()
        self.server = Lwsws(self, self.LWS, tls=certificates.made().server, pvo={"trace": self.path("lwsws.wsitrace")})
        self.agent = Agent(self)
        self.ended = [self.short_life(name) for name in self.PROGRAMS]
        self.program = self.start([self.path("bin", "alpha"), "--files", self.files, "--tls", *certificates.made().server],
                                  env=self.agent.environment())
        self.prometheus = Prometheus(self, {"lwsws": [Target(self.server.observer, "/wsitrace/metrics")],
                                            "agent": [Target(self.agent.address, "/metrics")]}, faster_rules(self, FASTER))
        self.traffic = [Traffic(self, self.server.app, self.server.PROTOCOL), Traffic(self, self.program.address(), "echo")]

    def short_life(self, name):
        """A process of program NAME that is asked something and killed. Returns its pid."""
        host = Host(self, self.agent, name)
        host.requests(3, 1)
        host.end(crash=True)
        return host.program.pid

    def metrics(self):
        """What the two targets export."""
        return [self.server.get("/metrics"), self.agent.get("/metrics")]

    def choices(self, board):
        """Values of the variables of BOARD: everything, and one vhost of a target that is no agent, and of an agent's program."""
        queried = grafana.variables(board, "query")
        everything = {name: variable.get("allValue") or ".+" for name, variable in queried.items()}
        vhost = ["app"] if queried["vhost"]["multi"] else "app"
        lwsws, agent = ("{}:{}".format(*address) for address in (self.server.observer, self.agent.address))
        alone = {**everything, "job": ["lwsws"], "instance": [lwsws], "vhost": vhost}
        program = {**everything, "job": ["agent"], "instance": [agent], "program": ["alpha"], "vhost": vhost}
        return [everything, program] if board["uid"] == "wsitrace-programs" else [everything, alone, program]

    def has_data(self, text):
        return any(value == value for _, value in self.prometheus.query(text))  # NaN is none

    def unanswered(self, asked):
        """Those of ASKED, {where: [PromQL]}, that have an expression without data."""
        silent = {where: [text for text in texts if not self.has_data(text)] for where, texts in asked.items()}
        return {where: texts for where, texts in silent.items() if texts}

    def never_answered(self, asked):
        """The same of those that had no data at any time while this waited for it: what rates look back on may be empty now and then."""
        silent = asked

        def all_had_data():
            nonlocal silent
            silent = self.unanswered(silent)
            return not silent
        with contextlib.suppress(AssertionError):  # what is missing tells more
            harness.until(all_had_data, "data")
        return silent

    def answered(self, known, asked):
        return [where for where in known if any(self.has_data(text) for text in asked[where])]

    def never_quiet(self, known, asked):
        """Which of KNOWN have data and what is unhealthy, unless neither is so at some time: a scrape may be late on a busy machine."""
        loud = None

        def is_quiet():
            nonlocal loud
            loud = (self.answered(known, asked), self.prometheus.unhealthy())
            return loud == ([], [])
        with contextlib.suppress(AssertionError):
            harness.until(is_quiet, "quiet")
        return loud

    def asked(self):
        panels = {}
        for board in grafana.dashboards().values():
            for where, text in grafana.expressions(board):
                panels.setdefault(where, []).extend(grafana.substituted(text, values) for values in self.choices(board))
        rules = self.prometheus.rules()
        self.assertGreater(len(rules), 20)
        return {**panels, **{f"{rule['type']} {rule['name']}": [rule["query"]] for rule in rules}}

    def names(self):
        """Every metric that an alert or rule asks for, as something to ask for alone."""
        found = {name for rule in self.prometheus.rules() for name in NAME.findall(re.sub(r'"[^"]*"', "", rule["query"]))}
        self.assertGreater(len(found), 15, found)
        self.assertLessEqual(ONLY_IN_TROUBLE, found)
        return {name: [f"last_over_time({name}[1m])"] for name in found - ONLY_IN_TROUBLE}

    def test_every_expression_returns_data(self):
        known, asked = quiet(), self.asked()
        self.assertEqual([where for where in known if where not in asked], [], "quiet_expressions.txt is stale")
        loud = {where: texts for where, texts in asked.items() if where not in known}
        longest = time.monotonic() + LONGEST_S
        harness.until(lambda: time.monotonic() > longest and all(traffic.rounds > 20 for traffic in self.traffic), "traffic",
                      patience_s=2 * LONGEST_S)
        self.assertEqual(self.never_answered(loud), {}, "no data, and not told of in quiet_expressions.txt")
        self.assertEqual(self.never_answered(self.names()), {}, "rules ask for metrics that nobody has")
        self.assertEqual(self.unanswered({"none": ["lws_none"]}), {"none": ["lws_none"]})
        self.assertEqual(self.never_quiet(known, asked), ([], []), "listed in quiet_expressions.txt, but there is data; unhealthy")
        self.assert_every_metric_is_shown()
        self.assert_selectors_have_the_matchers_of_their_metrics()
        self.assert_variables_have_values()
        self.assert_promtool_accepts()
        self.assert_exemplars_name_a_connection()

    def assert_every_metric_is_shown(self):
        shown = " ".join(text for board in grafana.dashboards().values() for _, text in grafana.expressions(board))
        exported = set(re.findall(r"^# TYPE (\w+) ", "".join(self.metrics()), re.MULTILINE))
        self.assertLess({"lws_connections_open", "wsitrace_agent_processes", "wsitrace_agent_rings"}, exported)
        unseen = [name for name in exported if not re.search(rf"\b{name}(_bucket|_sum|_count)?\b", shown)]
        self.assertEqual(unseen, [], "metrics that no panel shows")

    def assert_selectors_have_the_matchers_of_their_metrics(self):
        """One for the program and one for the vhost where an agent's metric has these labels, and nowhere else."""
        series = re.findall(r"^(\w+)\{(.*)\}", self.metrics()[1], re.MULTILINE)
        labels = {name: {"program", "vhost"} & set(re.findall(r"(\w+)=", found)) for name, found in series}
        for board in grafana.dashboards().values():
            for where, text in grafana.expressions(board):
                for metric, matchers in grafana.SELECTOR.findall(text):
                    asked = {label for label in ("program", "vhost") if f'{label}=~"${label}"' in matchers}
                    self.assertEqual(asked, labels.get(metric, {"program"} if metric in OF_SLOW_CALLBACKS else set()), f"{where}: {metric}")

    def assert_variables_have_values(self):
        wanted = {"job": {"lwsws", "agent"}, "program": set(self.PROGRAMS),
                  "instance": {"{}:{}".format(*address) for address in (self.server.observer, self.agent.address)}}
        for board in grafana.dashboards().values():
            values = self.choices(board)[0]
            wanted["vhost"] = {"app", "observer"} if values["program"] == ".*" else {"app"}
            for name, variable in grafana.variables(board, "query").items():
                selector = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"]).group(1)
                found = self.prometheus.get(f"/api/v1/label/{urllib.parse.quote(name)}/values",
                                            **{"match[]": grafana.substituted(selector, values)})["data"]
                self.assertTrue(wanted[name] <= set(found), f"{board['uid']}: {name}: {found}")

    def assert_exemplars_name_a_connection(self):
        shown = {grafana.substituted(target["expr"], self.choices(board)[0]) for board in grafana.dashboards().values()
                 for _, target in grafana.targets(board) if target.get("exemplar")}
        self.assertGreater(len(shown), 5)
        pids = set()
        for text in shown:
            for labels in self.prometheus.exemplars(text) or [{}]:
                self.assertRegex(labels.get("connection", "none"), r"^\d+/\d+$", text)
                pids.add(int(labels["connection"].partition("/")[0]))
        self.assertLessEqual({self.server.server_pid, self.program.pid}, pids)
        self.assertLessEqual(pids, {self.server.server_pid, self.program.pid, *self.ended})

    def assert_promtool_accepts(self):
        for text in self.metrics():
            self.assertEqual(promtool("check", "metrics", text=text), (0, ""))


if __name__ == "__main__":
    unittest.main()
