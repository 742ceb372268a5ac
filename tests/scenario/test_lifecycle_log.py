# SPDX-License-Identifier: MIT
"""libwebsockets 4.3 keeps a log of its own of births and deaths. What it says and what wsitrace says must agree, connection by
connection: the same host once untraced with that log, once traced without it, and once with both.

The log's lines, at level NOTICE:   ++ [wsisrv|3|adopted] (2)       -- [wsisrv|3|adopted|h1|/|app|GET|/|200] (1) 639us
A group's serial number, hexadecimal, is never used twice. What follows it grows while the wsi lives and holds the requests' methods.
"""

import re
import unittest

import harness
import workload

LWS = "4.3.5"
ONE_BY_ONE = 101
LINE = re.compile(r"(\+\+|--) \[(\w+)\|([0-9a-f]+)([^ ]*) \(\d+\)(?: ([\d.]+)(\S+))?")
UNIT_S = {"s": 1, "ms": 1e-3, "us": 1e-6, "μs": 1e-6, "ns": 1e-9}
# How many requests a tag of the log can hold before it is cut.
REQUESTS_IN_TAG = 2


class Birth:
    def __init__(self, group, serial):
        self.group, self.serial, self.died, self.lived_s, self.trail = group, serial, None, None, ""

    @property
    def listens(self):
        return self.group == "wsi" and "listen" in self.trail

    @property
    def serves(self):
        return self.group == "wsisrv"


def births_in(log):
    """All wsis of the log in the order of their births; `died` is their place in the order of deaths."""
    births, deaths = {}, 0
    for sign, group, serial, trail, number, unit in LINE.findall(log):
        if not group.startswith("wsi"):
            continue
        key = (group, int(serial, 16))
        if sign == "++":
            if key in births:
                raise AssertionError(f"{key}: born twice")
            births[key] = Birth(*key)
            births[key].trail = trail
        else:
            births[key].died, births[key].trail = deaths, trail
            births[key].lived_s = float(number) * UNIT_S[unit]
            deaths += 1
    return list(births.values())


def order_of_ends(keys):
    """KEYS tell when each of them ended; the same as ranks."""
    ranks = {key: rank for rank, key in enumerate(sorted(keys))}
    return [ranks[key] for key in keys]


class LifecycleLog(harness.Scenario):
    def serve(self, log, traced):
        command = [harness.host_path("table_host", LWS), "--files", self.files, *(["--log"] if log else [])]
        program = self.traced(command) if traced else self.start(command)
        address = program.address("app port")
        workload.known(address, "/dyn", one_by_one=ONE_BY_ONE)
        workload.pipelined(address, "/dyn")
        result = program.stop()
        self.assertEqual(result.status, 0, result)
        return result.err

    def server_connections(self):
        """Of the report, in the order of their births."""
        trace = self.report()
        self.assert_settled(trace)
        return trace, sorted(trace.of_class("client"), key=lambda c: c["opened_ns"])

    def assert_agree(self, births, connections):
        """Births and deaths in the same order, and for each connection the same kind of life."""
        serving = [b for b in births if b.serves]
        self.assertEqual(len(serving), workload.known_connections(ONE_BY_ONE) + 1)
        self.assertEqual(len(serving), len(connections))
        self.assertTrue(all(b.died is not None for b in serving))
        self.assertEqual(order_of_ends([b.died for b in serving]), order_of_ends([c["closed_ns"] for c in connections]))
        for birth, connection in zip(serving, connections):
            told = (birth.trail, connection)
            self.assertEqual("|ws|" in birth.trail + "|", connection["session"] is not None, told)
            requests = birth.trail.count("GET")
            if requests <= REQUESTS_IN_TAG and connection["session"] is None and len(connection["transactions"]) <= 1:
                self.assertEqual(requests, len(connection["transactions"]), told)

    def test_untraced_log_and_trace_without_it_agree(self):
        births = births_in(self.serve(log=True, traced=False))
        self.serve(log=False, traced=True)
        trace, connections = self.server_connections()
        self.assert_agree(births, connections)
        self.assertEqual(sum(b.listens for b in births), len(trace.of_class("listener")))

    def test_log_and_trace_of_one_run_agree_on_how_long_each_lived(self):
        births = births_in(self.serve(log=True, traced=True))
        trace, connections = self.server_connections()
        self.assert_agree(births, connections)
        listeners = sum(b.listens for b in births)
        self.assertEqual(listeners, len(trace.of_class("listener")))
        # lws takes its own times a little before and after. A busy machine may take the processor away in between, but not of many.
        off = []
        for birth, connection in zip([b for b in births if b.serves], connections):
            lived_s = (connection["closed_ns"] - connection["opened_ns"]) / 1e9
            if abs(lived_s - birth.lived_s) > 0.0005 + birth.lived_s / 10:
                off.append((lived_s, birth.lived_s, birth.trail))
        self.assertLess(len(off), len(connections) / 5, off)


if __name__ == "__main__":
    unittest.main()
