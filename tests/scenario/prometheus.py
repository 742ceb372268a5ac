# SPDX-License-Identifier: MIT
"""A real Prometheus and a real Alertmanager: ports chosen at run time, loopback only, data in the directory of the test.

    prometheus = Prometheus(self, {"lwsws": [Target(server.observer, "/wsitrace/metrics")]}, rules=[path])
    until(lambda: prometheus.query("up"), "a first sample")
"""

import collections
import http.server
import json
import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import harness

RULES = os.path.join(harness.ROOT, "dashboards", "prometheus")
RULE_FILES = ("rules.yml", "alerts.yml")
Target = collections.namedtuple("Target", "address path")
UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = re.compile(r"(?<![\w.])(\d+)(ms|s|m|h|d)\b")
SCRAPE_S = 0.5
# python3-yaml is a package of the system's python, which need not be the one that runs this.
READ_YAML = "import json, sys, yaml; print(json.dumps([yaml.safe_load(open(name)) for name in sys.argv[1:]]))"


def read_yaml(*paths):
    """What the files hold, one by one."""
    return json.loads(subprocess.run(["/usr/bin/python3", "-c", READ_YAML, *paths], capture_output=True, check=True).stdout)


def scaled(text, factor):
    """Rules or an expression with every duration divided by FACTOR, so that a test need not last for hours."""
    def shorter(match):
        return f"{max(1, int(match.group(1)) * UNITS_MS[match.group(2)] // factor)}ms"
    return DURATION.sub(shorter, text)


def faster_rules(test, factor):
    """The rules and alerts of the tree, scaled: files in the directory of TEST."""
    paths = []
    for name in RULE_FILES:
        with open(os.path.join(RULES, name), encoding="utf-8") as file:
            text = scaled(file.read(), factor)
        paths.append(test.path(f"faster-{name}"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(text)
    return paths


def promtool(*arguments, text=None):
    """promtool's exit status and all it printed."""
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class Served:
    """A program with an HTTP API on a port of its own."""

    def __init__(self, test, arguments, ready):
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = test.start(arguments, env={"GOMAXPROCS": "1"})
        try:
            harness.until(lambda: self._is_ready(ready), f"{arguments[0]} to be ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.program.err}") from None

    def _is_ready(self, path):
        if self.program.process.poll() is not None:
            raise AssertionError(f"ended early, status {self.program.process.returncode}")
        try:
            with urllib.request.urlopen(self.url + path, timeout=harness.PATIENCE_S) as answer:
                return answer.status == 200
        except OSError:
            return False

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters, doseq=True)
        try:
            with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=harness.PATIENCE_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {parameters}: {error.code} {error.read().decode()}") from None


class Prometheus(Served):
    """TARGETS: {job: [Target]}, scraped every INTERVAL. RULES: files, evaluated as often. ALERTMANAGER: where alerts go. JOB: more
    members of each scrape configuration."""

    def __init__(self, test, targets, rules=(), alertmanager=None, interval_s=SCRAPE_S, job=None):
        self.port = harness.free_port()
        directory = test.path("prometheus")
        os.makedirs(directory)
        interval = f"{int(interval_s * 1000)}ms"
        config = {"global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
                  "rule_files": list(rules), "scrape_configs": [{**self._job(*item), **(job or {})} for item in targets.items()]}
        if alertmanager:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager.port}"]}]}]}
        self.config = os.path.join(directory, "prometheus.yml")
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(config, file)  # which is YAML, too
        super().__init__(test, ["prometheus", f"--config.file={self.config}", f"--storage.tsdb.path={directory}/data",
                                f"--web.listen-address=127.0.0.1:{self.port}", "--enable-feature=exemplar-storage",
                                "--log.level=warn"], "/-/ready")

    @staticmethod
    def _job(name, targets):
        paths = {target.path for target in targets}
        if len(paths) != 1:
            raise ValueError(f"{name}: targets of one job have one path")
        return {"job_name": name, "metrics_path": paths.pop(),
                "static_configs": [{"targets": [f"{host}:{port}" for (host, port), _ in targets]}]}

    def query(self, expression, **options):
        """The series of an instant query: [(labels, value)]."""
        result = self.get("/api/v1/query", query=expression, **options)["data"]
        if result["resultType"] == "scalar":
            return [({}, float(result["result"][1]))]
        return [(series["metric"], float(series["value"][1])) for series in result["result"]]

    def exemplars(self, expression, span_s=60):
        """The labels of the exemplars that belong to the series of EXPRESSION."""
        now = time.time()
        found = self.get("/api/v1/query_exemplars", query=expression, start=now - span_s, end=now + 1)["data"]
        return [exemplar["labels"] for series in found for exemplar in series["exemplars"]]

    def rules(self):
        """All rules, as Prometheus has read them."""
        return [rule for group in self.get("/api/v1/rules")["data"]["groups"] for rule in group["rules"]]

    def unhealthy(self):
        """Rules and targets that went wrong, with what Prometheus says of them."""
        rules = [(rule["name"], rule["lastError"]) for rule in self.rules() if rule["health"] == "err"]
        targets = self.get("/api/v1/targets")["data"]["activeTargets"]
        return rules + [(target["scrapeUrl"], target["lastError"]) for target in targets if target["health"] == "down"]


class Webhook:
    """Listens for what Alertmanager sends: `notifications` is the list of all bodies so far."""

    def __init__(self, test):
        self.notifications = []
        received = self.notifications

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)

    def alerts(self, name, status="firing"):
        return [alert for body in list(self.notifications) for alert in body["alerts"]
                if alert["labels"]["alertname"] == name and alert["status"] == status]


class Alertmanager(Served):
    """Sends every alert to WEBHOOK at once."""

    def __init__(self, test, webhook):
        self.port = harness.free_port()
        directory = test.path("alertmanager")
        os.makedirs(directory)
        self.config = os.path.join(directory, "alertmanager.yml")
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump({"route": {"receiver": "test", "group_by": ["alertname"], "group_wait": "100ms", "group_interval": "1s"},
                       "receivers": [{"name": "test", "webhook_configs": [{"url": webhook.url, "send_resolved": True}]}]}, file)
        super().__init__(test, ["prometheus-alertmanager", f"--config.file={self.config}", f"--storage.path={directory}/data",
                                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=", "--log.level=warn"],
                         "/-/ready")
