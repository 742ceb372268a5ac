# SPDX-License-Identifier: MIT
"""Known workload, exact counts: what was sent is what the report and the metrics say, for each way in."""

import collections
import json
import re
import subprocess
import unittest

import harness
import workload
from servers import Janus, Lwsws

ONE_BY_ONE = workload.SEQUENTIAL


def metrics_of(text):
    """Prometheus text as {(name, labels): value}."""
    values = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
            values[name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels or ""))] = float(value)
    return values


def total(metrics, name, **labels):
    """The sum of NAME over all series that have LABELS."""
    wanted = set(labels.items())
    return sum(value for (metric, have), value in metrics.items() if metric == name and wanted <= have)


class KnownWorkload(harness.Scenario):
    """Claims on metrics that hold for every way in."""

    def assert_metrics(self, metrics, vhost, opened, upgraded, completed, protocol):
        accepted = {"vhost": vhost, "class": "client", "origin": "accepted"}
        self.assertEqual(total(metrics, "lws_connections_opened_total", **accepted), opened)
        self.assertEqual(total(metrics, "lws_connections_closed_total", vhost=vhost, **{"class": "client"}), opened)
        self.assertEqual(total(metrics, "lws_connections_open", vhost=vhost, **{"class": "client"}), 0)
        self.assertEqual(total(metrics, "lws_connections_open", vhost=vhost, **{"class": "listener"}), 1)
        self.assertEqual(total(metrics, "lws_transactions_total", vhost=vhost, outcome="upgraded"), upgraded)
        self.assertEqual(total(metrics, "lws_transactions_total", vhost=vhost, outcome="completed"), completed)
        self.assertEqual(total(metrics, "lws_websocket_sessions_open", vhost=vhost), 0)
        self.assertEqual(total(metrics, "lws_protocol_binds_total", vhost=vhost, protocol=protocol), upgraded)
        self.assertEqual(total(metrics, "lws_protocol_bindings_open", vhost=vhost), 0)
        self.assertEqual(total(metrics, "wsitrace_events_lost_total"), 0)
        self.assertGreater(total(metrics, "wsitrace_events_recorded_total"), opened)

    def assert_promtool_accepts(self, text):
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def check_small_host(self, *arguments, lws=""):
        """A small program under `wsitrace run`."""
        program = self.traced(self.host("http_host", *arguments, lws=lws))
        workload.known(program.address(), one_by_one=ONE_BY_ONE)
        result = program.stop()
        self.assertEqual(result.status, 5, result)
        trace = self.report()
        self.assertEqual((trace.process["attach"], trace.process["ended"]), ("preload", "exit"))
        self.assert_settled(trace)
        self.assert_known_workload(trace, ONE_BY_ONE)
        self.assertEqual([c["vhost"] for c in trace.of_class("listener")], ["app"])
        self.assertEqual(self.traces(), ["out.wsitrace"])
        if lws:
            self.assertEqual(trace.process["lws_version"].split("-")[0], lws)


class LwswsPlugin:
    """lwsws with the plugin; the classes below name the version."""

    LWS = ""
    KNOCKS = 1  # the connection that found the server listening

    def send_workload(self, server):
        workload.known(server.app, protocol=server.PROTOCOL, one_by_one=ONE_BY_ONE, at_once=1)

    def test_report_and_metrics_of_the_running_server_count_exactly(self):
        server = Lwsws(self, self.LWS)
        self.send_workload(server)
        opened = self.KNOCKS + workload.known_connections(ONE_BY_ONE)

        def settled():
            trace = self.trace_now(server)
            clients = trace.of_class("client", "app")
            return trace if len(clients) >= opened and all(c["state"] == "closed" for c in clients) else None
        trace = harness.until(settled, "all connections to be seen and closed")
        self.assertEqual(len(trace.of_class("client", "app")), opened)
        self.assertEqual(len(trace.of_class("listener")), 2)
        self.assertEqual(trace.loss["lost"], 0)
        text = server.get("/metrics")
        self.assert_metrics(metrics_of(text), "app", opened, workload.SESSIONS, workload.KEEP_ALIVE_REQUESTS + ONE_BY_ONE,
                            server.PROTOCOL)
        self.assert_promtool_accepts(text)
        self.assertEqual(workload.fetch(server.observer, "/wsitrace/healthz")[0], 200)
        server.stop()

    @staticmethod
    def trace_now(server):
        return harness.Trace(json.loads(server.get("/api/report")))

    def test_final_trace_holds_the_workload_and_every_end(self):
        trace_file = self.path("out.wsitrace")
        server = Lwsws(self, self.LWS, pvo={"trace": trace_file})
        self.send_workload(server)
        server.stop()
        trace = self.report()
        self.assertEqual(trace.process["attach"], "plugin")
        self.assertEqual(trace.process["lws_version"].split("-")[0], self.LWS)
        self.assert_settled(trace)
        self.assertEqual(len(trace.of_class("listener", "app")), 1)
        self.assertEqual(len(trace.of_class("listener", "observer")), 1)
        clients = trace.of_class("client", "app")
        knock = min(clients, key=lambda connection: connection["id"])
        self.assertEqual(knock["transactions"], [])
        trace.connections.remove(knock)
        self.assert_known_workload(trace, ONE_BY_ONE, "app", server.PROTOCOL)

    def test_unknown_pvo_is_named_and_ignored(self):
        server = Lwsws(self, self.LWS, pvo={"frobnicate": "1"})
        self.assertEqual(self.trace_now(server).process["attach"], "plugin")
        server.stop()
        self.assertIn("frobnicate", server.program.err)


class LwswsPlugin416(LwswsPlugin, KnownWorkload):
    LWS = "4.1.6"


class LwswsPlugin435(LwswsPlugin, KnownWorkload):
    LWS = "4.3.5"


class SmallHost(KnownWorkload):
    """Small programs under `wsitrace run`."""

    def test_system_lws(self):
        self.check_small_host()

    def test_system_lws_on_libuv(self):
        self.check_small_host("--loop", "uv")

    def test_4_1_6(self):
        self.check_small_host(lws="4.1.6")

    def test_4_3_5(self):
        self.check_small_host(lws="4.3.5")

    def test_4_3_5_on_libuv(self):
        self.check_small_host("--loop", "uv", lws="4.3.5")

    def test_callback_mount_binds_and_drops_are_those_that_lws_makes(self):
        program = self.traced(self.host())
        workload.keep_alive(program.address(), "/dyn", 5, 1)
        program.stop()
        trace = self.report()
        self.assert_settled(trace)
        [connection] = trace.of_class("client")
        # Idle connections are bound to protocols[0], which has no session data here: lws drops all but the last of them.
        self.assertEqual([(b["protocol"], b["cause"]) for b in connection["bindings"]],
                         [("dyn", "lws_http_transaction_completed"), ("http", "http action CALLBACK bind")] * 4 +
                         [("dyn", "lws_http_transaction_completed"), ("http", "settled_by_destroy")])
        self.assertEqual([(t["path"], t["status"], t["outcome"]) for t in connection["transactions"]],
                         [("/dyn", 200, "completed")] * 5)

    def test_refused_and_missing_requests_end_as_such(self):
        program = self.traced(self.host())
        address = program.address()
        self.assertEqual(workload.fetch(address, "/dyn/missing")[0], 404)
        with self.assertRaises(workload.WorkloadError):
            workload.fetch(address, "/dyn/refuse")
        program.stop()
        trace = self.report()
        self.assert_settled(trace)
        by_path = {t["path"]: t for t in trace.transactions()}
        self.assertEqual((by_path["/dyn/missing"]["status"], by_path["/dyn/missing"]["outcome"]), (404, "completed"))
        self.assertEqual(by_path["/dyn/refuse"]["outcome"], "aborted")

    def test_h2_streams_are_connections_carried_by_another(self):
        certificate, key = self.path("cert.pem"), self.path("key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        for lws in ("", *harness.LWS):
            with self.subTest(lws=lws or "system"):
                program = self.traced(self.host("http_host", "--tls", certificate, key, lws=lws))
                url = "https://{}:{}/?[1-7]".format(*program.address())
                subprocess.run(["curl", "-sf", "--http2", "--insecure", "-o", self.path("answer.#1"), url], check=True)
                self.assertEqual(program.stop().status, 5)
                trace = self.report()
                self.assert_settled(trace)
                [carrier] = [c for c in trace.of_class("client") if c["origin"] == "accepted"]
                streams = [c for c in trace.of_class("client") if c["origin"] == "stream"]
                self.assertEqual([c["parent"] for c in streams], [carrier["id"]] * 7)
                self.assertEqual([[t["outcome"] for t in c["transactions"]] for c in streams], [["completed"]] * 7)
                self.assertIsNotNone(carrier["tls"])

    def test_path_has_no_query_string(self):
        program = self.traced(self.host())
        workload.fetch(program.address(), "/dyn?secret=23")
        program.stop()
        self.assertEqual([t["path"] for t in self.report().transactions()], ["/dyn"])
        with open(self.path("out.wsitrace"), "rb") as trace:
            self.assertNotIn(b"secret", trace.read())

    def test_serve_answers_report_and_metrics_while_the_program_runs(self):
        port = harness.free_port()
        program = self.traced(self.host(), "--serve", f"127.0.0.1:{port}")
        workload.known(program.address(), one_by_one=101)
        served = ("127.0.0.1", port)

        def settled():
            trace = harness.Trace(json.loads(workload.fetch(served, "/api/report")[1]))
            clients = trace.of_class("client")
            return trace if len(clients) == workload.known_connections(101) and \
                all(c["state"] == "closed" for c in clients) else None
        trace = harness.until(settled, "the report to be complete")
        self.assertEqual(len(trace.of_class("listener")), 1)
        text = workload.fetch(served, "/metrics")[1].decode()
        self.assert_metrics(metrics_of(text), "app", workload.known_connections(101), workload.SESSIONS,
                            workload.KEEP_ALIVE_REQUESTS + 101, "echo")
        self.assert_promtool_accepts(text)
        self.assertEqual(workload.fetch(served, "/healthz")[0], 200)
        self.assertEqual(program.stop().status, 5)

    def test_live_and_offline_reports_of_one_log_agree(self):
        port = harness.free_port()
        program = self.traced(self.host(), "--serve", f"127.0.0.1:{port}")
        workload.known(program.address(), one_by_one=101)
        harness.until(lambda: len(harness.Trace(json.loads(workload.fetch(("127.0.0.1", port), "/api/report")[1]))
                                  .of_class("client")) == workload.known_connections(101), "all connections")
        live = json.loads(workload.fetch(("127.0.0.1", port), "/api/report")[1])
        program.stop()
        offline = {c["id"]: c for c in self.report().connections}
        for connection in live["connections"]:
            if connection["state"] == "closed":
                self.assertEqual(connection, offline[connection["id"]])

    def test_report_of_one_trace_is_the_same_twice(self):
        program = self.traced(self.host())
        workload.known(program.address(), one_by_one=101)
        program.stop()
        for form in ("json", "ndjson", "text"):
            first = self.wsitrace("report", self.path("out.wsitrace"), "--format", form)
            self.assertEqual(first.status, 0, first.err)
            self.assertEqual(first.out, self.wsitrace("report", self.path("out.wsitrace"), "--format", form).out)


class JanusUnderRun(KnownWorkload):
    """janus, unmodified. Its websocket transport refuses plain HTTP with 403."""

    def test_sessions_silent_and_sequential_connections_are_counted_exactly(self):
        janus = Janus(self)
        for _ in range(workload.SESSIONS):
            janus.session(workload.MESSAGES)
        workload.silent(janus.address)
        for _ in range(ONE_BY_ONE):
            self.assertEqual(workload.fetch(janus.address, "/")[0], 403)
        result = janus.stop()
        self.assertEqual(result.status, 0, result)
        trace = self.report("janus.wsitrace")
        self.assert_settled(trace)
        self.assertEqual(len(trace.of_class("listener")), 1)
        waiting = 1  # the connection that found janus listening
        clients = trace.of_class("client")
        self.assertEqual(len(clients), waiting + workload.SESSIONS + workload.SILENT + ONE_BY_ONE)
        outcomes = [t["outcome"] for t in trace.transactions()]
        self.assertEqual(outcomes.count("upgraded"), workload.SESSIONS)
        self.assertEqual(len(outcomes), workload.SESSIONS + ONE_BY_ONE)
        sessions = [c["session"] for c in clients if c["session"]]
        self.assertEqual([s["protocol"] for s in sessions], [janus.PROTOCOL] * workload.SESSIONS)


class ThreeWays(KnownWorkload):
    """One and the same program, seen through the plugin, the preload library and linked in. Left out is what the manual's page
    on limitations names: a handler that answers and then returns -1 looks aborted where, linked in, the answer is not seen."""

    LWS = "4.3.5"

    def seen_by_plugin(self):
        program = self.start_with_plugin("http_host", "plugin.wsitrace", self.LWS)
        return self.drive(program, "plugin.wsitrace")

    def seen_by_preload(self):
        return self.drive(self.traced(self.host(lws=self.LWS), trace="preload.wsitrace"), "preload.wsitrace")

    def seen_by_link(self):
        program = self.start(self.host("link_host", lws=self.LWS) + [self.path("link.wsitrace")])
        return self.drive(program, "link.wsitrace")

    def drive(self, program, name):
        address = program.address()
        workload.known(address, one_by_one=101)
        workload.known(address, "/dyn", one_by_one=11)
        workload.pipelined(address, "/dyn")
        with self.assertRaises(workload.WorkloadError):
            workload.fetch(address, "/dyn/refuse")
        result = program.stop()
        self.assertEqual(result.status, 5, result)
        trace = self.report(name)
        self.assert_settled(trace)
        return trace

    def test_connections_bindings_and_transactions_are_the_same(self):
        plugin, preload, link = self.seen_by_plugin(), self.seen_by_preload(), self.seen_by_link()
        self.assertEqual([t.process["attach"] for t in (plugin, preload, link)], ["plugin", "preload", "link"])
        for other in (plugin, link):
            mine, theirs = collections.Counter(other.shape()), collections.Counter(preload.shape())
            self.assertEqual((mine - theirs, theirs - mine), (collections.Counter(), collections.Counter()),
                             f"only by {other.process['attach']}, only by preload")
            self.assertEqual(self.totals(other), self.totals(preload))
        self.assertEqual(self.endings(plugin), self.endings(preload), "both see the calls that tell why")
        self.assertNotIn("unknown", {reason for reason, _, _ in self.endings(plugin)})

    @staticmethod
    def totals(trace):
        """Without what lws connects to for itself, on a vhost of its own that has no plugin."""
        own = trace.of_class("internal")
        bindings = [b for c in own for b in c["bindings"]]
        of_own = {"opened": len(own), "closed": sum(c["state"] == "closed" for c in own), "binds": len(bindings),
                  "transactions": sum(len(c["transactions"]) for c in own),
                  "drops": sum(b["dropped_ns"] is not None for b in bindings)}
        return {key: trace.totals[key] - count for key, count in of_own.items()}

    @staticmethod
    def endings(trace):
        return collections.Counter((c["close"]["reason"], c["close"]["by"], tuple(t["status"] for t in c["transactions"]))
                                   for c in trace.of_class("client"))


class Further(LwswsPlugin, ThreeWays):
    """The same with any other libwebsockets that the plugin and the hosts were built for: Further500 for 5.0.0."""

    LWS = ""

    def test_small_host(self):
        self.check_small_host(lws=self.LWS)

    def test_small_host_on_libuv(self):
        self.check_small_host("--loop", "uv", lws=self.LWS)


for further in harness.FURTHER_LWS:
    name = "Further" + further.replace(".", "")
    globals()[name] = type(name, (Further,), {"LWS": further, "__module__": __name__})
del Further  # without a version it is no test


if __name__ == "__main__":
    unittest.main()
