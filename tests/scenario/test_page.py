# SPDX-License-Identifier: MIT
"""The page in a real browser, on real servers: rows and bars are what the report says, exactly."""

import collections
import subprocess

import harness
import test_known_workload
import workload
from browser import Page
from live_client import LiveSocket


# Whether each chart has a line in it, which is no grey like the grid and the letters.
DRAWN = """[...document.querySelectorAll(".chart canvas")].map((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, solid] = data.subarray(at, at + 4);
    if (solid > 200 && Math.max(red, green, blue) - Math.min(red, green, blue) > 80) return true;
  }
  return false;
})"""


def words(name):
    return name.replace("_", " ")


def last(entries, name):
    return entries[-1][name] if entries else None


def expected_row(connection, pid, program="http_host"):
    """What the table says of a connection of the report; its age is left out."""
    close = connection["close"]
    by = f", by {close['by']}" if close and close["by"] != "unknown" else ""
    role = None if connection["class"] == "listener" else connection["role"]
    return {"key": f"{pid}/{connection['id']}", "state": connection["state"], "id": str(connection["id"]),
            "program": f"{program} {pid}",
            "class": " ".join(filter(None, [connection["class"], role])), "vhost": connection["vhost"] or "–",
            "protocol": last(connection["bindings"], "protocol") or last(connection["transactions"], "protocol") or "–",
            "peer": connection["peer"] or "–",
            "path": last(connection["transactions"], "path") or "–",
            "transactions": str(connection["transactions_total"]), "reason": words(close["reason"]) + by if close else ""}


def expected_phases(transaction):
    """(phase, from, to) of a transaction by SCHEMA.md's words, in order."""
    times = [transaction[name] for name in ("requested_ns", "handled_ns", "responded_ns", "completed_ns")]
    requested, handled, responded, completed = times
    if handled is None:
        first = [("handler", requested, completed)] if responded is None else [("waiting", requested, responded)]
    else:
        first = [("waiting", requested, handled), ("handler", handled, completed if responded is None else responded)]
    return first + ([] if responded is None else [("response", responded, completed)])


class Rows(Page):
    def test_rows_are_those_of_the_report_open_ones_first_oldest_first(self):
        program = self.serve()
        trace = self.settled_mixture(program.address())
        pid = trace.process["pid"]
        with self.browser() as browser:
            browser.choose('select[aria-label="Class"]', "")
            browser.wait(f"document.querySelector('.shown').textContent.startsWith('{len(trace.connections)} of')")
            rows = browser.rows()
            for row in rows:
                del row["age"]
            by_id = {int(row["id"]): row for row in rows}
            self.assertEqual(sorted(by_id), sorted(c["id"] for c in trace.connections))
            self.assertEqual(len(rows), len(by_id))
            for connection in trace.connections:
                self.assertEqual(by_id[connection["id"]], expected_row(connection, pid))
            states = [row["state"] == "closed" for row in rows]
            self.assertEqual(states, sorted(states))
            known = {f"{pid}/{c['id']}": c for c in trace.connections}
            opened = [known[row["key"]]["opened_ns"] for row in rows if row["state"] != "closed"]
            aged = [time_ns for time_ns in opened if time_ns is not None]
            self.assertEqual(aged, sorted(aged))
            self.assertEqual(opened[len(aged):], [None] * (len(opened) - len(aged)))
            connections = [c for c in trace.of_class("client") if c["origin"] != "stream"]
            still_open = sum(c["state"] != "closed" for c in connections)
            self.assertTrue(browser.text(".totals").startswith(f"{len(connections)} connections · {still_open} open · 1 listener · "))

    def test_filters_leave_what_the_report_has_of_it(self):
        program = self.serve()
        trace = self.settled_mixture(program.address())
        clients = trace.of_class("client")
        with self.browser() as browser:
            def shown():
                return {int(row["key"].partition("/")[2]) for row in browser.rows()}
            browser.choose('select[aria-label="Class"]', "client")
            self.assertEqual(shown(), {c["id"] for c in clients})
            browser.choose('select[aria-label="State"]', "upgraded")
            self.assertEqual(shown(), {c["id"] for c in clients if c["state"] == "upgraded"})
            browser.choose('select[aria-label="State"]', "open")
            self.assertEqual(shown(), {c["id"] for c in clients if c["state"] != "closed"})
            browser.choose('select[aria-label="State"]', "")
            browser.choose('select[aria-label="Vhost"]', "app")
            self.assertEqual(shown(), {c["id"] for c in clients if c["vhost"] == "app"})
            browser.press("/")
            browser.type("PEER_WS")
            of_peers = {c["id"] for c in clients if c["close"] and c["close"]["reason"] == "peer_ws_close"}
            self.assertEqual(shown(), of_peers)
            for displayed in ("Peer ws close", "peer ws close, by peer"):
                browser.press("Escape")
                browser.press("/")
                browser.type(displayed)
                self.assertEqual(shown(), of_peers, displayed)

    def test_changes_come_by_themselves(self):
        program = self.serve()
        with self.browser() as browser:
            http = workload.Http1(program.address())
            http.get("/dyn")
            browser.wait("document.querySelector('.row[data-state=idle] .c-path')?.textContent === '/dyn'")
            http.finish()
            browser.wait("document.querySelector('.row[data-state=closed] .c-reason')?.textContent === 'peer closed, by peer'")


    def test_rates_are_drawn(self):
        program = self.serve()
        with self.browser(allowed=["willReadFrequently"]) as browser:  # of the reading below
            load = workload.Load(program.address(), "/dyn")
            self.addCleanup(load.stop)
            browser.wait("[...document.querySelectorAll('.chart b')].every((rate) => parseInt(rate.textContent) > 0)")
            browser.wait(f"{DRAWN}.join() === 'true,true,true'")


class Waterfall(Page):
    def assert_geometry(self, lanes):
        """Bars lie where their times are, on one axis that begins and ends with the first lane."""
        begin = min(bar["from"] for lane in lanes for bar in lane["bars"])
        end = max(bar["to"] for lane in lanes for bar in lane["bars"])
        for bar in (bar for lane in lanes for bar in lane["bars"]):
            self.assertAlmostEqual(bar["left"], (bar["from"] - begin) / (end - begin), delta=0.004)
            self.assertAlmostEqual(bar["width"], (bar["to"] - bar["from"]) / (end - begin), delta=0.004)

    def test_bars_of_a_closed_connection_are_the_report_s(self):
        program = self.serve()
        workload.keep_alive(program.address(), "/dyn", 7, 1)
        workload.websockets(program.address(), 1, 3)
        trace = self.settled(2)
        with self.browser() as browser:
            for connection in trace.of_class("client"):
                key = f"{trace.process['pid']}/{connection['id']}"
                browser.open_row(key)
                browser.wait(f"document.querySelector('.lane-name').textContent === 'connection {connection['id']}'")
                self.check(browser, connection)

    def check(self, browser, connection):
        self.assertEqual(self.api(f"/api/connections/{self.pid()}/{connection['id']}"), connection)
        lanes = browser.lanes()
        self.assert_geometry(lanes)
        of = {kind: [lane for lane in lanes if lane["kind"] == kind] for kind in
              ("connection", "binding", "transaction", "session", "stream")}
        [life] = of["connection"]
        self.assertEqual([(b["from"], b["to"]) for b in life["bars"] if b["phase"] == "life"],
                         [(connection["opened_ns"], connection["closed_ns"])])
        self.assertTrue(life["closed"])
        self.assertEqual([[(b["phase"], b["from"], b["to"]) for b in lane["bars"]] for lane in of["transaction"]],
                         [expected_phases(t) for t in connection["transactions"]])
        self.assertEqual([lane["name"] for lane in of["transaction"]],
                         [f"{t['method']} {t['path']}" for t in connection["transactions"]])
        session = connection["session"]
        self.assertEqual([(b["from"], b["to"]) for lane in of["session"] for b in lane["bars"]],
                         [(session["established_ns"], session["closed_ns"])] if session else [])
        self.assert_bindings(of["binding"], connection["bindings"])
        close = connection["close"]
        text = browser.text(".close-cause")
        self.assertTrue(text.startswith(f"Closed: {words(close['reason'])}"), text)
        self.assertIn(f"by {close['by']}", text)
        self.assertIn(f"evidence: {words(close['evidence'])}", text)

    def pid(self):
        return self.api("/api/report")["process"]["pid"]

    def assert_bindings(self, lanes, bindings):
        """Each protocol has a lane. Bars too thin to be told apart may be drawn as one."""
        self.assertEqual([lane["name"] for lane in lanes], list(dict.fromkeys(f"bound to {b['protocol']}" for b in bindings)))
        known = {(f"bound to {b['protocol']}", b["bound_ns"], b["dropped_ns"]) for b in bindings}
        drawn = {(lane["name"], bar["from"], bar["to"]) for lane in lanes for bar in lane["bars"]}
        self.assertLessEqual(drawn, known)
        times = collections.Counter(f"bound to {b['protocol']}" for b in bindings)
        self.assertEqual({lane["name"]: lane["note"] for lane in lanes if times[lane["name"]] > 1},
                         {name: f"{n} times" for name, n in times.items() if n > 1})

    def test_streams_are_below_what_carries_them(self):
        certificate, key = self.path("cert.pem"), self.path("key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        program = self.serve(*self.host("http_host", "--tls", certificate, key))
        url = "https://{}:{}/dyn?[1-7]".format(*program.address())
        subprocess.run(["curl", "-sf", "--http2", "--insecure", "-o", self.path("answer.#1"), url], check=True)
        trace = self.settled(1 + 7)
        [carrier] = [c for c in trace.of_class("client") if c["origin"] == "accepted"]
        streams = [c for c in trace.of_class("client") if c["origin"] == "stream"]
        with self.browser() as browser:
            browser.open_row(f"{trace.process['pid']}/{carrier['id']}")
            browser.wait("document.querySelectorAll('.lane[data-kind=stream]').length === 7")
            lanes = browser.lanes()
            self.assert_geometry(lanes)
            [life] = [lane for lane in lanes if lane["kind"] == "connection"]
            handshake = [(b["from"], b["to"]) for b in life["bars"] if b["phase"] == "handshake"]
            self.assertEqual(handshake, [(carrier["opened_ns"], carrier["opened_ns"] + carrier["tls"]["handshake_ns"])])
            drawn = [lane for lane in lanes if lane["kind"] == "stream"]
            self.assertEqual([lane["name"] for lane in drawn], [f"{c['id']}: GET /dyn" for c in streams])
            self.assertEqual([[(b["from"], b["to"]) for b in lane["bars"] if b["phase"] == "life"] for lane in drawn],
                             [[(c["opened_ns"], c["closed_ns"])] for c in streams])

    def test_an_open_one_grows_and_closes_before_one_s_eyes(self):
        program = self.serve()
        session = workload.WebSocket(program.address())
        with self.browser() as browser:
            browser.wait("document.querySelector('.row[data-state=upgraded]') !== null")
            browser.open_row(browser.evaluate("document.querySelector('.row[data-state=upgraded]').dataset.key"))
            self.assertTrue(all(lane["bars"][0]["to"] is None for lane in browser.lanes() if lane["kind"] == "session"))
            session.close()
            browser.wait("document.querySelector('.close-cause').textContent.startsWith('Closed: peer ws close (code 1000), by peer')")
            self.assertTrue(all(bar["to"] is not None for lane in browser.lanes() for bar in lane["bars"]))

FAULT = '.diagnosis[data-severity="fault"]'


class Findings(Page):
    """Programs of the corpus that forget answers."""

    def serve_case(self, case, program="corpus_server", *options):
        """Its page, once it has ended and something was found."""
        leaky = f"{harness.BUILD}/tests/corpus/lws-4.3.5/{program}"
        self.served = ("127.0.0.1", harness.free_port())
        self.url = "http://{}:{}/".format(*self.served)
        traced = self.traced(["sh", "-c", f"{leaky} {case}; echo over 1; exec sleep 300"], "--serve", "{}:{}".format(*self.served), *options)
        traced.values("over")
        harness.until(lambda: self.fetch("/api/connections")[0] == 200 and self.api("/api/findings")["findings"], "a finding")
        return traced

    def test_findings_are_those_of_the_api_and_lead_to_their_connection(self):
        self.serve_case("never_answers")
        answer = self.api("/api/findings")
        [finding] = answer["findings"]
        with self.browser() as browser:
            browser.wait("document.querySelector('.badge').dataset.verdict === 'findings'")
            self.assertTrue(browser.text(".badge").startswith("1 fault"), browser.text(".badge"))
            browser.click(".badge")
            self.assertEqual(browser.text(f"{FAULT} .cause"), finding["kind"])
            shown = browser.text(FAULT)
            for part in (finding["message"], f"× {finding['count']}", finding["vhost"]):
                self.assertIn(part, shown)
            self.assertFalse(browser.shown(".finding"), "it is told once")
            browser.click(f"{FAULT} button")
            browser.wait("document.querySelectorAll('.lane').length > 0")
            self.assertEqual(browser.text(".lane-name"), f"connection {finding['connection']}")
            self.assertFalse(browser.shown(".findings"))
            self.assertTrue(browser.evaluate("document.querySelector('.row[aria-selected=true]') !== null"))

    def assert_counted_alike(self, traced, findings, affected):
        """Every surface says that there are so many FINDINGS; AFFECTED: the connections of all of them."""
        answer = self.api("/api/findings")["findings"]
        self.assertEqual((len(answer), sum(finding["count"] for finding in answer)), (findings, affected))
        self.assertEqual(self.api("/api/report")["totals"]["findings"], findings)
        self.assertEqual(test_known_workload.total(test_known_workload.metrics_of(self.fetch("/metrics")[1].decode()), "lws_findings"), findings)
        live = LiveSocket(self.served, "/api/live")
        self.addCleanup(live.close)
        self.assertEqual(live.message()["totals"]["findings"], findings)
        with self.browser() as browser:
            browser.wait(f"document.querySelector('.badge').textContent.startsWith('{findings} fault{'s' if findings > 1 else ''}')")
            browser.click(".badge")
            self.assertEqual(browser.evaluate(f"document.querySelectorAll('{FAULT}').length"), findings)
            told = browser.evaluate(f"[...document.querySelectorAll('{FAULT} .times')].map((times) => times.textContent)")
            self.assertEqual(sum(int(times.lstrip("× ")) for times in told), affected)
        traced.stop()
        traces = [name for name in self.traces() if "corpus" in name] or self.traces()
        said = [self.wsitrace("check", self.path(name)).out for name in traces]
        self.assertIn(f"{findings} finding{'s' if findings > 1 else ''}", "".join(said))

    def test_one_finding_about_seven_connections_is_one_on_every_surface(self):
        self.assert_counted_alike(self.serve_case("forgets_for_each_client"), 1, 7)

    def test_sessions_that_grow_are_one_finding_on_every_surface(self):
        self.assert_counted_alike(self.serve_case("sessions_grow", "corpus_ws"), 1, 12)
