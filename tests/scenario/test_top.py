# SPDX-License-Identifier: MIT
"""`wsitrace top`: the table on a terminal and on paper, against connections that are known exactly."""

import os
import re
import shutil
import signal
import unittest

import harness
import workload
from terminal import Terminal

HELD, SHORT = 5, 11


class TopScenario(harness.Scenario):
    def setUp(self):
        super().setUp()
        self.held = []

    def tearDown(self):
        for http in self.held:
            http.sock.close()
        super().tearDown()

    def traced_host(self, trace="out.wsitrace", name=None):
        """A host with HELD kept-alive connections of 1, 2, ... requests each and SHORT that have ended."""
        command = self.host()
        if name:
            shutil.copy(command[0], self.path(name))
            command[0] = self.path(name)
        program = self.traced(command, trace=trace)
        address = program.address()
        for number in range(HELD):
            http = workload.Http1(address)
            for _ in range(number + 1):
                http.get("/dyn/held")
            self.held.append(http)
        workload.sequential(address, "/dyn", SHORT)
        return program, address

    def top(self, path="out.wsitrace", **options):
        return Terminal(self, [harness.WSITRACE, "top", self.path(path)], **options)


def rows_of(lines):
    """The rows of the table on a screen or on paper, as lists of words."""
    titles = next(i for i, line in enumerate(lines) if line.lstrip().startswith(("AGE", "PROGRAM")))
    rows = []
    for line in lines[titles + 1:]:
        if not line.strip() or line.startswith("by "):
            break
        rows.append(line.split())
    return rows


def row_of(line):
    """Of a row what does not change by itself: its peer, and its path."""
    return " ".join((line or "").split()[7:])


def has_rows(count):
    return lambda lines: any("AGE" in line for line in lines) and len(rows_of(lines)) == count


ALL = 1 + HELD + SHORT


class OnATerminal(TopScenario):
    def test_screen_shows_totals_and_open_connections_first(self):
        self.traced_host()
        top = self.top(lines=40)
        top.until(has_rows(ALL), "all rows")
        lines = top.lines()
        opened, transactions = HELD + SHORT, HELD * (HELD + 1) // 2 + SHORT
        self.assertRegex(lines[0], r"^http_host \(PID \d+\), libwebsockets \S+$")
        self.assertEqual(lines[1], f"{opened} connections: {HELD} open, {SHORT} closed; 1 listener; {transactions} transactions")
        self.assertEqual(lines[2], "nothing was found so far")
        self.assertRegex(lines[3], r"^\d+ events recorded, 0 lost$")
        rows = rows_of(lines)
        self.assertEqual([row[1] for row in rows], ["listener"] + ["client"] * (ALL - 1))
        self.assertEqual([int(row[6]) for row in rows[1:]], [*range(1, HELD + 1), *[1] * SHORT])
        self.assertEqual({row[8] for row in rows[1:HELD + 1]}, {"/dyn/held"})
        self.assertLessEqual({row[5] for row in rows[HELD + 1:]}, {"peer_closed", "response_done"})
        peers = {"{}:{}".format(*http.sock.getsockname()) for http in self.held}
        self.assertEqual({row[7] for row in rows[1:HELD + 1]}, peers)

    def test_screen_follows_the_program(self):
        program, address = self.traced_host()
        top = self.top(lines=40)
        top.until(has_rows(ALL), "all rows")
        workload.sequential(address, "/dyn/later", 3)
        top.until(has_rows(ALL + 3), "three more rows")
        ages = [row[0] for row in rows_of(top.lines())[1:2]]
        top.until(lambda lines: [row[0] for row in rows_of(lines)[1:2]] != ages, "ages to grow")
        program.stop()
        top.until(lambda lines: lines[0].endswith(", ended"), "the end")

    def test_keys_sort_filter_scroll_and_quit(self):
        self.traced_host()
        top = self.top(lines=12, columns=110)
        page = 12 - 4 - 2
        top.until(has_rows(page), "a page")
        top.until(lambda lines: lines[-1].startswith(f"by age  class: all  1-{page} of {ALL} "), "the status line")
        rows = []
        for number in range(ALL):
            if number:
                top.press("down")
            top.until(lambda lines, n=number: row_of(top.selected()) not in ["", *rows] and
                      f" {max(n - page + 2, 1)}-{max(n + 1, page)} of {ALL}" in lines[-1], f"row {number}")
            rows.append(row_of(top.selected()))
        self.assertEqual(len(set(rows)), ALL, "each row is selected once")
        top.press("down")
        top.press("up")
        top.until(lambda lines: row_of(top.selected()) == rows[-2], "one row back")
        top.press("home")
        top.until(lambda lines: f" 1-{page} of {ALL}" in lines[-1] and row_of(top.selected()) == rows[0], "the beginning")
        top.press("page_down")
        top.until(lambda lines: f" {page + 1}-{2 * page} of {ALL}" in lines[-1] and row_of(top.selected()) == rows[page], "a page further")
        top.press("end")
        top.until(lambda lines: f" {ALL - page + 1}-{ALL} of {ALL}" in lines[-1] and row_of(top.selected()) == rows[-1], "the end")
        top.press("home")
        top.press("s")
        top.until(lambda lines: lines[-1].startswith("by transactions"), "another order")
        counts = [int(row[6]) for row in rows_of(top.lines())]
        self.assertEqual(counts[:HELD], [*range(HELD, 0, -1)])
        top.press("c")
        top.until(lambda lines: f"class: client  1-{page} of {ALL - 1}" in lines[-1], "clients only")
        top.press("c")
        top.until(lambda lines: "class: listener  1-1 of 1" in lines[-1], "listeners only")
        top.press("q")
        self.assertEqual(os.waitstatus_to_exitcode(top.wait()), 0)
        self.assertTrue(top.is_restored())

    def test_enter_shows_the_timeline_of_the_selected_connection_and_escape_goes_back(self):
        program, address = self.traced_host()
        peer = "{}:{}".format(*self.held[-1].sock.getsockname())
        top = self.top(lines=60, columns=110)
        top.until(has_rows(ALL), "all rows")
        for _ in range(HELD):
            top.press("down")
        top.until(lambda lines: row_of(top.selected()).startswith(peer + " "), "the last of the held")
        top.press("enter")
        top.until(lambda lines: re.fullmatch(rf"http_host \(PID \d+\): connection {HELD + 1}", lines[0]), "the connection")
        text = "\n".join(top.lines())
        for number in range(1, HELD + 1):
            self.assertIn(f"transaction {number}: GET /dyn/held HTTP/1.1", text)
        self.held[-1].get("/dyn/again")
        top.until(lambda lines: any(f"transaction {HELD + 1}: GET /dyn/again" in line for line in lines), "what happens meanwhile")
        top.resize(60, 8)
        top.until(lambda lines: lines[-1].startswith("1-6 of "), "few lines")
        top.press("down")
        top.until(lambda lines: lines[-1].startswith("2-7 of "), "one line further")
        top.press("escape")
        top.resize(110, 60)
        top.until(has_rows(ALL), "the table again")
        self.assertIn(peer, row_of(top.selected()))
        workload.sequential(address, "/dyn/later", 3)
        top.until(has_rows(ALL + 3), "three more rows")
        self.assertIn(peer, row_of(top.selected()), "the selection stays with its row")
        program.stop()

    def test_slash_filters_by_what_is_shown_and_by_words(self):
        self.traced_host()
        top = self.top(lines=40, columns=120)
        top.until(has_rows(ALL), "all rows")
        top.press("/")
        top.until(lambda lines: lines[-1] == "/_", "the filter's line")
        for letter in "DYN/Held":  # s, h, q are keys elsewhere
            top.press(letter)
        top.until(has_rows(HELD), "those with this path")
        self.assertEqual({row[8] for row in rows_of(top.lines())}, {"/dyn/held"})
        top.press("\x7f")
        top.until(lambda lines: lines[-1] == "/DYN/Hel_", "a letter less")
        top.press("enter")
        top.until(lambda lines: f"filter: DYN/Hel  1-{HELD} of {HELD}" in lines[-1], "the filter to be kept")
        top.press("escape")
        top.until(has_rows(ALL), "all rows again")
        ended = [row[5] for row in rows_of(top.lines()) if "_" in row[5]]
        for name in (ended[0], ended[0].replace("_", " ")):
            top.press("/")
            for letter in name:
                top.press(letter)
            top.until(has_rows(ended.count(ended[0])), f"those with {name}")
            top.press("escape")
            top.until(has_rows(ALL), "all rows again")
        self.assertIsNone(top.status)

    def test_question_mark_helps_and_escape_goes_back(self):
        self.traced_host()
        top = self.top(lines=24, columns=110)
        top.until(has_rows(ALL), "all rows")
        self.assertIn("? help", top.lines()[-1])
        top.press("?")
        top.until(lambda lines: lines[0] == "wsitrace top: keys", "help")
        text = "\n".join(top.lines())
        for key in ("Enter", "Escape", "/ ", "Page Up", "q, "):
            self.assertIn(key, text)
        top.press("escape")
        top.until(has_rows(ALL), "the table")

    def test_screen_follows_the_size_of_the_terminal(self):
        self.traced_host()
        top = self.top(lines=24, columns=100)
        top.until(has_rows(ALL), "all rows")
        for columns, lines in ((60, 10), (200, 50), (20, 4), (100, 24)):
            top.resize(columns, lines)
            page = max(lines - 6, 1)
            top.until(lambda screen, n=min(page, ALL), w=columns: "AGE" in " ".join(screen) and
                      (lines < 7 or len(rows_of(screen)) == n) and max(map(len, screen)) <= w,
                      f"a screen of {columns}x{lines}")
        self.assertIsNone(top.status)

    def test_terminal_is_restored_whatever_ends_it(self):
        self.traced_host()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(signal=number):
                top = self.top()
                top.until(has_rows(ALL), "all rows")
                self.assertFalse(top.is_restored())
                top.send_signal(number)
                self.assertEqual(os.waitstatus_to_exitcode(top.wait()), 0)
                self.assertTrue(top.is_restored())

    def test_ctrl_c_ends_it(self):
        self.traced_host()
        top = self.top()
        top.until(has_rows(ALL), "all rows")
        top.press("\x03")
        self.assertEqual(os.waitstatus_to_exitcode(top.wait()), 0)
        self.assertTrue(top.is_restored())

    def test_directory_shows_all_programs_and_those_that_come(self):
        os.mkdir(self.path("traces"))
        self.traced_host("traces/one.wsitrace", "alpha")
        top = self.top("traces", lines=50, columns=140)
        top.until(has_rows(ALL), "the rows of one")
        self.traced_host("traces/two.wsitrace", "beta")
        top.until(has_rows(2 * ALL), "the rows of both")
        lines = top.lines()
        self.assertEqual(lines[0], "2 processes, 2 recording")
        programs = [row[0] for row in rows_of(lines)]
        self.assertEqual((programs.count("alpha"), programs.count("beta")), (ALL, ALL))

    def test_text_of_the_host_does_not_reach_the_terminal(self):
        _, address = self.traced_host()
        sock = workload.connect(address)
        sock.sendall(b"GET /dyn/\x1b]0,owned\x07\xe4\xb8\xad\xe6\x96\x87\xe2\x80\xae/x HTTP/1.1\r\nHost: x\r\n\r\n")
        sock.recv(65536)
        self.addCleanup(sock.close)
        top = self.top(lines=40, columns=120)
        top.until(lambda lines: any("中文" in line for line in lines), "the path")
        self.assertNotIn(b"\x1b]0", top.raw)
        self.assertNotIn("\u202e".encode(), top.raw)
        [row] = [line for line in top.lines() if "中" in line]
        self.assertTrue(row.endswith("/dyn/\\x1b]0,owned\\x07中文\\xe2\\x80\\xae/x"), row)

    def test_terminal_that_nothing_is_known_of_is_refused(self):
        self.traced_host()
        top = self.top(env={"TERM": "no-such-terminal"})
        self.assertEqual(os.waitstatus_to_exitcode(top.wait()), 2)
        self.assert_one_line(top.raw.decode(), "no-such-terminal")


class OnPaper(TopScenario):
    def snapshot(self, path, status=0):
        result = self.wsitrace("top", self.path(path))
        self.assertEqual(result.status, status, result)
        return result

    def test_what_is_no_terminal_gets_one_snapshot_as_plain_text(self):
        program, _ = self.traced_host()
        harness.until(lambda: len(rows_of(self.snapshot("out.wsitrace").out.splitlines())) == ALL, "all rows")
        self.assertNotIn("\x1b", self.snapshot("out.wsitrace").out)
        program.stop()
        lines = self.snapshot("out.wsitrace").out.splitlines()
        self.assertTrue(lines[0].endswith(", ended"))
        self.assertEqual(len(rows_of(lines)), ALL)

    def test_ring_of_a_killed_launcher_shows_what_is_left_in_it(self):
        launcher = self.traced(self.host())
        launcher.address()
        with open(f"/proc/{launcher.pid}/maps", encoding="utf-8") as maps:
            ring = re.search(r"(/\S+\.ring)$", maps.read(), re.MULTILINE)[1]
        self.addCleanup(os.remove, ring)
        living = self.wsitrace("top", ring)
        self.assertEqual(living.status, 2)
        self.assert_one_line(living.err, "its owner drains it")
        address = launcher.address()
        launcher.send_signal(signal.SIGKILL)
        launcher.process.wait()
        workload.sequential(address, "/dyn", 7)
        rows = rows_of(self.wsitrace("top", ring).out.splitlines())
        self.assertEqual([row[1] for row in rows].count("client"), 7)

    def test_an_ipv4_peer_of_an_ipv6_socket_has_its_ipv4_address_and_port(self):
        program = self.traced(self.host("http_host", "--dual"))
        kept = [workload.Http1(program.address()) for _ in range(3)]
        self.held += kept
        for http in kept:
            http.get("/dyn")
        peers = {"{}:{}".format(*http.sock.getsockname()) for http in kept}
        self.assertEqual({peer.rpartition(":")[0] for peer in peers}, {"127.0.0.1"})

        def shown():
            return {row[7] for row in rows_of(self.snapshot("out.wsitrace").out.splitlines()) if row[1] == "client"}
        harness.until(lambda: shown() == peers, "the peers")
        program.stop()
        trace = self.report()
        self.assertEqual({c["peer"] for c in trace.of_class("client")}, peers)
        self.assertEqual({c["local"] for c in trace.connections}, {"{}:{}".format(*program.address())})
        screen = self.top(columns=68)
        screen.until(has_rows(4), "all rows")
        shown = [row[7] for row in rows_of(screen.lines()) if row[1] == "client"]
        self.assertEqual({":" + peer.rpartition(":")[2] for peer in shown}, {":" + peer.rpartition(":")[2] for peer in peers})

    def test_what_cannot_be_read_is_one_line(self):
        with open(self.path("foreign.wsitrace"), "w", encoding="ascii") as file:
            file.write("nothing of ours")
        self.assert_one_line(self.snapshot("foreign.wsitrace", 2).err, "not a file of wsitrace")
        self.assert_one_line(self.snapshot("missing.wsitrace", 2).err, "missing.wsitrace")

    def test_trace_that_was_cut_off_shows_what_precedes(self):
        program, _ = self.traced_host()
        program.stop()
        with open(self.path("out.wsitrace"), "r+b") as trace:
            trace.truncate(os.path.getsize(self.path("out.wsitrace")) - 10)
        result = self.snapshot("out.wsitrace", 0)
        self.assert_one_line(result.err, "cut off")
        self.assertEqual(len(rows_of(result.out.splitlines())), ALL)

    def test_empty_directory_says_so(self):
        os.mkdir(self.path("traces"))
        self.assertEqual(self.snapshot("traces").out.splitlines()[0], "nothing is recorded here")


if __name__ == "__main__":
    unittest.main()
