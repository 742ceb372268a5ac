# SPDX-License-Identifier: MIT
"""The page of an agent: connections of several programs, and of several processes of one, are never mixed up."""

import collections
import json
import os
import unittest

import harness
from agents import Agent, AgentScenario, Host
from browser import Page

LEAKY = os.path.join(harness.BUILD, "tests", "corpus", "lws-4.3.5", "corpus_server")


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
            told = collections.Counter(tuple(row["id"].split()) for row in browser.rows())
            rows = json.loads(agent.get("/api/connections?class=client"))["connections"]
            self.assertEqual(told, collections.Counter((row["program"], row["key"]) for row in rows))
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
            browser.wait(f"document.querySelector('.badge').textContent === '{len(leaky)} findings'")
            for number, finding in enumerate(found):
                browser.click(".badge")
                browser.click(f".finding:nth-of-type({number + 1}) button")
                browser.wait("document.querySelector('.row[aria-selected=true]') !== null")
                self.assertEqual(browser.evaluate("document.querySelector('.row[aria-selected=true]').dataset.key"),
                                 f"{finding['pid']}/{finding['connection']}")
                browser.press("Escape")


if __name__ == "__main__":
    unittest.main()
