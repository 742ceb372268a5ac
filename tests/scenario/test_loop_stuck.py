# SPDX-License-Identifier: MIT
"""A callback that does not come back is told while it lasts: in /metrics, by `explain` of what is served and of the trace, in api/live, by
`wsitrace top`, and on the page."""

import os
import re
import unittest

import harness
import workload
from browser import Page
from served import serving
from terminal import Terminal
from test_served_trace import ByUrl

GET = "GET /dyn/sleep?more HTTP/1.1\r\nHost: app\r\n\r\n"  # its handler polls until more comes
IDLE = "[...document.querySelectorAll('.rows .row[data-key]')].filter((row) => row.querySelector('.c-path').textContent === '/dyn')"
PICTURES = os.environ.get("WSITRACE_SCREENSHOTS")
SERIES = re.compile(r'^lws_callback_running_start_time_seconds\{protocol="(\w+)",callback="(\w+)"\} (\S+)$', re.MULTILINE)


class LoopStuck(ByUrl):
    def lasting(self):
        return SERIES.findall(self.get("/metrics").text)

    def stuck(self):
        """How long what `explain` calls stuck has lasted, in seconds, its callback and its connection."""
        result = self.wsitrace("explain", self.url())
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertNotIn("response_owed", result.out)
        return re.search(r"(LWS_CALLBACK_\w+) of protocol '(\w+)', on connection (\d+), has kept the event loop for ([\d.]+) s and still runs", result.out)

    @staticmethod
    def running(message):
        return [one for process in message["processes"] for one in process["running"]]

    def check_plugin(self, lws):
        """Its page is served by the loop that is stuck; the trace has it all the same, and what returned is in the metrics."""
        trace = self.path("out.wsitrace")
        command = [harness.host_path("table_host", lws), "--plugin", harness.plugin_dir(lws), trace, "--files", self.files]
        self.program = self.start(command, env=harness.RUNTIME)
        app = self.program.address("app port")
        workload.fetch(app, "/dyn")
        client = workload.connect(app)
        self.addCleanup(client.close)
        client.sendall(GET.encode())
        blocked = re.compile(r"^Event loop blocked for [\d.]+ m?s: LWS_CALLBACK_HTTP of protocol 'dyn', connection \d+, thread \d+$", re.MULTILINE)
        harness.until(lambda: blocked.search(self.wsitrace("top", trace).out), "top to tell it")
        harness.until(lambda: "has kept the event loop for" in self.wsitrace("explain", trace).out, "explain to tell it")
        client.sendall(GET.replace("?more", "").encode())
        harness.until(lambda: "Event loop" not in self.wsitrace("top", trace).out, "top to tell that it is over")

    def test_plugin_tells_it_in_the_trace_4_1_6(self):
        self.check_plugin("4.1.6")

    def test_plugin_tells_it_in_the_trace_4_3_5(self):
        self.check_plugin("4.3.5")

    def check_live(self, protocol, connection):
        """Whoever follows is told of it at once, and who comes later, too."""
        [one] = self.running(self.live().message())
        self.assertEqual((one["thread"], one["callback"], one["protocol"], one["connection"], one["waiting"]),
                         (0, "LWS_CALLBACK_HTTP", protocol, connection, 0))
        now_ns = self.get("/api/connections").json["now_ns"]
        self.assertGreaterEqual(now_ns - one["since_ns"], 1e9)

    def check(self, lws):
        self.program = self.start([harness.WSITRACE, "run", "-v", "-o", self.path("out.wsitrace"), "--serve", "127.0.0.1:0", "--",
                                   *self.host("table_host", lws=lws)])
        app, self.at = self.program.address("app port"), serving(self.program)
        workload.fetch(app, "/dyn")
        self.assertEqual(self.lasting(), [])
        client = workload.connect(app)
        client.sendall(GET.encode())
        [(protocol, callback, since)] = harness.until(self.lasting, "a callback that lasts in /metrics")
        self.assertEqual(callback, "HTTP")
        told = harness.until(self.stuck, "explain to name it")
        self.assertEqual((told[1], told[2]), ("LWS_CALLBACK_HTTP", protocol))
        self.assertGreaterEqual(float(told[4]), 1)
        self.check_live(protocol, int(told[3]))
        top = Terminal(self, [harness.WSITRACE, "top", self.path("out.wsitrace")], columns=130)
        blocked = re.compile(rf"Event loop blocked for [\d.]+ s: LWS_CALLBACK_HTTP of protocol '{protocol}', connection {told[3]}, thread 0$")
        top.until(lambda lines: blocked.match(lines[2]), "top to tell it")
        [(_, _, still_since)] = self.lasting()
        self.assertAlmostEqual(float(still_since), float(since), delta=0.2)
        client.sendall(GET.replace("?more", "").encode())
        harness.until(lambda: not self.lasting(), "it to be over in /metrics")
        top.until(lambda lines: not any(line.startswith("Event loop") for line in lines), "top to tell that it is over")
        self.assertEqual(self.running(self.live().message()), [])
        self.assertIsNone(self.stuck())
        client.close()
        self.program.stop()
        after = self.wsitrace("explain", self.path("out.wsitrace")).out
        self.assertNotIn("still runs", after)
        self.assertRegex(after, r"LWS_CALLBACK_HTTP of protocol .* returned (at least )?[\d.]+ s later")

    def test_callback_that_waits_for_its_peer_4_1_6(self):
        self.check("4.1.6")

    def test_callback_that_waits_for_its_peer_4_3_5(self):
        self.check("4.3.5")


class OnThePage(Page):
    WAITING = 3

    def test_line_above_the_table_and_a_word_on_each_connection_that_waits(self):
        program = self.start([harness.WSITRACE, "run", "-v", "-o", self.path("out.wsitrace"), "--serve", "127.0.0.1:0", "--",
                              *self.host("table_host")])
        app = program.address("app port")
        self.url = "http://{}:{}/".format(*serving(program))
        others = [workload.Http1(app) for _ in range(self.WAITING)]
        for http in others:
            http.get("/dyn")
            self.addCleanup(http.sock.close)
        client = workload.connect(app)
        self.addCleanup(client.close)
        with self.browser() as browser:
            browser.wait(f"{IDLE}.length === {self.WAITING}")
            self.assertFalse(browser.shown(".blocker"))
            client.sendall(GET.encode())
            browser.wait("document.querySelector('.banner.blocker')?.checkVisibility() ?? false")
            line = re.compile(r"Event loop blocked for ([\d.]+) m?s: LWS_CALLBACK_HTTP of protocol (\w+), thread 0; "
                              rf"{self.WAITING} connections wait\.Connection (\d+)$")
            first = line.match(browser.text(".banner.blocker"))
            self.assertTrue(first, browser.text(".banner.blocker"))
            browser.wait("document.querySelector('.banner.blocker').textContent.includes('blocked for 2.')")
            self.assertEqual([row["id"] for row in browser.rows() if row["key"] == browser.evaluate(
                "document.querySelector('.row.blocker').dataset.key")], [first[3]])
            browser.click(".banner.blocker button")
            browser.wait("document.querySelector('.blocked').textContent.startsWith('Its callback blocks the event loop: LWS_CALLBACK_HTTP')")
            if PICTURES:
                browser.screenshot(f"{PICTURES}/blocked.png")
            browser.open_row(browser.evaluate(f"{IDLE}[0].dataset.key"))
            browser.wait(f"document.querySelector('.blocked').textContent.endsWith('on connection {first[3]}.')")
            self.assertIn("It waits for the event loop of thread 0: LWS_CALLBACK_HTTP", browser.text(".blocked"))
            if PICTURES:
                browser.screenshot(f"{PICTURES}/waiting.png")
            client.sendall(GET.replace("?more", "").encode())
            browser.wait("!document.querySelector('.banner.blocker').checkVisibility() && document.querySelector('.blocked').hidden")
            self.assertFalse(browser.evaluate("document.querySelector('.row.blocker') !== null"))


if __name__ == "__main__":
    unittest.main()
