# SPDX-License-Identifier: MIT
"""The page of an agent: connections of several programs, and of several processes of one, are never mixed up."""

import collections
import json
import os
import shutil
import unittest

import harness
from agents import Agent, AgentScenario, Host
from browser import Page

LEAKY = os.path.join(harness.BUILD, "tests", "corpus", "lws-4.3.5", "corpus_server")

FAULT = '.diagnosis[data-severity="fault"]'


class OfAgent(AgentScenario, Page):
    def observe(self):
        """An agent, its page at self.url."""
        agent = Agent(self)
        self.served = agent.address
        self.url = "http://{}:{}/".format(*agent.address)
        return agent

    def test_rows_tell_their_process(self):
        agent = self.observe()
        hosts = [Host(self, agent, name) for name in ("alpha", "beta", "alpha")]
        for number, host in enumerate(hosts):
            host.requests(7, 2)
            host.hold(number + 1)
        accepted = sum(host.did["opened"] for host in hosts)
        agent.await_total(accepted, "lws_connections_opened_total", origin="accepted")
        with self.browser() as browser:
            browser.choose('select[aria-label="Class"]', "client")
            browser.wait(f"document.querySelector('.shown').textContent.startsWith('{accepted} of')")
            told = collections.Counter((row["program"], row["id"]) for row in browser.rows())
            rows = json.loads(agent.get("/api/connections?class=client"))["connections"]
            self.assertEqual(told, collections.Counter((f"{row['program']} {row['pid']}", str(row["id"])) for row in rows))
            self.assertEqual(collections.Counter(row["pid"] for row in rows),
                             {host.program.pid: host.did["opened"] for host in hosts})
            for host in hosts:
                browser.press("/")
                browser.type(f"{host.program.pid}/")
                browser.wait(f"document.querySelector('.shown').textContent.startsWith('{host.did['opened']} of')")
                browser.press("Escape")
        for host in hosts:
            host.end(crash=False)

    def test_findings_lead_to_the_connection_of_their_process(self):
        agent = self.observe()
        leaky = [self.start([LEAKY, "never_answers"], env=agent.environment()) for _ in range(3)]
        for program in leaky:
            self.assertEqual(program.wait().status, 0)
        found = harness.until(lambda: len(found := json.loads(agent.get("/api/findings"))["findings"]) == len(leaky) and found,
                              "the findings")
        self.assertEqual({finding["pid"] for finding in found}, {program.pid for program in leaky})
        self.assertEqual(len({finding["connection"] for finding in found}), 1, "the same id in each process")
        with self.browser() as browser:
            browser.wait(f"document.querySelector('.badge').textContent.startsWith('{len(leaky)} faults')")
            browser.click(".badge")
            browser.wait(f"document.querySelectorAll('{FAULT}').length === {len(leaky)}")
            for finding in found:
                browser.evaluate(f"""[...document.querySelectorAll('{FAULT}')]
                  .find((one) => one.querySelector('.where').textContent.includes('{finding['pid']}')).querySelector('button').click()""")
                browser.wait(f"document.querySelector('.row[aria-selected=true]')?.dataset.key === '{finding['pid']}/{finding['connection']}'")
                browser.press("Escape")
                browser.click(".badge")

    def test_names_of_programs_can_be_read_however_long(self):
        agent = self.observe()
        names = ["shopd-checkout-worker-for-card-payments", "shopd"]
        for name in names:
            shutil.copy(harness.host_path("http_host"), self.path("bin", name))
        hosts = [Host(self, agent, name) for name in names]
        for host in hosts:
            host.requests(7, 2)
        agent.await_total(4, "lws_connections_opened_total", origin="accepted")
        for width in (1440, 900, 390):
            with self.browser(width=width) as browser:
                browser.choose('select[aria-label="Class"]', "client")
                browser.wait("document.querySelectorAll('.row[data-key]').length === 4")
                for host in hosts:
                    row = f".row[data-key^='{host.program.pid}/'] "
                    self.assertEqual(browser.evaluate(f'document.querySelector("{row}.c-program").title'), f"{host.name} {host.program.pid}")
                    for part in ("c-id", "c-program .tail"):  # which of several, and which connection, is never cut
                        self.assertTrue(browser.shown(f"{row}.{part}"), (width, part))
                        self.assertFalse(browser.evaluate(f'(({{ scrollWidth, clientWidth }}) => scrollWidth > clientWidth)'
                                                          f'(document.querySelector("{row}.{part}"))'), (width, part))
                self.assertIn(hosts[0].name, browser.evaluate("document.querySelector('.processes').title"))
                self.assertGreater(browser.evaluate("document.querySelector('.row[data-key] .c-program .start').clientWidth"), 20)
        for host in hosts:
            host.end(crash=False)

    def test_a_program_that_was_killed_is_named_where_nothing_can_be_promised(self):
        agent = self.observe()
        alpha, beta = Host(self, agent, "alpha"), Host(self, agent, "beta")
        alpha.requests(7, 2)
        with self.browser() as browser:
            browser.wait("document.querySelector('.badge').textContent === 'Nothing went wrong so far'")
            alpha.end(crash=True)
            browser.wait("document.querySelector('.badge').dataset.verdict === 'inconclusive'")
            [doubt] = json.loads(agent.get("/api/findings"))["doubtful"]
            self.assertEqual((doubt["program"], doubt["pid"]), ("alpha", alpha.program.pid))
            why = f"alpha {alpha.program.pid}: {doubt['doubt']}"
            self.assertEqual(browser.text(".badge"), f"Inconclusive: {why}")
            self.assertEqual(browser.evaluate("document.querySelector('.badge').title"), why)
            browser.click(".badge")
            self.assertEqual(browser.evaluate("[...document.querySelectorAll('.doubts li')].map((doubt) => doubt.textContent)"), [why])
        beta.end(crash=False)


if __name__ == "__main__":
    unittest.main()
