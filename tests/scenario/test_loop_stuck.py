# SPDX-License-Identifier: MIT
"""A callback that does not come back is told while it lasts: in /metrics, and by `explain` of what is served and of the trace."""

import re
import unittest

import harness
import workload
from served import serving
from test_served_trace import ByUrl

GET = "GET /dyn/sleep?more HTTP/1.1\r\nHost: app\r\n\r\n"  # its handler polls until more comes
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
        [(_, _, still_since)] = self.lasting()
        self.assertAlmostEqual(float(still_since), float(since), delta=0.2)
        client.sendall(GET.replace("?more", "").encode())
        harness.until(lambda: not self.lasting(), "it to be over in /metrics")
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


if __name__ == "__main__":
    unittest.main()
