# SPDX-License-Identifier: MIT
"""What the page shows is in its address: a link to a connection can be opened, Back and Forward lead through what was shown, and a
connection that the table does not hold is shown all the same."""

import json
import os
import urllib.parse

import harness
import workload
from agents import Agent, AgentScenario
from browser import Page

LEAKY = os.path.join(harness.BUILD, "tests", "corpus", "lws-4.3.5", "corpus_server")
MORE_THAN_THE_FIRST_MESSAGE_HOLDS = 211  # ended connections
TITLE = "document.querySelector('.detail h2').textContent"
LIFE = "document.querySelector('.lane[data-kind=connection] .lane-name')?.textContent"


class InTheAddress(Page):
    def fragment(self, browser):
        return dict(urllib.parse.parse_qsl(browser.evaluate("location.hash.slice(1)")))

    def await_fragment(self, browser, **wanted):
        harness.until(lambda: self.fragment(browser) == wanted, f"the fragment to be {wanted}, it is {self.fragment(browser)}")

    def served_mixture(self):
        program = self.serve()
        self.trace = self.settled_mixture(program.address())
        self.keys = [f"{self.trace.process['pid']}/{c['id']}" for c in self.trace.of_class("client") if c["state"] != "closed"]
        return program

    def await_connection(self, browser, key):
        browser.wait(f"{LIFE} === 'connection {key.partition('/')[2]}'")
        self.assertTrue(browser.shown(".detail"))

    def test_back_and_forward_lead_through_what_was_shown(self):
        self.served_mixture()
        first, second = self.keys[:2]
        with self.browser() as browser:
            browser.wait(f"document.querySelector('.row[data-key=\"{first}\"]') !== null")
            self.assertEqual(self.fragment(browser), {})
            browser.open_row(first)
            self.await_fragment(browser, connection=first)
            browser.open_row(second)
            self.await_connection(browser, second)
            browser.press("Escape")
            browser.choose('select[aria-label="Class"]', "client")
            browser.press("/")
            browser.type("peer closed")
            self.await_fragment(browser, **{"class": "client", "text": "peer closed"})
            browser.press("Escape")
            browser.evaluate("document.activeElement.blur()")
            for shown in (None, None, None, second, first, None):
                browser.back()
                if shown is None:
                    self.assertFalse(browser.shown(".detail"))
                else:
                    self.await_connection(browser, shown)
                    self.await_fragment(browser, connection=shown)
            self.assertEqual(self.fragment(browser), {})
            browser.forward()
            self.await_connection(browser, first)
            browser.forward()
            self.await_connection(browser, second)
            self.assertEqual(browser.evaluate("document.querySelector('.row[aria-selected=true]').dataset.key"), second)

    def test_back_brings_the_filter_back(self):
        self.served_mixture()
        with self.browser() as browser:
            browser.choose('select[aria-label="State"]', "upgraded")
            upgraded = len(harness.until(browser.rows, "the rows of the filter"))
            browser.press("/")
            browser.type("no such thing")
            browser.wait("document.querySelectorAll('.row[data-key]').length === 0")
            self.await_fragment(browser, state="upgraded", text="no such thing")
            browser.back()
            self.await_fragment(browser, state="upgraded")
            harness.until(lambda: len(browser.rows()) == upgraded, "the rows of the filter")
            self.assertEqual(browser.evaluate("document.querySelector('input[type=search]').value"), "")
            browser.back()
            self.assertEqual(browser.evaluate("document.querySelector('select[aria-label=State]').value"), "")
            harness.until(lambda: len(browser.rows()) > upgraded, "all rows")

    def test_a_link_opens_its_connection_and_filter(self):
        self.served_mixture()
        key = self.keys[0]
        with self.browser() as browser:
            browser.open_row(key)
            link = browser.evaluate("document.querySelector('.permalink').href")
            browser.choose('select[aria-label="State"]', "upgraded")
            browser.choose('select[aria-label="Vhost"]', "app")
            whole = browser.evaluate("location.href")
        with self.browser(link) as browser:
            self.await_connection(browser, key)
            browser.wait("document.querySelector('.row[aria-selected=true]') !== null")
        with self.browser(whole) as browser:
            self.await_connection(browser, key)
            self.assertEqual(browser.evaluate("document.querySelector('select[aria-label=State]').value"), "upgraded")
            self.assertEqual(browser.evaluate("document.querySelector('select[aria-label=Vhost]').value"), "app")
            harness.until(browser.rows, "the rows of the filter")
            self.assertEqual({row["state"] for row in browser.rows()}, {"upgraded"})

    def test_the_keyboard_s_way_through_the_rows_is_one_step_back(self):
        self.served_mixture()
        with self.browser() as browser:
            browser.wait("document.querySelectorAll('.row[data-key]').length > 10")
            keys = [row["key"] for row in browser.rows()]
            browser.press("j")
            browser.press("Enter")
            for _ in range(5):
                browser.press("j")
            self.await_fragment(browser, connection=keys[5])
            browser.back()
            self.await_fragment(browser, connection=keys[0])
            browser.back()
            self.assertFalse(browser.shown(".detail"))

    def test_a_link_to_what_there_is_not_says_so(self):
        self.serve()
        with self.browser(self.url + "#connection=999999/3&class=nonsense", allowed=["404"]) as browser:
            browser.wait("document.querySelector('.trouble').checkVisibility()")
            self.assertIn("does not know this connection", browser.text(".trouble"))
            self.assertEqual(browser.text(".detail h2"), "Connection 3")
            self.assertFalse(browser.shown(".lane"))
            self.assertFalse(browser.shown(".legend"))


class AgedOut(AgentScenario, Page):
    """A finding of a program that has ended, and so many connections since that the table does not hold it."""

    def test_a_finding_leads_to_a_connection_without_a_row(self):
        agent = Agent(self)
        self.served, self.url = agent.address, "http://{}:{}/".format(*agent.address)
        self.assertEqual(self.start([LEAKY, "never_answers"], env=agent.environment()).wait().status, 0)
        host = self.start(self.host(), env=agent.environment())
        workload.sequential(host.address(), "/dyn", MORE_THAN_THE_FIRST_MESSAGE_HOLDS)
        ended = MORE_THAN_THE_FIRST_MESSAGE_HOLDS + 1  # the leaky program's
        harness.until(lambda: json.loads(agent.get("/api/connections?class=client&state=closed&limit=1"))["total"] == ended, "their ends")
        [finding] = harness.until(lambda: json.loads(agent.get("/api/findings"))["findings"], "the finding")
        key = f"{finding['pid']}/{finding['connection']}"
        [request] = json.loads(agent.get(f"/api/connections/{key}"))["transactions"]
        with self.browser() as browser:
            browser.choose('select[aria-label="Class"]', "")
            self.assertNotIn(key, [row["key"] for row in browser.rows()])
            browser.wait("document.querySelector('.badge').textContent.startsWith('1 fault')")
            browser.click(".badge")
            browser.click(".diagnosis[data-severity='fault'] button")
            browser.wait(f"{LIFE} === 'connection {finding['connection']}'")
            self.assertIn(f"GET {request['path']}", [lane["name"] for lane in browser.lanes()])
            self.assertIn(f"Connection {finding['connection']} of", browser.evaluate(TITLE))
            self.assertFalse(browser.shown(".findings"))
            browser.back()
            self.assertTrue(browser.shown(".findings"))
