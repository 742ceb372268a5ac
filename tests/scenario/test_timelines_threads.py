# SPDX-License-Identifier: MIT
"""The scenario table: one context served by several threads (hosts/smp_host.c).

lws has a listener for each thread on the same port. The one that the kernel chooses accepts; lws then gives the connection to the
thread that has the fewest, which serves it from its first byte on. Of the builds here only 4.3.5 has LWS_MAX_SMP above 1; on the
others the same programs run with one thread. A timeline is the same with any number of threads: a case has a block for each.
"""

import collections
import concurrent.futures
import unittest

import timeline_text
import timelines
import workload

CLIENT_THREADS = 5
HTTP, REQUESTS, SESSIONS, SILENT = 23, 3, 7, 3
MAIN = 0  # the thread that makes the context: the first that tells anything
COUNTS = (1, 2, 3)
BUILT_FOR_THREADS = ("4.3.5",)
table = timelines.Table("threads")
crowd = timelines.Table("threads")  # cases with too many equal timelines to read; for the claims of class Threads


def service_threads(lws, asked):
    return asked if lws in BUILT_FOR_THREADS else 1


def at_once(function, items):
    """FUNCTION of each item, from several threads; in the order of ITEMS."""
    with concurrent.futures.ThreadPoolExecutor(CLIENT_THREADS) as pool:
        return list(pool.map(function, items))


def requests(traffic, connections, each):
    """CONNECTIONS that are open at the same time, with EACH requests."""
    def drive(http):
        for _ in range(each):
            assert http.get("/index.html")[0] == 200
    https = at_once(lambda _: traffic.http(), range(connections))
    at_once(drive, https)
    at_once(lambda http: http.finish(), https)


def sessions(traffic, connections, messages):
    """CONNECTIONS that are open at the same time, websockets with MESSAGES each."""
    def drive(session):
        for number in range(messages):
            session.echo(b"message %d" % number)
    opened = at_once(lambda _: traffic.websocket(), range(connections))
    at_once(drive, opened)
    at_once(lambda session: session.close(), opened)


def silence(traffic, connections):
    socks = at_once(lambda _: traffic.connect(), range(connections))
    at_once(workload.finish, socks)


def few(traffic):
    requests(traffic, 5, 2)
    sessions(traffic, 3, 7)
    silence(traffic, 2)


def many(traffic):
    requests(traffic, HTTP, REQUESTS)
    sessions(traffic, SESSIONS, 11)
    silence(traffic, SILENT)


def left_open(traffic):
    traffic.run.left_open = [traffic.http() for _ in range(7)]
    for http in traffic.run.left_open:
        assert http.get("/index.html")[0] == 200


def add_cases(count):
    host = timelines.Host("smp_host", *timelines.in_files("--files"), "--threads", str(count), linked="smp_host_linked")
    for function, owner, words in (
            (few, table, "5 connections with 2 requests, 3 websockets, 2 that say nothing; each kind at once, closed by the clients."),
            (left_open, table, "7 connections with a request, open until the context is destroyed."),
            (many, crowd, f"{HTTP} connections with {REQUESTS} requests, {SESSIONS} websockets, {SILENT} that say nothing, likewise.")):
        def drive(traffic, function=function):
            function(traffic)
        drive.__name__, drive.__doc__ = f"{function.__name__}_on_{count}", words
        owner.case(host, alone=True)(drive)


for each_count in COUNTS:
    add_cases(each_count)
Timelines = table.tests()


class Threads(unittest.TestCase):
    """What holds for any number of threads."""

    def combinations(self, name):
        """(number of service threads, run, case) for each combination of the case NAME_on_COUNT."""
        for owner in (table, crowd):
            for case in owner.cases:
                count = int(case.name.rsplit("_", 1)[-1])
                for lws, way in case.host.combinations():
                    if case.name == f"{name}_on_{count}":
                        yield service_threads(lws, count), owner.run_of(case, lws, way), case.name

    def claim(self, name, check):
        for threads, run, case in self.combinations(name):
            with self.subTest(case=case, lws=run.lws, way=run.way):
                check(threads, run.of_case(case), run.report)

    def test_counts_are_exact_and_nothing_is_lost(self):
        def check(threads, connections, report):
            blocks = collections.Counter("\n".join(timeline_text.render([each])).split("\n  closed")[0] for each in connections)
            by_kind = collections.Counter(len(each["transactions"]) for each in connections)
            self.assertEqual(by_kind, {REQUESTS: HTTP, 1: SESSIONS, 0: SILENT})
            self.assertEqual(sorted(blocks.values()), [SILENT, SESSIONS, HTTP], blocks)
            self.assertEqual(len({each["id"] for each in connections}), HTTP + SESSIONS + SILENT)
            self.assertEqual(report.loss["lost"], 0)
            opened = HTTP + SESSIONS + SILENT + threads
            exchanges = HTTP * REQUESTS + SESSIONS
            self.assertEqual(report.totals, {"opened": opened, "closed": opened, "open": 0, "transactions": exchanges,
                                             "binds": exchanges, "drops": exchanges, "findings": 0})
        self.claim("many", check)

    def test_each_thread_serves_some_and_no_other_does(self):
        def check(threads, connections, _):
            served = {each["thread"] for each in connections}
            self.assertEqual(len(served), threads, served)
            self.assertNotIn(MAIN, served)
            self.assertLessEqual({each["opened_thread"] for each in connections}, served)
        self.claim("many", check)
        self.claim("left_open", check)

    def test_connections_change_thread_only_where_there_are_several(self):
        def check(threads, connections, _):
            moved = [each for each in connections if each["opened_thread"] != each["thread"]]
            self.assertEqual(bool(moved), threads > 1)
            self.assertLess(len(moved), len(connections))
        self.claim("many", check)

    def test_each_thread_has_a_listener_which_opens_what_it_accepts(self):
        def check(threads, connections, report):
            listeners = report.of_class("listener")
            self.assertEqual(len(listeners), threads)
            self.assertEqual({each["vhost"] for each in listeners}, {"app"})
            self.assertEqual({(each["close"]["reason"], each["close"]["by"]) for each in listeners}, {("context_destroyed", "local")})
            accepting = [each["thread"] for each in listeners if each["evidence"] == "so_acceptconn"]
            self.assertEqual(sorted(accepting), sorted({each["opened_thread"] for each in connections}))
        self.claim("many", check)

    def test_host_has_as_many_threads_as_its_build_allows(self):
        for threads, run, _ in self.combinations("many"):
            self.assertIn(f"threads {threads}\n", run.result.out)


if __name__ == "__main__":
    unittest.main()
