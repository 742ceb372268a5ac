# SPDX-License-Identifier: MIT
"""The metrics of the contract, from a real lwsws with the plugin: exact counts on a prime workload, both formats, label caps, and
exemplars, as Prometheus's own parsers and a real Prometheus read them."""

import contextlib
import json
import os
import re
import subprocess

import harness
import prometheus
import workload
from exposition import ACCEPT, OPEN_METRICS, TEXT, scrape
from servers import Lwsws

ONE_BY_ONE = 101
MOUNT = "/wsitrace/metrics"
KNOCK = 1  # the connection that found the server listening
MAX_NAMES = 16  # CappedNames::kMaxNames

LABELS = {
    "lws_connections_opened_total": "vhost class origin",
    "lws_connections_closed_total": "vhost class reason",
    "lws_connections_open": "vhost class state",
    "lws_connection_duration_seconds_bucket": "class",
    "lws_connection_oldest_start_time_seconds": "vhost class",
    "lws_connection_transactions_bucket": "vhost",
    "lws_protocol_binds_total": "vhost protocol",
    "lws_protocol_drops_total": "vhost protocol",
    "lws_protocol_bindings_open": "vhost protocol",
    "lws_transactions_total": "vhost protocol version outcome status_class",
    "lws_transaction_duration_seconds_bucket": "vhost protocol",
    "lws_keepalive_idle_seconds_bucket": "vhost",
    "lws_transactions_pipelined_total": "vhost",
    "lws_websocket_sessions_open": "vhost protocol",
    "lws_websocket_session_duration_seconds_bucket": "vhost protocol",
    "lws_callback_sampled_seconds_total": "protocol callback",
    "lws_tls_handshake_duration_seconds_bucket": "vhost",
    "lws_findings": "kind",
    "lws_diagnoses": "severity",
    "lws_diagnoses_time_seconds": "",
    "wsitrace_traces_not_diagnosed": "",
    "wsitrace_events_recorded_total": "kind",
    "wsitrace_events_lost_total": "cause",
    "wsitrace_build_info": "version lws_version attach",
    "wsitrace_scrape_duration_seconds": "",
    "wsitrace_scrape_size_bytes": "",
}
TYPES = {"_total": "counter", "_bucket": "histogram", "_open": "gauge", "_info": "gauge", "_findings": "gauge", "_diagnoses": "gauge", "_diagnosed": "gauge",
         "_time_seconds": "gauge", "_duration_seconds": "gauge", "_bytes": "gauge"}


def kinds_of_findings():
    with open(os.path.join(harness.ROOT, "agent", "diagnosis", "cause_table.h"), encoding="utf-8") as file:
        return set(re.findall(r'^  X\(k\w+, "(\w+)", kFault', file.read(), re.MULTILINE))


def type_of(name):
    return next(kind for ending, kind in TYPES.items() if name.endswith(ending))


class Vhosts(Lwsws):
    """lwsws with more vhosts than get names of their own, one with a name that is meant to break formats."""

    HOSTILE = 'a"b<img src=x>{c="d"} \u00e9'
    MORE = 23

    def _configure(self, *arguments):
        super()._configure(*arguments)
        names = [self.HOSTILE] + [f"v{number}" for number in range(1, self.MORE)]
        self.addresses = [("127.0.0.1", harness.free_port()) for _ in names]
        vhosts = [{"name": name, "port": str(port), "interface": "127.0.0.1", "noipv6": "1",
                   "mounts": [{"mountpoint": "/", "origin": f"file://{self.test.files}", "default": "index.html"}],
                   "ws-protocols": [{"wsitrace": {"status": "ok"}}]} for name, (_, port) in zip(names, self.addresses)]
        with open(os.path.join(self.directory, "conf.d", "more"), "w", encoding="utf-8") as conf:
            json.dump({"vhosts": vhosts}, conf, ensure_ascii=False)


class Metrics(harness.Scenario):
    LWS = "4.3.5"

    def settled(self, server, opened):
        """A scrape that has seen OPENED connections to vhost "app", all ended."""
        def look():
            seen = scrape(server.observer, MOUNT)
            done = seen.sum("lws_connections_closed_total", vhost="app", class_="client")
            return seen if done >= opened else None
        return harness.until(look, f"{opened} connections to end")

    def busy(self, **options):
        """A server after the known workload; all its connections have ended."""
        server = Lwsws(self, self.LWS, **options)
        workload.known(server.app, protocol=server.PROTOCOL, one_by_one=ONE_BY_ONE, at_once=1)
        return server, self.settled(server, KNOCK + workload.known_connections(ONE_BY_ONE))

    def check_counts(self, metrics, protocol):
        opened = KNOCK + workload.known_connections(ONE_BY_ONE)
        completed = workload.KEEP_ALIVE_REQUESTS + ONE_BY_ONE
        app = {"vhost": "app"}
        client = {**app, "class_": "client"}
        for name, labels, value in (
                ("lws_connections_opened_total", {**client, "origin": "accepted"}, opened),
                ("lws_connections_opened_total", client, opened),
                ("lws_connections_closed_total", client, opened),
                ("lws_connections_closed_total", {**client, "reason": "peer_ws_close"}, workload.SESSIONS),
                ("lws_connections_closed_total", {**client, "reason": "unknown"}, 0),
                ("lws_connections_open", client, 0),
                ("lws_connections_open", {**app, "class_": "listener"}, 1),
                ("lws_connection_transactions_count", app, opened),
                ("lws_connection_transactions_sum", app, completed + workload.SESSIONS),
                ("lws_connection_transactions_bucket", {**app, "le": "0.0"}, KNOCK + workload.SILENT),
                ("lws_protocol_binds_total", {**app, "protocol": protocol}, workload.SESSIONS),
                ("lws_protocol_drops_total", {**app, "protocol": protocol}, workload.SESSIONS),
                ("lws_protocol_bindings_open", app, 0),
                ("lws_transactions_total", {**app, "outcome": "completed", "version": "HTTP/1.1"}, completed),
                ("lws_transactions_total", {**app, "outcome": "upgraded"}, workload.SESSIONS),
                ("lws_transactions_total", app, completed + workload.SESSIONS),
                ("lws_transaction_duration_seconds_count", app, completed + workload.SESSIONS),
                ("lws_keepalive_idle_seconds_count", app,
                 workload.KEEP_ALIVE_REQUESTS - workload.KEEP_ALIVE_CONNECTIONS),
                ("lws_transactions_pipelined_total", app, 0),
                ("lws_websocket_sessions_open", {**app, "protocol": protocol}, 0),
                ("lws_websocket_session_duration_seconds_count", {**app, "protocol": protocol}, workload.SESSIONS),
                ("lws_findings", {}, 0),
                ("wsitrace_events_lost_total", {}, 0),
                ("wsitrace_build_info", {"attach": "plugin"}, 1)):
            with self.subTest(name=name, labels=labels):
                self.assertEqual(metrics.sum(name, **labels), value)
        self.assertEqual(metrics.sum("lws_protocol_binds_total", **app), metrics.sum("lws_protocol_drops_total", **app))

    def test_prime_workload_is_counted_exactly(self):
        server, metrics = self.busy()
        self.check_counts(metrics, server.PROTOCOL)
        server.stop()

    def test_each_metric_has_the_labels_and_type_of_the_contract(self):
        certificate, key = self.path("cert.pem"), self.path("key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        server = Lwsws(self, self.LWS, tls=(certificate, key), pvo={"trace": self.path("out.wsitrace")})
        workload.keep_alive(server.app, requests=3, connections=1, tls=True)
        session = workload.WebSocket(server.app, server.PROTOCOL, tls=True)
        session.echo(b"x")
        session.close()
        self.settled(server, KNOCK + 2)
        metrics = scrape(server.observer, MOUNT, accept=TEXT)
        types = {family.name: family.type for family in metrics.families}
        for name, labels in LABELS.items():
            with self.subTest(name=name):
                self.assertEqual(metrics.labels_of(name), {frozenset(labels.split())})
                family = name.removesuffix("_bucket").removesuffix("_total")
                self.assertEqual(types.get(family) or types.get(name), type_of(name))
        self.assertEqual({re.sub("_(total|bucket|count|sum)$", "", name) for name, _ in metrics.samples},
                         {re.sub("_(total|bucket)$", "", name) for name in LABELS})
        checked = prometheus.promtool("check", "metrics", text=metrics.text)
        self.assertEqual(checked, (0, ""))
        server.stop()

    def test_both_formats_say_the_same(self):
        server, _ = self.busy()
        text, open_metrics = (scrape(server.observer, MOUNT, accept) for accept in (TEXT, ACCEPT))
        self.assertEqual((text.content_type, open_metrics.content_type), (TEXT, OPEN_METRICS))
        self.assertTrue(open_metrics.text.endswith("# EOF\n"))
        self.assertNotIn("EOF", text.text)
        of_app = [{key: value for key, value in metrics.samples.items() if ("vhost", "app") in key[1]}
                  for metrics in (text, open_metrics)]
        self.assertEqual(*of_app)
        self.assertGreater(len(of_app[0]), 60)
        # What the scrapes themselves do to the vhost "observer" moves values, not series.
        same = [{key for key in metrics.samples if ("vhost", "observer") not in key[1]} for metrics in (text, open_metrics)]
        self.assertEqual(*same)
        self.assertEqual(text.exemplars, [])
        server.stop()

    def test_exemplars_name_connections_that_the_report_knows(self):
        server, metrics = self.busy()
        report = json.loads(server.get("/api/report"))
        known = {f"{report['process']['pid']}/{c['id']}": c for c in report["connections"]}
        self.assertGreater(len(metrics.exemplars), 4)
        for name, labels, exemplar in metrics.exemplars:
            self.assertEqual(set(exemplar.labels), {"connection"})
            connection = known[exemplar.labels["connection"]]
            self.assertLessEqual(exemplar.value, float(labels["le"]), (name, labels))
            if name == "lws_connection_duration_seconds_bucket":
                self.assertAlmostEqual(exemplar.value, (connection["closed_ns"] - connection["opened_ns"]) / 1e9, 6)
            if name == "lws_transaction_duration_seconds_bucket":
                took = [(t["completed_ns"] - t["requested_ns"]) / 1e9 for t in connection["transactions"]]
                self.assertTrue(any(abs(exemplar.value - seconds) < 1e-6 for seconds in took), (exemplar, took))
        names = {name for name, _, _ in metrics.exemplars}
        for name in ("connection_duration", "transaction_duration", "keepalive_idle", "websocket_session_duration"):
            self.assertIn(f"lws_{name}_seconds_bucket", names)
        server.stop()

    def test_names_beyond_the_cap_share_overflow(self):
        server = Vhosts(self, self.LWS)
        for address in server.addresses:
            self.assertEqual(workload.fetch(address, "/")[0], 200)

        def all_seen():
            seen = scrape(server.observer, MOUNT)
            completed = seen.sum("lws_transactions_total") - seen.sum("lws_transactions_total", vhost="observer")
            return seen if completed >= Vhosts.MORE else None
        metrics = harness.until(all_seen, f"{Vhosts.MORE} transactions")
        vhosts = metrics.values_of("vhost")
        self.assertEqual(len(vhosts), MAX_NAMES + 1)
        self.assertIn("overflow", vhosts)
        self.assertIn(Vhosts.HOSTILE, vhosts)
        named = [metrics.sum("lws_transactions_total", vhost=name) for name in vhosts - {"overflow", "app", "observer"}]
        shared = metrics.sum("lws_transactions_total", vhost="overflow")
        self.assertLessEqual(set(named), {0, 1})
        self.assertEqual(sum(named) + shared, Vhosts.MORE)
        self.assertGreater(shared, Vhosts.MORE - MAX_NAMES)
        server.stop()

    def test_scrape_tells_what_the_one_before_cost(self):
        server, _ = self.busy()
        before, now = (scrape(server.observer, MOUNT, TEXT) for _ in range(2))
        self.assertEqual(now.sum("wsitrace_scrape_size_bytes"), len(before.text.encode()))
        self.assertGreater(now.sum("wsitrace_scrape_duration_seconds"), 0)
        self.assertLess(now.sum("wsitrace_scrape_duration_seconds"), 5)
        server.stop()


class Metrics416(Metrics):
    LWS = "4.1.6"


class Findings(harness.Scenario):
    """What `lws_findings` says of a program of the corpus is what `wsitrace check` says of its trace."""

    def observe(self, group, name):
        """Findings by kind: in the metrics, and in a check."""
        address = ("127.0.0.1", harness.free_port())
        program = f"{harness.BUILD}/tests/corpus/lws-4.3.5/corpus_{group}"
        run = self.traced(["sh", "-c", f"{program} {name}; exec sleep 300"], "--serve", "{}:{}".format(*address))

        def ended():
            with contextlib.suppress(OSError):
                metrics = scrape(address)
                opened = metrics.sum("lws_connections_opened_total")
                return metrics if opened > 0 and opened == metrics.sum("lws_connections_closed_total") else None
            return None
        metrics = harness.until(ended, "the end of the program")
        live = {dict(labels)["kind"]: value for (name, labels), value in metrics.samples.items() if name == "lws_findings"}
        self.assertEqual(set(live), kinds_of_findings())
        run.stop()
        checked = self.wsitrace("check", self.path("out.wsitrace"), "--format", "json")
        kinds = [finding["kind"] for finding in json.loads(checked.out)["findings"]]
        return {kind: count for kind, count in live.items() if count}, {kind: kinds.count(kind) for kind in kinds}

    def test_leaks_are_seen(self):
        for group, name in (("server", "forgets_for_each_client"), ("server", "never_answers")):
            with self.subTest(name=name):
                live, checked = self.observe(group, name)
                self.assertEqual(live, {"transaction_not_completed": 1})
                self.assertEqual(live, checked)

    def test_clean_program_has_none(self):
        self.assertEqual(self.observe("requests", "many_one_after_another"), ({}, {}))


class ExemplarStorage(prometheus.Served):
    """A Prometheus with deploy/prometheus/prometheus.yml, that scrapes TARGET instead of the example's, and more often."""

    def __init__(self, test, target):
        self.port = harness.free_port()
        with open(os.path.join(harness.ROOT, "deploy", "prometheus", "prometheus.yml"), encoding="utf-8") as file:
            config = file.read()
        config = config.replace("127.0.0.1:7682", f"{target[0]}:{target[1]}").replace("15s", "250ms")
        config = config.replace("../../dashboards", os.path.join(harness.ROOT, "dashboards"))
        path = test.path("prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        super().__init__(test, ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={test.path('tsdb')}",
                                f"--web.listen-address=127.0.0.1:{self.port}", "--enable-feature=exemplar-storage",
                                "--log.level=warn"], "/-/ready")


class Exemplars(harness.Scenario):
    def test_prometheus_stores_exemplars_that_lead_to_connections(self):
        server = Lwsws(self, "4.3.5")
        storage = ExemplarStorage(self, server.observer)
        workload.known(server.app, protocol=server.PROTOCOL, one_by_one=ONE_BY_ONE, at_once=1)

        def stored():
            query = 'lws_transaction_duration_seconds_bucket{vhost="app"}'
            data = storage.get("/api/v1/query_exemplars", query=query, start=0, end=4e9)["data"]
            return [exemplar for series in data for exemplar in series["exemplars"]]
        harness.until(stored, "Prometheus to have exemplars")
        report = json.loads(server.get("/api/report"))
        known = {f"{report['process']['pid']}/{c['id']}": c for c in report["connections"]}
        for exemplar in stored():
            self.assertEqual(known[exemplar["labels"]["connection"]]["vhost"], "app")
        server.stop()
