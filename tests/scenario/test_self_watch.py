# SPDX-License-Identifier: MIT
"""Monitoring does not watch itself: a real Prometheus that scrapes the plugin of a real lwsws, and others who look at its mount, are no
clients of the server in the gauges that dashboards and alerts ask."""

import certificates
import harness
import http2
import workload
from exposition import Exposition, scrape
from prometheus import Prometheus, Target, faster_rules
from servers import Lwsws

MOUNT = "/wsitrace/metrics"
OLDEST = "lws_connection_oldest_start_time_seconds"
SCRAPES = 5


class SelfWatch(harness.Scenario):
    LWS = "4.3.5"

    def scraped(self, tls):
        """A server, and a Prometheus that has scraped it several times."""
        server = Lwsws(self, self.LWS, observer_tls=certificates.made().server if tls else None)
        secure = {"scheme": "https", "tls_config": {"insecure_skip_verify": True}} if tls else None
        prometheus = Prometheus(self, {"lwsws": [Target(server.observer, MOUNT)]}, faster_rules(self, 100), job=secure)
        harness.until(lambda: prometheus.query(f'count_over_time(up{{job="lwsws"}}[1m]) >= {SCRAPES} and up == 1'), "scrapes")
        return server, prometheus

    def assert_only_wsitrace_is_open(self, prometheus):
        def open_of(cls):
            return {labels["state"]: value for labels, value in prometheus.query(
                f'lws_connections_open{{vhost="observer", class="{cls}"}}') if value}
        harness.until(lambda: open_of("wsitrace") and not open_of("client"), "the scraper to be told apart")
        self.assertEqual(prometheus.query(f'{OLDEST}{{vhost="observer", class="client"}}'), [])
        [(_, oldest)] = prometheus.query(f'{OLDEST}{{vhost="observer", class="wsitrace"}}')
        [(_, now)] = prometheus.query("time()")
        self.assertLess(oldest, now)
        return open_of("wsitrace")

    def test_prometheus_is_no_client_of_the_server(self):
        server, prometheus = self.scraped(tls=False)
        open_now = self.assert_only_wsitrace_is_open(prometheus)
        self.assertEqual(sum(open_now.values()), 1, open_now)
        self.assertEqual(prometheus.query('vhost:lws_connections_open:sum{vhost="observer"} > 0'), [])
        self.assertEqual(prometheus.query('vhost:lws_transactions:rate5m{vhost="observer"} > 0'), [])
        self.assertEqual(prometheus.query('lws_keepalive_idle_seconds_count{vhost="observer"}'), [])
        self.assertEqual(prometheus.unhealthy(), [])
        server.stop()

    def test_nor_is_it_over_http2(self):
        server, prometheus = self.scraped(tls=True)
        self.assertTrue(prometheus.query('lws_transactions_total{vhost="observer", protocol="wsitrace", version="HTTP/2"}'))
        self.assert_only_wsitrace_is_open(prometheus)
        server.stop()

    def test_who_asks_for_something_else_is_a_client_and_stays_one(self):
        server = Lwsws(self, self.LWS)
        http = workload.Http1(server.observer)
        for path, cls in ((MOUNT, "wsitrace"), ("/", "client"), (MOUNT, "client")):
            self.assertEqual(http.get(path)[0], 200)
            self.await_open(server, {cls: 1})
        http.finish()
        server.stop()

    def test_streams_count_for_their_connection(self):
        server = Lwsws(self, self.LWS, tls=certificates.made().server, observer_tls=certificates.made().server)
        client = http2.Http2(workload.secure(workload.connect(server.observer), alpn=["h2"]))
        client.get(1, MOUNT)
        self.await_open(server, {"wsitrace": 1}, tls=True)
        client.get(3, "/index.html")
        self.await_open(server, {"client": 1}, tls=True)
        client.finish()
        server.stop()

    def await_open(self, server, wanted, tls=False):
        """Until what is open on the observer's vhost, beside the connection that asks, is as WANTED."""
        def seen():
            metrics = self.metrics(server, tls)
            found = {cls: metrics.sum("lws_connections_open", vhost="observer", class_=cls) for cls in ("client", "wsitrace")}
            found["wsitrace"] -= 1  # this very request
            return {cls: count for cls, count in found.items() if count} == wanted
        harness.until(seen, f"open connections {wanted}")

    @staticmethod
    def metrics(server, tls):
        if not tls:
            return scrape(server.observer, MOUNT)
        status, body = workload.fetch(server.observer, MOUNT, tls=True)
        if status != 200:
            raise AssertionError(body)
        return Exposition(body.decode())


class SelfWatch416(SelfWatch):
    LWS = "4.1.6"
