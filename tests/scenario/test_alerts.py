# SPDX-License-Identifier: MIT
"""The rules in dashboards/prometheus: checked and played by promtool case by case, and proven on real programs in real
trouble: wsitrace sees it, a real Prometheus scrapes it, the alert fires, and a real Alertmanager delivers it."""

import glob
import json
import os
import re
import signal
import subprocess
import time
import unittest

import grafana
import harness
import sockets
import workload
from prometheus import RULE_FILES, RULES, Alertmanager, Prometheus, Target, Webhook, faster_rules, promtool, read_yaml

PATHS = [os.path.join(RULES, name) for name in RULE_FILES]
CASES = sorted(glob.glob(os.path.join(RULES, "tests", "*.yml")))
SEVERITIES = {"critical", "warning", "info"}
DEFAULT_PREFIX = "/usr/local"
RUNBOOK_URL = f"file://{DEFAULT_PREFIX}/share/doc/wsitrace/RUNBOOK.md"


def rules_of(kind, *paths):
    """The rules of KIND ("alert" or "record"), by name."""
    return {rule[kind]: rule for file in read_yaml(*paths) for group in file["groups"] for rule in group["rules"] if kind in rule}


class Rules(harness.Scenario):
    def setUp(self):
        super().setUp()
        self.alerts = rules_of("alert", *PATHS)
        self.assertGreater(len(self.alerts), 7)

    def test_promtool_accepts_them(self):
        status, told = promtool("check", "rules", *PATHS)
        self.assertEqual(status, 0, told)

    def test_every_case_is_as_told(self):
        status, told = promtool("test", "rules", *CASES)
        self.assertEqual(status, 0, told)

    def test_every_alert_has_a_case_that_fires_and_one_that_does_not(self):
        fires, rests = set(), set()
        for test in (test for file in read_yaml(*CASES) for test in file["tests"]):
            for case in test.get("alert_rule_test", []):
                (fires if case["exp_alerts"] else rests).add(case["alertname"])
        self.assertEqual(fires, set(self.alerts))
        self.assertEqual(rests, set(self.alerts))

    def test_every_alert_has_a_severity_texts_and_a_section_in_the_runbook(self):
        with open(os.path.join(RULES, "RUNBOOK.md"), encoding="utf-8") as file:
            runbook = file.read()
        sections = re.findall(r"^## (\w+)$", runbook, re.MULTILINE)
        self.assertEqual(sorted(sections), sorted(self.alerts), "each alert has one section, each section an alert")
        for name, alert in self.alerts.items():
            self.assertIn(alert["labels"]["severity"], SEVERITIES, name)
            self.assertEqual(set(alert["annotations"]), {"summary", "description", "runbook_url"}, name)
            self.assertEqual(alert["annotations"]["runbook_url"], f"{RUNBOOK_URL}#{name.lower()}")
        for section in re.split(r"^## ", runbook, flags=re.MULTILINE)[1:]:
            for part in ("**Means.**", "**Look closer.**", "**Do.**"):
                self.assertIn(part, section)

    def test_runbook_urls_lead_to_what_is_installed(self):
        result = self.execute(["cmake", "--install", harness.BUILD, "--component", "share", "--prefix", self.path("prefix")])
        self.assertEqual(result.status, 0, result)
        with open(self.path("prefix", "share", "wsitrace", "dashboards", "prometheus", "alerts.yml"), encoding="utf-8") as file:
            urls = re.findall(r"runbook_url: (\S+)$", file.read(), re.MULTILINE)
        self.assertEqual(len(urls), len(self.alerts))
        for url in urls:
            path, anchor = url.removeprefix(f"file://{DEFAULT_PREFIX}").split("#")
            with open(self.path("prefix") + path, encoding="utf-8") as file:
                anchors = [line[3:].strip().lower() for line in file if line.startswith("## ")]
            self.assertIn(anchor, anchors)

    def test_every_recorded_rule_tells_level_metric_and_operation(self):
        for name in rules_of("record", *PATHS):
            self.assertRegex(name, r"^vhost(_protocol)?:lws_[a-z_]+:[a-z_]+(\d+[mh])?$")


class Delivered(harness.Scenario):
    """What tests stand on that follow an alert to the webhook. Rules are the real ones, with every duration divided by FASTER."""

    FASTER = 100

    def setUp(self):
        super().setUp()
        self.webhook = Webhook(self)
        self.alertmanager = Alertmanager(self, self.webhook)

    def observe(self, command, *options):
        """Runs COMMAND under `wsitrace run --serve`, and has it scraped."""
        port = harness.free_port()
        self.program = self.traced(command, "--serve", f"127.0.0.1:{port}", *options)
        self.addCleanup(self.program.stop)  # a launcher that is killed leaves its ring
        self.scrape(port)

    def scrape(self, port, seen="wsitrace_build_info"):
        targets = {"program": [Target(("127.0.0.1", port), "/metrics")]}
        self.prometheus = Prometheus(self, targets, faster_rules(self, self.FASTER), self.alertmanager)
        try:
            harness.until(lambda: self.prometheus.query(seen), "a scrape")
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.prometheus.unhealthy()}") from None

    def delivered(self, name, status="firing"):
        return harness.until(lambda: self.webhook.alerts(name, status), f"{name}, {status}")[0]

    def firing(self):
        """What fires of the observed program."""
        return {alert["labels"]["alertname"] for alert in self.prometheus.get("/api/v1/alerts")["data"]["alerts"]
                if alert["state"] == "firing" and alert["labels"]["alertname"].startswith("Lws")}

    def amtool(self, *arguments):
        command = ["amtool", f"--alertmanager.url={self.alertmanager.url}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def listed(self, name):
        """The alerts NAME that Alertmanager has, by amtool."""
        return json.loads(self.amtool("alert", "query", f"alertname={name}", "-o", "json"))


class Delivery(Delivered):
    LWS = "4.3.5"

    def corpus(self, group, name):
        return [os.path.join(harness.BUILD, "tests", "corpus", f"lws-{self.LWS}", f"corpus_{group}"), name]

    def observe_corpus(self, group, name):
        """A program of the corpus, and after its end nothing for a while."""
        self.observe(["sh", "-c", f"{' '.join(self.corpus(group, name))}; exec sleep 300"])

    def agent(self):
        """An agent that has made its ring, and its port."""
        rings, port = self.path("rings"), harness.free_port()
        os.makedirs(rings, mode=0o700, exist_ok=True)
        agent = self.start([harness.WSITRACE, "agent", "--dir", rings, "--listen", f"127.0.0.1:{port}"])
        harness.until(lambda: os.path.exists(self.path("rings", "agent.info")), "the agent, which makes its ring first")
        return agent, port

    def ring(self):
        return self.path("rings", "agent.ring")

    def test_a_leak_reaches_the_webhook(self):
        self.observe_corpus("server", "forgets_for_each_client")
        alert = self.delivered("LwsLeakFound")
        self.assertEqual((alert["labels"]["kind"], alert["labels"]["severity"]), ("transaction_not_completed", "warning"))
        self.assertEqual(alert["labels"]["job"], "program")
        self.assertIn("1 finding(s) of kind transaction_not_completed", alert["annotations"]["description"])
        self.assertTrue(alert["annotations"]["runbook_url"].endswith("RUNBOOK.md#lwsleakfound"))
        self.assertEqual([one["labels"]["kind"] for one in self.listed("LwsLeakFound")], ["transaction_not_completed"])
        self.assertEqual(self.firing(), {"LwsLeakFound"})
        self.assertEqual(self.prometheus.unhealthy(), [])

    def test_a_clean_program_is_no_alert_nor_is_its_end(self):
        self.observe_corpus("requests", "many_one_after_another")
        harness.until(lambda: self.prometheus.query('sum(lws_connections_closed_total{class="client"}) >= 53'), "its connections")
        harness.until(lambda: self.prometheus.query("min(count_over_time(lws_findings[1m])) > 11"), "some seconds of scrapes")
        self.assertEqual(self.firing(), set())
        self.assertEqual(self.listed("LwsLeakFound") + self.listed("WsitraceDown"), [])
        self.program.stop()
        absent = self.delivered("WsitraceAbsent")  # takes five times as long as WsitraceDown would
        self.assertEqual(self.webhook.alerts("WsitraceDown"), [], absent)

    def test_an_agent_that_is_gone_is_told(self):
        agent, port = self.agent()
        self.scrape(port, "wsitrace_agent_rings")
        agent.stop(signal.SIGKILL)
        alert = self.delivered("WsitraceDown")
        self.assertEqual((alert["labels"]["job"], alert["labels"]["severity"]), ("program", "critical"))

    def test_what_was_recorded_while_nobody_looked_is_told_with_the_name_of_the_program(self):
        self.agent()[0].stop(signal.SIGKILL)
        preload = {"LD_PRELOAD": os.path.join(harness.BUILD, "lib", "libwsitrace_preload.so"), "WSITRACE_RING": self.ring()}
        for case in (("server", "forgets_for_each_client"), ("requests", "many_one_after_another")):
            result = self.execute(self.corpus(*case), env=preload)
            self.assertEqual(result.status, 0, result)
        self.scrape(self.agent()[1])
        alert = self.delivered("LwsLeakFound")
        self.assertEqual((alert["labels"]["program"], alert["labels"]["kind"]), ("corpus_server", "transaction_not_completed"))
        self.assertIn("in program corpus_server of program 127.0.0.1:", alert["annotations"]["description"])
        self.assertTrue(self.prometheus.query('lws_connections_opened_total{program="corpus_requests"}'))
        self.assertEqual({one["labels"]["program"] for one in self.listed("LwsLeakFound")}, {"corpus_server"})
        self.assertEqual(self.prometheus.unhealthy(), [])

    def test_lost_events_are_told(self):
        self.observe(self.host(), "--ring-size", "256")
        harness.until(lambda: self.prometheus.query('min(count_over_time(wsitrace_events_lost_total{cause="ring_full"}[1m])) > 3'),
                      "scrapes of nothing lost")
        self.assertEqual(self.webhook.alerts("WsitraceEventsLost"), [])
        address = self.program.address()
        self.program.send_signal(signal.SIGSTOP)  # nobody drains
        workload.sequential(address, "/dyn", 211)
        self.program.send_signal(signal.SIGCONT)
        alert = self.delivered("WsitraceEventsLost")
        self.assertEqual((alert["labels"]["cause"], alert["labels"]["job"]), ("ring_full", "program"))

    def test_that_nothing_is_observed_is_told(self):
        nobody = {"program": [Target(("127.0.0.1", harness.free_port()), "/metrics")]}
        self.prometheus = Prometheus(self, nobody, faster_rules(self, self.FASTER), self.alertmanager)
        alert = self.delivered("WsitraceAbsent")
        self.assertNotIn("instance", alert["labels"])
        self.assertEqual(self.listed("WsitraceDown"), [], "what was never up is not down")

    def test_amtool_accepts_the_configuration(self):
        self.assertIn("SUCCESS", self.amtool("check-config", self.alertmanager.config))


class Trouble(Delivered):
    """A host whose clients bring it all that the alerts are about, each on a vhost of its own."""

    FASTER = 200
    TIMEOUT_S = 3
    EXPECTED = {"LwsLeakFound": None, "LwsBindingsGrowing": "app", "LwsHandshakesStuck": "pinged",
                "LwsTransactionsAborted": "own", "LwsServerErrors": "own", "LwsPipeliningErrors": "own", "LwsLatencyBurnFast": "own",
                "LwsLatencyBurnSlow": "own"}

    def setUp(self):
        super().setUp()
        self.held = []
        self.addCleanup(self.hang_up)

    def hang_up(self):
        for sock in self.held:
            sock.close()

    def address(self, vhost):
        return self.program.address(f"{vhost} port")

    def sent(self, vhost, text):
        """A connection to VHOST on which TEXT is sent, and that is held."""
        sock = workload.connect(self.address(vhost))
        sock.sendall(text.encode())
        self.held.append(sock)
        return sock

    def bring(self):
        """One round: connections that say nothing, sessions that stay, requests that nobody answers (one is left soon, one waits
        for the timeout, one was pipelined behind another), one that is answered with 500, and one whose body is late."""
        get = "GET /{} HTTP/1.1\r\nHost: own\r\n\r\n".format
        for _ in range(10):
            self.sent("pinged", "")
        self.held.append(workload.WebSocket(self.address("app"), "echo").sock)
        self.sent("own", get("never"))
        self.sent("own", get("broken"))
        leaves, piped = self.sent("own", get("never")), self.sent("own", get("slow?ms=3600000"))
        sockets.taken(piped)
        piped.sendall(get("never").encode())
        late = self.sent("own", "POST /body HTTP/1.1\r\nHost: own\r\nContent-Length: 4\r\n\r\n")
        time.sleep(0.3)
        leaves.close()
        piped.close()
        late.sendall(b"late")

    def observe_host(self):
        self.observe([harness.host_path("table_host"), "--files", self.files, "--timeout", self.TIMEOUT_S])

    def test_dashboards_show_the_share_of_server_errors(self):
        self.observe_host()
        chosen = {"job": ".+", "instance": ".+", "program": ".*", "vhost": "own"}
        asked = [grafana.substituted(text, chosen) for board in grafana.dashboards().values()
                 for where, text in grafana.expressions(board) if where.endswith("/ Server errors")]
        self.assertEqual(len(asked), 2)

        def shown():
            statuses = [workload.fetch(self.address("own"), path)[0] for path in ("/broken", "/dyn")]
            self.assertEqual(statuses, [500, 200])
            values = [value for text in asked for _, value in self.prometheus.query(text)]
            return len(values) == len(asked) and all(0.2 < value < 0.8 for value in values)
        harness.until(shown, "half of the answers as errors")

    def test_every_trouble_a_program_can_have_is_told(self):
        self.observe_host()
        missing = dict(self.EXPECTED)
        end = time.monotonic() + 3 * harness.PATIENCE_S
        while missing and time.monotonic() < end:
            self.bring()
            for name, vhost in list(missing.items()):
                if any(vhost in (None, alert["labels"].get("vhost")) for alert in self.webhook.alerts(name)):
                    del missing[name]
        self.assertEqual(missing, {}, "alerts that did not come")
        self.assertEqual(self.prometheus.unhealthy(), [])


if __name__ == "__main__":
    unittest.main()
