# SPDX-License-Identifier: MIT
"""The plugin in lwsws: what becomes of its files, and which vhosts it looks at."""

import json
import os
import pwd
import re
import unittest

import harness
import workload
from servers import Lwsws

NOBODY = pwd.getpwnam("nobody")


class Files(harness.Scenario):
    """A trace or ring file is made as the user that lwsws runs as, and one that cannot be made stops nothing."""

    def lwsws(self, lws, **pvo):
        return Lwsws(self, lws, user=(NOBODY.pw_uid, NOBODY.pw_gid), pvo=pvo)

    def check_trace_is_made_by_whom_lwsws_runs_as(self, lws):
        shared = self.path("shared")
        os.mkdir(shared)
        os.chmod(shared, 0o1777)
        trace = os.path.join(shared, "out.wsitrace")
        server = self.lwsws(lws, trace=trace)
        workload.keep_alive(server.app)
        self.assertEqual(server.get("/healthz"), "ok\n")
        made = harness.until(lambda: os.path.exists(trace) and os.stat(trace), "the trace")
        self.assertEqual((made.st_uid, made.st_gid), (NOBODY.pw_uid, NOBODY.pw_gid))
        server.stop()
        told = self.report(trace)
        self.assertEqual((told.loss["lost"], len(told.transactions("app"))), (0, workload.KEEP_ALIVE_REQUESTS))

    def test_trace_is_made_by_whom_lwsws_4_1_6_runs_as(self):
        self.check_trace_is_made_by_whom_lwsws_runs_as("4.1.6")

    def test_trace_is_made_by_whom_lwsws_4_3_5_runs_as(self):
        self.check_trace_is_made_by_whom_lwsws_runs_as("4.3.5")

    def check_it_serves_without_a_file(self, lws, option, path, why):
        server = self.lwsws(lws, **{option: path})
        workload.keep_alive(server.app)
        harness.until(lambda: re.search(f"^ok\n.*: {why}\n$", server.get("/healthz")), f"healthz to say: {why}")
        self.assertIn("lws_connections_opened_total", server.get("/metrics"))
        harness.until(lambda: len(harness.Trace(json.loads(server.get("/api/report"))).transactions("app")) == workload.KEEP_ALIVE_REQUESTS,
                      "the report to have all requests")
        self.assertIn("<html", server.get("/").lower())
        log = server.stop().err
        [line] = [line for line in log.splitlines() if "wsitrace: " in line]
        for words in (path, why, "user that the server runs as"):
            self.assertIn(words, line)
        self.assertNotIn("-o", line.split("wsitrace: ")[1].split())

    def check_it_serves(self, lws):
        self.check_it_serves_without_a_file(lws, "trace", self.path("missing", "out.wsitrace"), "No such file or directory")

    def test_missing_folder_of_the_trace_in_lwsws_4_1_6(self):
        self.check_it_serves("4.1.6")

    def test_missing_folder_of_the_trace_in_lwsws_4_3_5(self):
        self.check_it_serves("4.3.5")

    def test_folder_of_the_trace_that_is_not_for_whom_lwsws_runs_as(self):
        self.check_it_serves_without_a_file("4.3.5", "trace", self.path("out.wsitrace"), "Permission denied")

    def test_missing_folder_of_the_ring(self):
        self.check_it_serves_without_a_file("4.3.5", "ring", self.path("missing", "out.ring"), "No such file or directory")


class Guests(harness.Scenario):
    """Outbound connections are seen on whatever vhost lws puts them, those of proxy mounts among them; what a vhost accepts that has not
    enabled the plugin is nobody's business."""

    OUTBOUND, BESIDE, SERVED = 31, 7, 11

    def check(self, lws, *options):
        origin = self.traced(self.host(), trace="origin.wsitrace")
        port = origin.address()[1]
        program = self.start([*self.host("guest_host", "--plugin", harness.plugin_dir(lws), self.path("out.wsitrace"), lws=lws, files=False),
                              str(port), str(self.OUTBOUND), *options], env=harness.RUNTIME)
        first, app = program.address(), program.address("app port")
        for address, count in ((first, self.BESIDE), (app, self.SERVED)):
            for _ in range(count):
                workload.fetch(address, "/")
        self.assertEqual(program.values("done"), [self.OUTBOUND])
        self.assertEqual(program.stop().status, 0)
        self.assertEqual(origin.stop().status, 5)
        accepted = self.report("origin.wsitrace").of_class("client")
        trace = self.report()
        clients = trace.of_class("client")
        outbound = [c for c in clients if c["origin"] == "outbound"]
        self.assertEqual((len(accepted), len(outbound)), (self.OUTBOUND, self.OUTBOUND))
        self.assertEqual({c["peer"] for c in outbound}, {f"127.0.0.1:{port}"})
        self.assertEqual({c["vhost"] for c in outbound}, {"first"})
        self.assertEqual([[t["status"] for t in c["transactions"]] for c in outbound], [[200]] * self.OUTBOUND)
        self.assertEqual({c["vhost"] for c in clients if c["origin"] == "accepted"}, {"app"})
        self.assertEqual(len(clients), self.OUTBOUND + self.SERVED)
        self.assert_settled(trace)

    def test_plugin_of_4_1_6(self):
        self.check("4.1.6")

    def test_plugin_of_4_3_5(self):
        self.check("4.3.5")

    def test_without_a_named_protocol_plugin_of_4_1_6(self):
        self.check("4.1.6", "unnamed")

    def test_without_a_named_protocol_plugin_of_4_3_5(self):
        self.check("4.3.5", "unnamed")


if __name__ == "__main__":
    unittest.main()
