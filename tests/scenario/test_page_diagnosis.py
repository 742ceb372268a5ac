# SPDX-License-Identifier: MIT
"""What went wrong, on the page: the diagnoses of api/diagnosis, or in one line why there are none."""

import harness
from agents import Agent, AgentScenario
from browser import Page
from test_served_diagnosis import refuse

SHOWN = """[...document.querySelectorAll(".diagnosis")].map((one) => ({
  severity: one.querySelector(".severity").textContent, sentence: one.querySelector(".sentence").textContent,
  times: one.querySelector(".times").textContent, cause: one.querySelector(".cause").textContent,
  certainty: one.querySelector(".certainty").textContent, advice: one.querySelector(".advice").textContent,
  evidence: [...one.querySelectorAll("li")].map((line) => line.textContent) }))"""


def expected(document):
    return [{**{name: one[name] for name in ("severity", "sentence", "cause", "certainty", "advice", "evidence")}, "times": f"× {one['count']}"}
            for one in document["diagnoses"]]


class OfRun(Page):
    def test_they_are_those_of_the_api_and_lead_to_their_connection(self):
        program = self.serve()
        harness.until(lambda: self.fetch("/api/diagnosis")[0] == 200, "the first event")
        with self.browser() as browser:
            browser.wait("document.querySelector('.badge').textContent === 'Nothing went wrong so far'")
            self.assertEqual(browser.evaluate("document.querySelector('.badge').dataset.verdict"), "clean")
            browser.click(".badge")
            browser.wait("document.querySelector('.diagnoses .none')?.textContent === 'Nothing went wrong, so far.'")
            refuse(program.address(), 7)
            browser.wait("document.querySelector('.diagnosis .times')?.textContent === '× 7'", 60000)
            self.assertEqual(browser.text(".badge"), "1 kind of trouble")
            document = self.api("/api/diagnosis")
            self.assertEqual(browser.evaluate(SHOWN), expected(document))
            self.assertFalse(browser.shown(".diagnoses .none"))
            [one] = document["diagnoses"]
            self.assertIn(one["callback"]["function"], browser.text(".diagnosis .where"))
            self.assertEqual(browser.evaluate("document.querySelectorAll('.diagnoses a').length"), 0)
            browser.click(".diagnosis button")
            browser.wait("document.querySelectorAll('.lane').length > 0")
            self.assertEqual(browser.text(".lane-name"), f"connection {one['connections'][0]}")
            self.assertFalse(browser.shown(".findings"))


class OfAgent(AgentScenario, Page):
    def test_without_traces_the_page_says_what_to_switch_on(self):
        agent = Agent(self, traces=False)
        with self.browser("http://{}:{}/".format(*agent.address)) as browser:
            browser.click(".badge")
            browser.wait("document.querySelector('.diagnoses .none')?.textContent.startsWith('No diagnosis: ')")
            self.assertIn("--traces DIR", browser.text(".diagnoses .none"))
            self.assertFalse(browser.shown(".diagnosis"))
