# SPDX-License-Identifier: MIT
"""What the page says of its link to the server: gone, slow, or not letting it in are different things, and what is shown is never
another connection's."""

import os
import re
import signal

import harness
import workload
from browser import Page

TOKEN = "prime-23-token"
REFUSED = ("401", "403", "HTTP Authentication failed")
LIFE = "document.querySelector('.lane[data-kind=connection] .lane-name')?.textContent"


class Gone(Page):
    def keys(self, browser):
        """Of the clients, which are the only rows that are shown."""
        browser.choose('select[aria-label="Class"]', "client")
        browser.wait("document.querySelectorAll('.row[data-state=closed]').length === 2")
        return [row["key"] for row in browser.rows()]

    def serve_two(self):
        program = self.serve()
        workload.keep_alive(program.address(), "/dyn", 7, 2)
        self.settled(2)
        return program

    def test_it_says_since_when_the_server_is_gone_and_comes_back_with_it(self):
        program = self.serve_two()
        with self.browser(allowed=["ERR_CONNECTION_REFUSED"]) as browser:
            keys = self.keys(browser)
            program.stop()
            browser.wait("document.body.dataset.link === 'waiting'")
            self.assertTrue(browser.shown(".banner.link"))
            self.assertRegex(browser.text(".banner.link"),
                             r"^No connection to wsitrace since \d\d:\d\d:\d\d; showing the last known state\. *(Next try in \d+ s\.|Trying again…)")
            since = re.search(r"since (\S+);", browser.text(".banner.link"))[1]
            self.assertEqual([row["key"] for row in browser.rows()], keys)
            browser.click(".banner.link button")
            browser.wait("document.body.dataset.link === 'waiting'")
            self.assertIn(since, browser.text(".banner.link"), "another try that fails is no sign of life")
            self.assertFalse(browser.shown(".banner.token"))
            self.serve(port=self.served[1], trace="second.wsitrace")
            browser.wait("document.body.dataset.link === 'connected'", 40000)
            self.assertFalse(browser.shown(".banner.link"))
            browser.wait("document.querySelectorAll('.row[data-state=closed]').length === 0")

    def test_a_connection_opened_while_the_server_is_gone_shows_nothing_of_another(self):
        program = self.serve_two()
        with self.browser(allowed=["ERR_CONNECTION_REFUSED"]) as browser:
            first, second = self.keys(browser)
            browser.open_row(first)
            browser.wait(f"{LIFE} === 'connection {first.partition('/')[2]}'")
            program.stop()
            browser.wait("document.body.dataset.link === 'waiting'")
            browser.click(f'.row[data-key="{second}"]')
            browser.wait("document.querySelector('.trouble').checkVisibility()")
            self.assertIn("No connection to wsitrace", browser.text(".trouble"))
            self.assertEqual(browser.text(".detail h2"), f"Connection {second.partition('/')[2]}")
            self.assertFalse(browser.shown(".lane"))
            facts = browser.text(".facts")
            self.assertIn("127.0.0.1:", facts, "what the row tells")
            self.assertNotIn("life", facts)
            self.assertIn("Closed: ", browser.text(".close-cause"))

    def test_answers_that_come_late_belong_to_nobody(self):
        program = self.serve_two()
        with self.browser() as browser:
            first, second = self.keys(browser)
            program.send_signal(signal.SIGSTOP)  # the one that serves
            browser.click(f'.row[data-key="{first}"]')
            browser.click(f'.row[data-key="{second}"]')
            self.assertFalse(browser.shown(".lane"))
            self.assertIn(second.partition("/")[2], browser.text(".detail h2"))
            program.send_signal(signal.SIGCONT)
            browser.wait(f"{LIFE} === 'connection {second.partition('/')[2]}'")
            browser.evaluate("new Promise((done) => setTimeout(done, 500))")
            self.assertEqual(browser.evaluate(LIFE), f"connection {second.partition('/')[2]}")


class Tokens(Page):
    def serve_with_token(self, *options):
        with open(self.path("token"), "w", encoding="ascii") as file:
            file.write(TOKEN + "\n")
        os.chmod(self.path("token"), 0o600)
        return self.serve(options=("--token-file", self.path("token"), *options))

    def give(self, browser, token):
        browser.click(".banner.token input")
        browser.type(token)
        browser.press("Enter")

    def test_the_right_token_in_the_address_opens_it_and_is_gone_from_there(self):
        self.serve_with_token()
        with self.browser(self.url + f"#token={TOKEN}&state=upgraded") as browser:
            self.assertEqual(browser.evaluate("location.hash"), "#state=upgraded")
            self.assertEqual(browser.evaluate("document.querySelector('select[aria-label=State]').value"), "upgraded")

    def test_a_missing_token_is_asked_for(self):
        self.serve_with_token()
        with self.browser(link="unauthorized", allowed=REFUSED) as browser:
            self.assertTrue(browser.text(".banner.token").startswith("This page needs a token."))
            self.assertIn("--token-file", browser.text(".banner.token"))
            self.give(browser, TOKEN)
            browser.wait("document.body.dataset.link === 'connected'")
            self.assertFalse(browser.shown(".banner.token"))

    def test_a_wrong_token_is_told_from_a_missing_one_and_from_a_server_that_is_gone(self):
        self.serve_with_token()
        for wrong in ("prime-29-token", "a b", "ü"):  # the last two can stand in no header
            with self.browser(self.url + "#token=" + wrong, link="unauthorized", allowed=REFUSED) as browser:
                self.assertTrue(browser.text(".banner.token").startswith("The token was not accepted."), wrong)
                self.assertFalse(browser.shown(".banner.link"))
                self.assertNotIn("No connections yet", browser.text(".empty"))
                self.give(browser, TOKEN)
                browser.wait("document.body.dataset.link === 'connected'")
                self.assertIn("No connections yet", browser.text(".empty"))

    def test_a_server_that_comes_back_with_another_token_says_so(self):
        program = self.serve()
        with self.browser(allowed=[*REFUSED, "ERR_CONNECTION_REFUSED"]) as browser:
            program.stop()
            browser.wait("document.body.dataset.link === 'waiting'")
            port = self.served[1]
            with open(self.path("token"), "w", encoding="ascii") as file:
                file.write(TOKEN + "\n")
            os.chmod(self.path("token"), 0o600)
            self.serve(options=("--token-file", self.path("token")), port=port, trace="second.wsitrace")
            browser.wait("document.body.dataset.link === 'unauthorized'", 40000)
            self.assertTrue(browser.shown(".banner.token"))

    def test_a_name_that_is_not_answered_to_is_told(self):
        self.serve()
        url = self.url.replace("127.0.0.1", "observer.localhost")
        with self.browser(url, link="unauthorized", allowed=REFUSED) as browser:
            self.assertIn("does not answer to the name observer.localhost", browser.text(".banner.token"))
            self.assertFalse(browser.shown(".banner.token input"), "no token helps")
