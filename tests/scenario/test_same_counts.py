# SPDX-License-Identifier: MIT
"""One truth: every surface counts the same connections, streams, listeners and transactions, and the same diagnoses of each severity, of
a program that has faults, troubles and notes."""

import contextlib
import json
import re
import unittest

import certificates
import harness
import http2
import test_known_workload
import workload
from agents import Agent, AgentScenario, Host
from browser import Page
from live_client import LiveSocket
from servers import Lwsws
from terminal import Terminal
from test_served_diagnosis import refuse

KEPT_ALIVE, STREAMS, MISSING, UNANSWERED, REFUSED = 7, 5, 2, 3, 11
TIMEOUT_S = 7  # of the handler; a handshake on a busy machine takes less
CONNECTIONS = 1 + 1 + MISSING + UNANSWERED + REFUSED
TRANSACTIONS = KEPT_ALIVE + STREAMS + MISSING + UNANSWERED
NAMES = ("connections", "listeners", "streams", "transactions")
SEVERITIES = ("fault", "trouble", "note")
WORDS = {"fault": r"(\d+) faults?", "trouble": r"(\d+) kinds? of trouble", "note": r"(\d+) notes?"}


def number(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return int(found.group(1)) if found else 0


def severities(text):
    """The counts of a line such as "1 fault, 2 kinds of trouble, 3 notes"."""
    return {severity: number(rf"\b{pattern}", text) for severity, pattern in WORDS.items()}


def things_of_report(report):
    sorts = [c["origin"] if c["class"] == "client" else c["class"] for c in report["connections"]]
    return {"connections": sum(sort in ("accepted", "adopted", "outbound") for sort in sorts), "listeners": sorts.count("listener"),
            "streams": sorts.count("stream"), "transactions": report["totals"]["transactions"]}


def things_of_text(text):
    """Of the last lines of `report`, and of the head of `top`."""
    return {"connections": number(r"^(\d+) connections?:", text), "listeners": number(r"\b(\d+) listeners?\b", text),
            "streams": number(r"\b(\d+) streams?\b", text), "transactions": number(r"\b(\d+) transactions?\b", text)}


def things_of_explain(text):
    def all_of(pattern):
        return sum(int(found) for found in re.findall(pattern, text, re.MULTILINE))
    return {"connections": all_of(r"^  (\d+) (?:accepted|adopted|outbound) connections?:"), "listeners": all_of(r"^  (\d+) listeners?:"),
            "streams": all_of(r"^  (\d+) HTTP/2 streams?:"), "transactions": all_of(r"^  (\d+) transactions?:")}


def things_of_metrics(metrics):
    def opened(**labels):
        return int(test_known_workload.total(metrics, "lws_connections_opened_total", **labels))
    return {"connections": sum(opened(**{"class": "client", "origin": origin}) for origin in ("accepted", "adopted", "outbound")),
            "listeners": opened(**{"class": "listener"}), "streams": opened(origin="stream"),
            "transactions": int(test_known_workload.total(metrics, "lws_transactions_total"))}


def severities_of_metrics(metrics):
    """None: they have not been computed yet."""
    if not any(name == "lws_diagnoses" for name, _ in metrics):
        return None
    return {severity: int(test_known_workload.total(metrics, "lws_diagnoses", severity=severity)) for severity in SEVERITIES}


class SameCounts(Page):
    def trouble(self, address):
        """One kept-alive connection and one of HTTP/2 without complaint, pages that are not there, requests that are never answered, and
        clients that speak no TLS."""
        http = workload.Http1(address, tls=True)
        for _ in range(KEPT_ALIVE):
            http.get("/index.html")
        http.finish()
        h2 = http2.Http2(workload.secure(workload.connect(address), alpn=["h2"]))
        for nth in range(STREAMS):
            h2.get(1 + 2 * nth, "/index.html")
        h2.finish()
        for _ in range(MISSING):
            fetched = workload.Http1(address, tls=True)
            fetched.get("/nowhere.html")
            fetched.finish()
        waiting = [workload.Http1(address, tls=True) for _ in range(UNANSWERED)]
        for http in waiting:
            http.send("/dyn/never")
        for http in waiting:
            while http.sock.recv(4096):  # lws gives up after TIMEOUT_S
                pass
            http.sock.close()
        for _ in range(REFUSED):
            plain = workload.connect(address)
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                while plain.recv(4096):
                    pass
            plain.close()

    def serve_trouble(self):
        made = certificates.made()
        self.served = ("127.0.0.1", harness.free_port())
        self.url = "http://{}:{}/".format(*self.served)
        program = self.traced(self.host("table_host", "--tls", *made.server, "--timeout", TIMEOUT_S, lws="4.3.5"), "--serve", "{}:{}".format(*self.served))
        self.trouble(program.address("app port"))
        self.settled(CONNECTIONS + STREAMS)
        return program

    def cli(self, *arguments):
        return self.wsitrace(*arguments).out

    def said_of_trace(self):
        """What the commands say of the trace: things and severities by surface."""
        trace = self.path("out.wsitrace")
        explained, report = self.cli("explain", trace), self.cli("report", trace)
        checked = json.loads(self.cli("check", trace, "--settle", "0", "--format", "json"))
        top = self.cli("top", trace)
        things = {"report": things_of_text(report), "report --format json": things_of_report(self.report().report),
                  "explain": things_of_explain(explained), "top": things_of_text(top)}
        self.assertEqual(checked["connections"], CONNECTIONS)
        self.assertEqual(self.report().totals["findings"], checked["totals"]["fault"])
        counts = {"explain": severities(explained.split("\n\n")[1]), "top": severities(top.splitlines()[2]),
                  "explain --format json": json.loads(self.cli("explain", trace, "--format", "json"))["totals"],
                  "check --format json": checked["totals"]}
        return things, counts

    def assert_agree(self, things, counts):
        # A listener to which nobody comes is seen when it ends.
        wanted = {"connections": CONNECTIONS, "listeners": things["report"]["listeners"], "streams": STREAMS, "transactions": TRANSACTIONS}
        self.assertGreater(wanted["listeners"], 0)
        self.assertEqual(things, dict.fromkeys(things, wanted))
        [first, *others] = counts.items()
        for other in others:
            self.assertEqual(other[1], first[1], (first, other))
        self.assertEqual([first[1][severity] > 0 for severity in SEVERITIES], [True] * 3, "one of each at least")

    def test_commands_api_metrics_page_and_top_count_alike(self):
        program = self.serve_trouble()
        things, counts = self.said_of_trace()
        things["api/report"] = things_of_report(self.api("/api/report"))
        counts["api/diagnosis"] = self.api("/api/diagnosis")["totals"]

        def scraped():
            metrics = test_known_workload.metrics_of(self.fetch("/metrics")[1].decode())
            return metrics if severities_of_metrics(metrics) == counts["explain"] else None
        metrics = harness.until(scraped, "the metrics to know what explain knows")
        things["metrics"] = things_of_metrics(metrics)
        self.assertEqual(test_known_workload.total(metrics, "lws_findings"), counts["explain"]["fault"])
        self.assertEqual(test_known_workload.total(metrics, "wsitrace_traces_not_diagnosed"), 0)
        live = LiveSocket(self.served, "/api/live")
        self.addCleanup(live.close)
        totals = live.message()["totals"]
        things["api/live"] = {name: totals[name] for name in NAMES}
        self.assertEqual((totals["connections_open"], totals["findings"]), (0, counts["explain"]["fault"]))
        with self.browser() as browser:
            browser.wait("document.querySelector('.badge').dataset.verdict === 'findings'")
            counts["badge"] = severities(browser.text(".badge"))
            browser.click(".badge")
            shown = browser.evaluate("[...document.querySelectorAll('.diagnosis .severity')].map((one) => one.textContent)")
            counts["page"] = {severity: shown.count(severity) for severity in SEVERITIES}
            things["page"] = {**things_of_text(browser.text(".totals")), "connections": number(r"^(\d+) connections?", browser.text(".totals"))}
            self.assertFalse(browser.shown(".finding"), "each fault is told once")
        self.assert_agree(things, counts)
        program.stop()
        self.assert_agree(*self.said_of_trace())
        self.assertRegex(self.cli("check", self.path("out.wsitrace")),
                         rf"(?m)^\d+ findings?: {CONNECTIONS} connections, 0 events lost; \d+ kinds? of trouble, \d+ notes?$")


class NoGoodNews(Page, AgentScenario):
    """Where nobody has looked for trouble, nothing says that there is none. On a machine that is very busy there is more than what is
    made here, so that counts are those of `explain`."""

    def explained(self, trace="out.wsitrace"):
        result = self.wsitrace("explain", self.path(trace), "--format", "json")
        return json.loads(result.out) if result.status == 0 else None

    def explained_trouble(self):
        """The counts, once there is trouble."""
        return harness.until(lambda: (now := self.explained()) and now["totals"]["trouble"] > 0 and now["totals"], "the trouble")

    def assert_badge(self, browser, look, verdict):
        """The badge says what LOOK() says."""
        def agree():
            said = look()
            return said if severities(browser.text(".badge")) == said else None
        harness.until(agree, "the badge to say what explain says")
        self.assertEqual(browser.evaluate("document.querySelector('.badge').dataset.verdict"), verdict)

    def assert_undiagnosed(self, browser):
        browser.wait("document.querySelector('.badge').textContent === 'No diagnosis'")
        self.assertEqual(browser.evaluate("document.querySelector('.badge').dataset.verdict"), "unknown")

    def test_trouble_is_on_the_badge_though_no_leak_was_found(self):
        program = self.serve()
        refuse(program.address(), 3)
        self.explained_trouble()
        with self.browser() as browser:
            self.assert_badge(browser, lambda: self.explained()["totals"], "trouble")
            self.assertEqual(self.api("/api/findings")["findings"], [])

    def test_plugin_without_a_trace_has_findings_only_and_says_so(self):
        server = Lwsws(self, "4.3.5")
        refuse(server.app, 3)
        with self.browser("http://{}:{}/wsitrace/".format(*server.observer)) as browser:
            self.assert_undiagnosed(browser)
            browser.click(".badge")
            browser.wait("document.querySelector('.diagnoses .none')?.textContent.includes('plugin\\'s option trace')")
            self.assertIn("only leaks and faults are looked for there, and none was found so far", browser.text(".so-far"))

        def metrics():
            got = test_known_workload.metrics_of(server.get("/metrics"))
            return got if test_known_workload.total(got, "wsitrace_traces_not_diagnosed") == 1 else None
        self.assertIsNone(severities_of_metrics(harness.until(metrics, "the metrics to say that nothing is diagnosed")))

    def test_plugin_with_a_trace_shows_what_explain_says(self):
        server = Lwsws(self, "4.3.5", pvo={"trace": self.path("out.wsitrace")})
        refuse(server.app, 3)
        self.explained_trouble()

        def metrics():
            return severities_of_metrics(test_known_workload.metrics_of(server.get("/metrics"))) == self.explained()["totals"]
        harness.until(metrics, "the same in the metrics")
        with self.browser("http://{}:{}/wsitrace/".format(*server.observer)) as browser:
            self.assert_badge(browser, lambda: self.explained()["totals"], "trouble")

    def test_forked_processes_are_counted_too(self):
        host = " ".join(self.host())
        program = self.serve("sh", "-c", f"{host} & exec {host}")
        for nth in range(2):
            refuse(program.address(nth=nth), 3)

        def explained():
            documents = [self.explained(name) for name in self.traces()]
            return {severity: sum(one["totals"][severity] for one in documents) for severity in SEVERITIES}
        harness.until(lambda: explained()["trouble"] >= 2, "the trouble of both")

        def metrics():
            return severities_of_metrics(test_known_workload.metrics_of(self.fetch("/metrics")[1].decode())) == explained()
        harness.until(metrics, "the same in the metrics")
        with self.browser() as browser:
            self.assert_badge(browser, explained, "trouble")

    def test_agent_counts_by_program(self):
        agent = Agent(self)
        hosts = {3: Host(self, agent, "alpha"), 0: Host(self, agent, "beta")}
        refuse(hosts[3].address, 3)

        def explained():
            documents = [document for trace in agent.trace_files() if (document := self.explained(trace))]
            return {document["process"]["program"]: document["totals"] for document in documents}
        harness.until(lambda: len(now := explained()) == 2 and now["alpha"]["trouble"] > 0, "the trouble of alpha")

        def metrics():
            values = test_known_workload.metrics_of(agent.get("/metrics"))
            return {program: {severity: int(test_known_workload.total(values, "lws_diagnoses", program=program, severity=severity))
                              for severity in SEVERITIES} for program in hosts_named} == explained()
        hosts_named = ("alpha", "beta")
        harness.until(metrics, "the same in the metrics")
        with self.browser("http://{}:{}/".format(*agent.address)) as browser:
            self.assert_badge(browser, lambda: {severity: sum(of[severity] for of in explained().values()) for severity in SEVERITIES},
                              "trouble")

    def test_agent_without_traces_says_that_nothing_is_diagnosed(self):
        agent = Agent(self, traces=False)
        host = Host(self, agent, "alpha")
        refuse(host.address, 3)
        with self.browser("http://{}:{}/".format(*agent.address)) as browser:
            self.assert_undiagnosed(browser)

    def test_top_names_the_worst_in_its_head(self):
        program = self.traced(self.host())
        refuse(program.address(), 3)
        top = Terminal(self, [harness.WSITRACE, "top", self.path("out.wsitrace")], lines=24, columns=200)
        top.until(lambda lines: re.match(r"\d+ kinds? of trouble.*; worst: .*\(\w+\)$", lines[2]), "the trouble")


if __name__ == "__main__":
    unittest.main()
