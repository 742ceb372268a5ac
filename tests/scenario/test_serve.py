# SPDX-License-Identifier: MIT
"""What is served: every endpoint, from lwsws with the plugin and from `run --serve`, to clients that behave and to others."""

import socket
import unittest

import workload
from live_client import Rows, read_reply, request
from served import LwswsServe, RunServe

REQUESTS = 11


class Endpoints:
    """Claims that hold for every way in."""

    knocks = 0  # connections of which the tests know nothing

    def setUp(self):
        super().setUp()
        self.begin()

    def test_rows_are_the_connections_of_the_report(self):
        workload.keep_alive(self.app, "/", REQUESTS, 3)
        answer = self.settled(3 + self.knocks, state="closed")
        self.assertEqual(answer["schema"], "wsitrace.connections/1")
        self.assertEqual([set(process) for process in answer["processes"]],
                         [{"pid", "program", "started_at", "now_ns", "ended", "running"}])
        report = {c["id"]: c for c in self.get("/api/report").json["connections"]}
        for row in answer["connections"]:
            whole = report[row["id"]]
            self.assertEqual(row["key"], f"{row['pid']}/{row['id']}")
            for name in ("class", "origin", "role", "vhost", "state", "peer", "opened_ns", "closed_ns", "parent"):
                self.assertEqual(row[name], whole[name], name)
            self.assertEqual(row["transactions"], whole["transactions_total"])
            self.assertEqual((row["reason"], row["by"]), (whole["close"]["reason"], whole["close"]["by"]))
            self.assertEqual(self.get("/api/connections/" + row["key"]).json, whole)
        self.assertEqual(sorted(row["transactions"] for row in answer["connections"]), [0] * self.knocks + [3, 4, 4])

    def test_pages_sorts_and_filters(self):
        open_ones = [workload.Http1(self.app) for _ in range(7)]
        for number, client in enumerate(open_ones):
            for _ in range(number + 1):
                client.get("/")
        workload.keep_alive(self.app, "/", 5, 5)
        self.settled(5 + self.knocks, state="closed")
        everything = self.settled(12 + self.knocks)["connections"]
        opened = [row["opened_ns"] for row in everything]
        self.assertEqual([row["state"] for row in everything], ["idle"] * 7 + ["closed"] * (5 + self.knocks))
        self.assertEqual(opened, sorted(opened[:7]) + sorted(opened[7:]))
        pages = [self.clients(offset=offset, limit=5)["connections"] for offset in (0, 5, 10, 15)]
        keys = [row["key"] for page in pages for row in page]
        self.assertEqual(keys, [row["key"] for row in everything])
        busiest = self.clients(sort="transactions", limit=3)["connections"]
        self.assertEqual([row["transactions"] for row in busiest], [7, 6, 5])
        self.assertEqual(self.clients(state="idle")["total"], 7)
        self.assertEqual(self.clients(vhost="no & such=vhost")["total"], 0)
        for client in open_ones:
            client.sock.close()

    def test_page_is_asked_for_one_slash_further(self):
        if self.mount:
            reply = self.get("")
            self.assertEqual((reply.status, reply.headers["location"]), (301, self.mount.rsplit("/", 1)[1] + "/"))
        page = self.get("/")
        self.assertEqual((page.status, page.headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertNotIn("location", page.headers)

    def test_what_makes_no_sense_is_400_and_one_line(self):
        for query in ("class=visitor", "state=asleep", "sort=size", "limit=0", "limit=1001", "limit=-1", "limit=+5", "limit=1e2",
                      "offset=-1", "offset=99999999999999999999", "colour=red", "class=client&class=client",
                      "class=client%26state=idle", "class=client%ff", "%3d=1"):
            reply = self.get("/api/connections?" + query)
            self.assertEqual(reply.status, 400, f"{query}: {reply}")
            self.assertEqual(reply.text.count("\n"), 1, reply)
            self.assertEqual(reply.headers["content-type"], "text/plain; charset=utf-8")
        for query in ("class=%63lient&vhost=&state=&sort=age&offset=0&limit=1000", "limit", "&&vhost=a%26b%3d", ""):
            self.assertEqual(self.get("/api/connections?" + query).status, 200, query)
        self.assertEqual(self.get("/api/findings?all=1").status, 400)

    def test_what_is_not_there_is_404(self):
        for path in ("/api/connections/1/1", "/api/connections/x/1", "/api/connections/4711", "/api/connections/1/2/3", "/api",
                     "/api/nothing", "/nothing", "/api/connections/99999999999999999999/1", "/api/connections/+1/1"):
            reply = self.get(path)
            self.assertEqual((reply.status, reply.text.count("\n")), (404, 1), f"{path}: {reply}")

    def test_no_path_leads_out(self):
        for path in ("/../../../../etc/passwd", "/assets/../../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                     "/assets/..%5c..%5cetc%5cpasswd", "/.", "//etc/passwd"):
            reply = self.get(path)
            if reply is not None:  # libwebsockets may close instead
                self.assertNotIn(b"root:", reply.body, path)

    def test_methods_and_sizes(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            reply = self.get("/api/connections", method=method, headers=["Content-Length: 7"], body="1234567")
            if reply is not None:
                self.assertIn(reply.status, (404, 405), f"{method}: {reply}")
        head = self.get("/api/findings", method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertGreater(int(head.headers["content-length"]), 100)
        self.assertEqual(self.get("/api/connections?vhost=" + "v" * 1100).status, 414)
        oversize = workload.connect(self.at)
        oversize.sendall(request(self.at, self.mount + "/healthz", headers=["X-Large: " + "x" * 65536]))
        try:
            reply = read_reply(oversize)
            self.assertTrue(reply is None or reply.status >= 400, reply)
        except ConnectionResetError:
            pass
        self.assertEqual(self.get("/healthz").text, "ok\n")

    def test_malformed_requests_hurt_nobody(self):
        for bytes_sent in (b"\x16\x03\x01\x02\x00\x01", b"A" * 9000, b"GET\r\n\r\n", b"GET /%zz HTTP/1.1\r\n\r\n", b"\0" * 101,
                           b"GET " + self.mount.encode() + b"/api/live HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"):
            sock = workload.connect(self.at)
            sock.sendall(bytes_sent)
            sock.close()
        self.assertEqual(self.get("/healthz").text, "ok\n")

    def test_metrics_are_negotiated(self):
        plain = self.get("/metrics")
        self.assertEqual(plain.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        scraper = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4," \
                  "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        better = self.get("/metrics", headers=["Accept: " + scraper])
        self.assertEqual(better.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertTrue(better.text.endswith("# EOF\n"))

    def test_every_answer_has_the_security_headers(self):
        for path in ("/", "/metrics", "/api/report", "/nothing", "/healthz"):
            reply = self.get(path)
            self.assertIn("default-src 'none'; script-src 'self'", reply.headers["content-security-policy"])
            self.assertEqual(reply.headers["x-content-type-options"], "nosniff")
            self.assertEqual(reply.headers["cache-control"], "no-store")
            self.assertNotIn("access-control-allow-origin", reply.headers)

    def test_root_is_the_page_or_says_that_there_is_none(self):
        root = self.get("/", headers=["Accept-Encoding: gzip"])
        if root.headers["content-type"].startswith("text/html"):
            self.assertIn(b"<!doctype html>", root.body.lower())
        else:
            self.assertIn("this build has none", root.text)

    def test_findings_of_a_healthy_server_are_none(self):
        workload.keep_alive(self.app, "/", 5, 1)
        self.settled(1 + self.knocks, state="closed")
        answer = self.get("/api/findings").json
        self.assertEqual((answer["schema"], answer["verdict"], answer["findings"]), ("wsitrace.findings/1", "clean", []), answer)

    def test_live_tells_each_change(self):
        self.settled(self.knocks, state="closed")
        live = self.live()
        self.assertIsNone(live.refusal, live.refusal)
        self.assertEqual(live.protocol, "wsitrace")
        hello = live.message()
        self.assertEqual((hello["type"], hello["schema"], hello["more"]), ("hello", "wsitrace.live/1", 0))
        rows = Rows().hear(hello)
        before = {key for key, row in rows.rows.items() if row["vhost"] == self.vhost and row["class"] == "client"}
        client = workload.Http1(self.app)
        client.get("/")

        def new(state):
            def look(message):
                rows.hear(message)
                fresh = [row for key, row in rows.rows.items()
                         if key not in before and row["vhost"] == self.vhost and row["class"] == "client"]
                return fresh if [row["state"] for row in fresh] == [state] else None
            return look
        [row] = live.until(new("idle"))
        self.assertEqual((row["transactions"], row["path"], row["closed_ns"]), (1, "/", None))
        client.sock.close()
        [row] = live.until(new("closed"))
        self.assertEqual(row["reason"], "peer_closed")
        self.assertEqual(rows.hellos, 1)
        beat = live.until(lambda message: message if not message["rows"] else None)
        self.assertEqual((beat["type"], beat["gone"]), ("changes", []))
        live.close()

    def test_live_ignores_messages_and_closes_on_large_ones(self):
        self.get("/healthz")
        live = self.live()
        live.send(b"hello" * 7)
        live.message()
        live.send(b"x" * 1025)
        self.assertEqual(live.close_code(), 1009)

    def test_live_is_not_compressed(self):
        self.get("/healthz")
        live = self.live(headers=["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])
        self.assertNotIn("sec-websocket-extensions", live.headers)
        self.assertEqual(live.message()["type"], "hello")

    def test_live_is_for_pages_of_this_site(self):
        self.get("/healthz")
        own = f"Origin: http://{self.at[0]}:{self.at[1]}"
        self.assertIsNone(self.live(headers=[own]).refusal)
        for origin in ("http://evil.example", f"http://{self.at[0]}", "null"):
            refusal = self.live(headers=["Origin: " + origin]).refusal
            self.assertEqual(refusal.status, 403, origin)

    def test_client_that_never_reads_holds_nobody(self):
        self.get("/healthz")
        stuck = self.live(receive_buffer=4096)
        readers = [self.live() for _ in range(3)]
        workload.keep_alive(self.app, "/", 101, 101)
        for reader in readers:
            rows = Rows()
            reader.until(lambda message, rows=rows: len([r for r in rows.hear(message).rows.values()
                                                         if r["class"] == "client" and r["vhost"] == self.vhost and
                                                         r["state"] == "closed"]) >= 101)
        self.assertEqual(self.get("/healthz").text, "ok\n")
        stuck.close()

    def test_fifty_three_scrapers_at_once_are_all_served(self):
        workload.keep_alive(self.app, "/", 23, 23)
        scrapers = [workload.connect(self.at) for _ in range(53)]
        for number, sock in enumerate(scrapers):
            sock.sendall(request(self.at, self.mount + ("/metrics", "/api/connections", "/api/report")[number % 3]))
        self.assertEqual(workload.fetch(self.app, "/")[0], 200)
        for sock in scrapers:
            self.assertEqual(read_reply(sock).status, 200)
            sock.close()

    def test_slow_reader_gets_everything_and_holds_nobody(self):
        workload.keep_alive(self.app, "/", 307, 307)
        self.settled(307 + self.knocks, state="closed")
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(workload.TIMEOUT_S)
        slow.connect(self.at)
        slow.sendall(request(self.at, self.mount + "/api/report"))
        for _ in range(11):
            self.assertEqual(self.get("/healthz").text, "ok\n")
        self.assertGreater(len(read_reply(slow).json["connections"]), 307)


class OfRun(Endpoints, RunServe):
    pass


class OfLwsws416(Endpoints, LwswsServe):
    LWS = "4.1.6"


class OfLwsws435(Endpoints, LwswsServe):
    LWS = "4.3.5"


class Many(RunServe):
    CONNECTIONS = 10_007

    def test_ten_thousand_connections_are_paged_and_followed(self):
        self.begin()
        sockets = [workload.connect(self.app) for _ in range(self.CONNECTIONS)]
        self.addCleanup(lambda: [sock.close() for sock in sockets])
        self.settled(self.CONNECTIONS)
        seen = []
        for offset in range(0, self.CONNECTIONS, 1000):
            page = self.clients(offset=offset, limit=1000)
            self.assertEqual(page["total"], self.CONNECTIONS)
            seen += [row["key"] for row in page["connections"]]
        self.assertEqual((len(seen), len(set(seen))), (self.CONNECTIONS, self.CONNECTIONS))
        live = self.live()
        hello = live.message()
        self.assertEqual((len(hello["rows"]), hello["more"]), (2000, self.CONNECTIONS + 1 - 2000))  # and the listener
        for sock in sockets[:3001]:
            sock.close()
        closed = set()

        def all_told(message):
            self.assertLessEqual(len(message["rows"]), 1000)
            fresh = {row["key"] for row in message["rows"] if row["state"] == "closed"}
            self.assertFalse(fresh & closed, "a row was told twice")
            closed.update(fresh)
            return len(closed) == 3001
        live.until(all_told)


if __name__ == "__main__":
    unittest.main()
