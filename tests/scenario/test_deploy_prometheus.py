# SPDX-License-Identifier: MIT
"""The Prometheus configurations of deploy/ in a real Prometheus, both ends of the secured one, and what the compose file says."""

import json
import os
import shutil
import unittest

import certificates
import harness
import prometheus
from deploy_files import DEPLOY, INSTALLED, read_yaml, settings


class PrometheusExamples(harness.Scenario):
    def setUp(self):
        super().setUp()
        shutil.copytree(os.path.join(DEPLOY, "prometheus"), self.path("deploy", "prometheus"))
        shutil.copytree(os.path.join(harness.ROOT, "dashboards", "prometheus"), self.path("dashboards", "prometheus"))

    def config(self, name):
        return self.path("deploy", "prometheus", name)

    def test_promtool_accepts_all_of_them(self):
        for secret in ("token", "ca.pem", "client.pem", "client-key.pem"):
            self.assertIn(secret, json.dumps(read_yaml("prometheus", "secure.yml")))
            with open(self.config(secret), "w", encoding="ascii") as file:
                file.write("made up\n")
        for name in ("prometheus.yml", "file-sd.yml", "secure.yml"):
            status, told = prometheus.promtool("check", "config", "--syntax-only", self.config(name))
            self.assertEqual(status, 0, told)
        for name in ("prometheus.yml", "file-sd.yml"):
            status, told = prometheus.promtool("check", "config", self.config(name))
            self.assertEqual((status, "WARNING" in told), (0, False), told)

    def test_prometheus_finds_the_targets_in_files(self):
        port = harness.free_port()
        program = self.traced(self.host(), "--serve", f"127.0.0.1:{port}")
        program.address()
        with open(self.config("targets/example.yml"), encoding="utf-8") as file:
            text = file.read()
        with open(self.config("targets/example.yml"), "w", encoding="utf-8") as file:
            file.write(text.replace("127.0.0.1:9464", f"127.0.0.1:{port}").split("- targets: [\"127.0.0.1:7682\"]")[0])
        with open(self.config("file-sd.yml"), "a", encoding="utf-8") as file:
            file.write("global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n")
        storage = FromFile(self, self.config("file-sd.yml"))
        series = harness.until(lambda: storage.get("/api/v1/query", query="wsitrace_build_info")["data"]["result"], "a scrape")
        self.assertEqual([(s["metric"]["job"], s["metric"]["site"]) for s in series], [("wsitrace", "example")])
        program.stop()


class Exposed(harness.Scenario):
    """The two ends of a connection that leaves the machine: the command of expose.conf.example, and secure.yml."""

    def setUp(self):
        super().setUp()
        made = certificates.made()
        self.port = harness.free_port()
        self.ends = [self.path(end) for end in ("agent", "prometheus")]
        os.mkdir(self.path("traces"))
        for end, files in zip(self.ends, (
                {"cert.pem": made.server[0], "key.pem": made.server[1], "client-ca.pem": made.authority},
                {"ca.pem": made.authority, "client.pem": made.client[0], "client-key.pem": made.client[1]})):
            os.mkdir(end)
            for name, source in files.items():
                shutil.copy(source, os.path.join(end, name))
            self.write_token(end, "0123456789abcdef" * 4)
        path = os.path.join(DEPLOY, "systemd", "wsitrace-agent.service.d", "expose.conf.example")
        [command] = [value for value in settings(path, "ExecStart") if value]
        for old, new in ((INSTALLED, harness.WSITRACE), ("${CREDENTIALS_DIRECTORY}", self.ends[0]),
                         ("/run/wsitrace", self.path()), ("/var/lib/wsitrace", self.path("traces")),
                         ("0.0.0.0:9464", f"127.0.0.1:{self.port}")):
            self.assertIn(old, command)
            command = command.replace(old, new)
        self.agent = self.start(command.split())

    @staticmethod
    def write_token(end, token):
        path = os.path.join(end, "token")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(f"{token}\n")

    def scraped(self):
        """Whether the target is up, once Prometheus knows."""
        with open(os.path.join(DEPLOY, "prometheus", "secure.yml"), encoding="utf-8") as file:
            config = file.read().replace("server.example:9464", f"localhost:{self.port}")
        path = os.path.join(self.ends[1], "secure.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config + "global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n")
        self.storage = FromFile(self, path)
        [target] = harness.until(lambda: [target for target in self.storage.get("/api/v1/targets")["data"]["activeTargets"]
                                          if target["health"] != "unknown"], "a scrape")
        return target["health"] == "up", target["lastError"]

    def test_prometheus_with_token_and_certificate_may_look(self):
        self.assertEqual(self.scraped(), (True, ""), self.agent.err)
        rings = self.storage.get("/api/v1/query", query='wsitrace_agent_rings{fate="made"}')["data"]["result"]
        self.assertEqual([series["value"][1] for series in rings], ["1"])

    def test_one_with_another_token_may_not(self):
        self.write_token(self.ends[1], "0123456789abcdeg" * 4)
        up, error = self.scraped()
        self.assertFalse(up)
        self.assertIn("401", error)

    def test_one_with_another_certificate_may_not(self):
        made = certificates.made()
        for name, source in zip(("client.pem", "client-key.pem"), made.stranger):
            shutil.copy(source, os.path.join(self.ends[1], name))
        self.assertFalse(self.scraped()[0])


class FromFile(prometheus.Served):
    def __init__(self, test, path):
        self.port = harness.free_port()
        super().__init__(test, ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={test.path('tsdb')}",
                                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], "/-/ready")


class Compose(unittest.TestCase):
    """There is no engine here to run it: what it says is looked at."""

    def setUp(self):
        self.project = read_yaml("compose", "compose.yaml")

    def test_only_known_words(self):
        self.assertLessEqual(set(self.project), {"name", "services", "volumes", "networks", "configs", "secrets"})
        known = {"image", "network_mode", "read_only", "cap_drop", "security_opt", "command", "volumes", "restart",
                 "depends_on", "environment"}
        for name, service in self.project["services"].items():
            self.assertLessEqual(set(service), known, name)
            self.assertRegex(service["image"], r"^[a-z.]+/[a-z]+/[a-z]+:v?\d+\.\d+\.\d+$")
            self.assertLessEqual(set(service.get("depends_on", [])), set(self.project["services"]))

    def test_everything_mounted_is_there(self):
        for name, service in self.project["services"].items():
            for volume in service["volumes"]:
                source, _, mode = (volume + ":").split(":")[:3]
                if not source.startswith("."):
                    self.assertIn(source, self.project["volumes"], name)
                    continue
                self.assertTrue(os.path.isdir(os.path.join(DEPLOY, "compose", source)), source)
                self.assertEqual(mode, "ro", "the tree is only read")

    def test_paths_within_are_those_of_the_tree(self):
        mounts = dict(volume.split(":")[1::-1] for volume in self.project["services"]["prometheus"]["volumes"])
        [config] = [argument.split("=")[1] for argument in self.project["services"]["prometheus"]["command"]
                    if argument.startswith("--config.file=")]
        for rule in read_yaml("prometheus", "prometheus.yml")["rule_files"]:
            directory, name = os.path.split(os.path.normpath(os.path.join(os.path.dirname(config), rule)))
            self.assertTrue(os.path.exists(os.path.join(DEPLOY, "compose", mounts[directory], name)), rule)

    def test_grafana_looks_where_the_dashboards_are_mounted(self):
        mounts = dict(volume.split(":")[1::-1] for volume in self.project["services"]["grafana"]["volumes"])
        provisioning = os.path.join(DEPLOY, "compose", mounts["/etc/grafana/provisioning"])
        [provider] = read_yaml(provisioning, "dashboards", "wsitrace.yml")["providers"]
        dashboards = os.path.join(DEPLOY, "compose", mounts[provider["options"]["path"]])
        self.assertGreater(len([name for name in os.listdir(dashboards) if name.endswith(".json")]), 2)
        [source] = read_yaml(provisioning, "datasources", "wsitrace.yml")["datasources"]
        command = self.project["services"]["prometheus"]["command"]
        self.assertIn(source["url"].replace("http://", "--web.listen-address="), command)

    def test_nothing_listens_beyond_loopback(self):
        told = json.dumps(self.project["services"])
        self.assertNotIn("0.0.0.0", told)
        self.assertEqual({service["network_mode"] for service in self.project["services"].values()}, {"host"})
        self.assertIn("--web.listen-address=127.0.0.1:", told)
        self.assertEqual(self.project["services"]["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"], "127.0.0.1")
